/** Serves built files: the pages with a fall-back to their entry, and the card bundles below `/bundles/`. Nothing outside the two folders. */
import { readFile } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import type { Reply } from './exchange.ts';
import type { Practice } from './practice.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const NOT_READABLE: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ENOTDIR']);
const BUNDLES = '/bundles/';

/** The file for a path, the page shell for a page's address, or undefined. */
export async function staticFile(practice: Practice, path: string): Promise<Reply | undefined> {
  if (path.startsWith(BUNDLES)) return readBelow(practice.bundlesDir, path.slice(BUNDLES.length), 'no-cache');
  if (practice.pagesDir === null) return undefined;
  const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  const file = path === '/' ? undefined : await readBelow(practice.pagesDir, path.slice(1), cache);
  if (file !== undefined) return file;
  const isPage = path === '/' || path.startsWith('/contacts/');
  return isPage ? readBelow(practice.pagesDir, 'index.html', 'no-cache') : undefined;
}

async function readBelow(root: string | null, relative: string, cache: string): Promise<Reply | undefined> {
  if (root === null || relative === '') return undefined;
  const base = resolve(root);
  const path = resolve(base, decodePath(relative));
  if (!path.startsWith(base + sep)) return undefined;
  try {
    return {
      kind: 'bytes',
      status: 200,
      bytes: await readFile(path),
      contentType: CONTENT_TYPES[extname(path)] ?? 'application/octet-stream',
      cache,
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOT_READABLE.has(String(error.code))) return undefined;
    throw error;
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return '';
    throw error;
  }
}
