/**
 * Request bodies: read once, as bytes, up to a cap, because a signature is over the bytes as they came. JSON is checked for depth
 * before it is parsed, so that no nesting can exhaust the parser.
 */
import type { IncomingMessage } from 'node:http';
import { isShallow } from '../domain/json-depth.ts';

export const BODY_BYTES_MAX = 1_000_000;
const JSON_DEPTH_MAX = 32;

export type BodyRead =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'broken' };

export function readBody(request: IncomingMessage, bytesMax: number): Promise<BodyRead> {
  const declared = Number(request.headers['content-length'] ?? '0');
  if (declared > bytesMax) return Promise.resolve({ kind: 'too_large' });
  // Listeners and not an iterator: an iterator costs a tenth of what taking in a webhook costs.
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) return void chunks.push(chunk);
      resolve({ kind: 'too_large' });
      request.destroy();
    });
    request.once('end', () => resolve({ kind: 'body', bytes: Buffer.concat(chunks) }));
    // After the end neither changes anything; before it the sender has gone.
    request.once('error', () => resolve({ kind: 'broken' }));
    request.once('close', () => resolve({ kind: 'broken' }));
  });
}

export type JsonParse =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

const UNSTORABLE_ESCAPE = /\\u(0000|d[89a-f])/i;

/** NUL and half surrogate pairs, which no text column holds, become U+FFFD before anything compares them. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\u0000', '\uFFFD').toWellFormed() : value;
}

export function parseJson(bytes: Uint8Array): JsonParse {
  if (!isShallow(bytes, JSON_DEPTH_MAX)) return { ok: false, reason: 'too_deep' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value: unknown = UNSTORABLE_ESCAPE.test(text) ? JSON.parse(text, storable) : JSON.parse(text);
    return { ok: true, value };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return { ok: false, reason: 'not_json' };
    throw error;
  }
}
