/** A key for one intent of a person: 128 bits as 32 hexadecimal digits, from the random bytes handed in. */
export function idempotencyKeyFrom(randomBytes: (count: number) => Uint8Array): string {
  return [...randomBytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
