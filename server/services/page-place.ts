/** Where a page of a list ended, as opaque text for the next request. It holds nothing that the page itself did not show. */
import { z } from 'zod';

const place = z.object({ key: z.union([z.string().max(400), z.number()]).nullable(), id: z.string().max(64) });
export type Place<K extends string | number = string | number> = { readonly key: K | null; readonly id: string };

export function encodePlace(at: Place): string {
  return Buffer.from(JSON.stringify([at.key, at.id])).toString('base64url');
}

function decode(text: string): z.infer<typeof place> | 'malformed' {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [key, id]: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
    const read = place.safeParse({ key, id });
    return read.success ? read.data : 'malformed';
  } catch (error) {
    if (error instanceof SyntaxError) return 'malformed';
    throw error;
  }
}

/** The years 1 to 9999, which every instant of ours lies in and PostgreSQL reads as it is written. */
const INSTANT_MIN = -62_135_596_800_000;
const INSTANT_MAX = 253_402_300_799_999;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A place in a list sorted by text. */
export function decodePlace(text: string): Place<string> | 'malformed' {
  const at = decode(text);
  if (at === 'malformed' || typeof at.key === 'number' || !UUID.test(at.id)) return 'malformed';
  return { key: at.key, id: at.id };
}

/** A place in a list sorted by instant (epoch ms). */
export function decodeInstantPlace(text: string): { readonly at: number; readonly id: string } | 'malformed' {
  const at = decode(text);
  if (at === 'malformed' || typeof at.key !== 'number' || !UUID.test(at.id)) return 'malformed';
  if (!Number.isInteger(at.key) || at.key < INSTANT_MIN || at.key > INSTANT_MAX) return 'malformed';
  return { at: at.key, id: at.id };
}

/** A place in a list sorted by a score of 0 to 100. */
export function decodeScorePlace(text: string): { readonly score: number; readonly id: string } | 'malformed' {
  const at = decode(text);
  if (at === 'malformed' || typeof at.key !== 'number' || !UUID.test(at.id)) return 'malformed';
  return Number.isInteger(at.key) && at.key >= 0 && at.key <= 100 ? { score: at.key, id: at.id } : 'malformed';
}
