/**
 * Envelope encryption of secrets at rest. Each workspace has a random 256-bit data key; it is wrapped by a master key that lives
 * outside the database. Everything is sealed with AES-256-GCM under a random 96-bit nonce, and bound to its place: workspace, table,
 * column and key id are authenticated, so that a ciphertext moved elsewhere does not open.
 *
 *   byte 0      format version (1)
 *   bytes 1–12  nonce
 *   bytes 13–28 authentication tag
 *   bytes 29–   ciphertext
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../../world.ts';

const ENVELOPE_VERSION = 1;
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Where a ciphertext belongs. */
export type SealedPlace = {
  readonly workspaceId: string;
  readonly table: string;
  readonly column: string;
  /** Row within the table, when the workspace has several. */
  readonly row: string;
  readonly keyId: string;
};

/** Master keys by id; `currentId` wraps, the others still unwrap while they are being replaced. */
export type MasterKeys = { readonly currentId: string; readonly keys: Readonly<Record<string, Uint8Array>> };

/** The bytes were not sealed with this key for this place, or were changed since. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

function authenticated(place: SealedPlace): Buffer {
  return Buffer.from(
    JSON.stringify([ENVELOPE_VERSION, place.workspaceId, place.table, place.column, place.row, place.keyId]),
    'utf8',
  );
}

export function seal(plain: Uint8Array, key: Uint8Array, place: SealedPlace, random: Random): Uint8Array<ArrayBuffer> {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticated(place));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Uint8Array.from(Buffer.concat([Buffer.of(ENVELOPE_VERSION), nonce, cipher.getAuthTag(), body]));
}

/** Throws `UnsealError` for anything but the untouched result of `seal` with the same key and place. */
export function unseal(sealed: Uint8Array, key: Uint8Array, place: SealedPlace): Buffer {
  if (sealed.length < HEADER_BYTES || sealed[0] !== ENVELOPE_VERSION)
    throw new UnsealError('the envelope has an unknown format');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(authenticated(place));
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
  } catch (error) {
    throw new UnsealError('the envelope does not open with this key in this place', { cause: error });
  }
}

/** The master key with this id; throws when the configuration no longer has it. */
export function masterKeyOf(keys: MasterKeys, id: string): Uint8Array {
  const key = keys.keys[id];
  if (key === undefined) throw new UnsealError(`the master key ${id} is not configured any more`);
  if (key.length !== KEY_BYTES) throw new TypeError(`the master key ${id} must have ${KEY_BYTES} bytes`);
  return key;
}
