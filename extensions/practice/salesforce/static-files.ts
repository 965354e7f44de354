/** Serves the built pages, with a fall-back to their entry for the address of a page. Nothing outside the folder. */
import { readFile } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import type { Reply } from './exchange.ts';
import type { PracticeOrg } from './practice-org.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const NOT_READABLE: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ENOTDIR']);
/** Addresses of Lightning Experience. */
const isPage = (path: string): boolean => path === '/' || path.startsWith('/lightning') || path.startsWith('/one/');

/** The file for a path, the page shell for a page's address, or undefined. */
export async function staticFile(org: PracticeOrg, path: string): Promise<Reply | undefined> {
  if (org.pagesDir === null) return undefined;
  const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  const file = path === '/' ? undefined : await readBelow(org.pagesDir, path.slice(1), cache);
  if (file !== undefined) return file;
  return isPage(path) ? readBelow(org.pagesDir, 'index.html', 'no-cache') : undefined;
}

async function readBelow(root: string, relative: string, cache: string): Promise<Reply | undefined> {
  const base = resolve(root);
  const path = resolve(base, decodePath(relative));
  if (!path.startsWith(base + sep)) return undefined;
  try {
    const contentType = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream';
    return { kind: 'bytes', status: 200, bytes: await readFile(path), contentType, cache };
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
