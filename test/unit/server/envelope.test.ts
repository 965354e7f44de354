import { createDecipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  KEY_BYTES,
  type MasterKeys,
  masterKeyOf,
  seal,
  type SealedPlace,
  unseal,
  UnsealError,
} from '../../../server/store/prisma/envelope.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';

const random = createSeededRandom(11);
const key = new Uint8Array(KEY_BYTES).fill(1);
const place: SealedPlace = { workspaceId: 'w', table: 'credential', column: 'access_token', row: 'c', keyId: '1' };
const sealed = seal(Buffer.from('secret'), key, place, random);
const HEADER_BYTES = 29;

/** What opening the bytes comes to. */
function refusal(bytes: Uint8Array, at: SealedPlace = place, by: Uint8Array = key): UnsealError {
  try {
    unseal(bytes, by, at);
  } catch (error) {
    if (error instanceof UnsealError) return error;
    throw error;
  }
  throw new Error('it opened');
}

describe('an envelope', () => {
  test('what was sealed opens with the same key in the same place, also when it is nothing', () => {
    expect(unseal(sealed, key, place).toString()).toBe('secret');
    expect(Buffer.from(sealed).includes('secret')).toBe(false);
    const nothing = seal(new Uint8Array(), key, place, random);
    expect(nothing).toHaveLength(HEADER_BYTES);
    expect(unseal(nothing, key, place)).toHaveLength(0);
  });

  test('the same secret sealed twice looks different', () => {
    expect(seal(Buffer.from('secret'), key, place, random)).not.toEqual(sealed);
  });

  test('its layout is the documented one: anybody with the key can open it', () => {
    expect(sealed[0]).toBe(1);
    expect(sealed).toHaveLength(HEADER_BYTES + 'secret'.length);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(JSON.stringify([1, 'w', 'credential', 'access_token', 'c', '1'])));
    decipher.setAuthTag(sealed.subarray(13, HEADER_BYTES));
    expect(Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString()).toBe('secret');
  });

  test('any changed byte, cut or extension is noticed', () => {
    for (let index = 0; index < sealed.length; index += 1) {
      const tampered = Uint8Array.from(sealed);
      tampered[index] = (tampered[index] ?? 0) ^ 1;
      expect(() => unseal(tampered, key, place), `byte ${index}`).toThrow(UnsealError);
      expect(() => unseal(sealed.subarray(0, index), key, place), `cut at ${index}`).toThrow(UnsealError);
    }
    expect(() => unseal(Uint8Array.from([...sealed, 0]), key, place)).toThrow(UnsealError);
  });

  test('S8 one moved to another workspace, table, column, row or key does not open', () => {
    for (const part of Object.keys(place)) {
      expect(() => unseal(sealed, key, { ...place, [part]: 'other' }), part).toThrow(UnsealError);
    }
    expect(() => unseal(sealed, new Uint8Array(KEY_BYTES).fill(2), place)).toThrow(UnsealError);
  });

  test('a refusal says whether the bytes or the key and place are at fault, and nothing of the secret', () => {
    for (const bytes of [sealed.subarray(0, HEADER_BYTES - 1), Uint8Array.from([2, ...sealed.subarray(1)])])
      expect(refusal(bytes).message).toBe('the envelope has an unknown format');
    const moved = refusal(sealed, { ...place, workspaceId: 'other' });
    expect(moved.message).toBe('the envelope does not open with this key in this place');
    expect(moved.name).toBe('UnsealError');
    expect(moved.cause).toBeInstanceOf(Error);
  });
});

describe('a master key', () => {
  const keys: MasterKeys = {
    currentId: 'm2',
    keys: { m1: key, m2: new Uint8Array(KEY_BYTES), short: key.subarray(1) },
  };

  test('is found by its id, also while it is being replaced', () => {
    expect(masterKeyOf(keys, 'm1')).toBe(key);
  });

  test('that the configuration no longer has opens nothing', () => {
    expect(() => masterKeyOf(keys, 'm0')).toThrow(new UnsealError('the master key m0 is not configured any more'));
  });

  test('of another length is a fault of the configuration', () => {
    expect(() => masterKeyOf(keys, 'short')).toThrow(new TypeError('the master key short must have 32 bytes'));
  });
});
