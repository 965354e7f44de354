/**
 * The field lists of a header as the bus carries them: one bitmap over the fields of the event, lowest bit first, written `0x…`, and
 * `<index>-0x…` for each compound field (Pub/Sub API guide, Event deserialization considerations).
 */
export interface BitmapField {
  readonly name: string;
  /** Names of the object's own fields that are parts of this compound; null for a plain field. */
  readonly parts: readonly string[] | null;
}

/** `names` are names of fields and of parts of compounds; others are left out. Empty when none is known. */
export function toBitmaps(names: ReadonlySet<string>, fields: readonly BitmapField[]): readonly string[] {
  const plain = hexOf(fields.map(({ name, parts }) => parts === null && names.has(name)));
  const nested = fields.flatMap(({ parts }, index) => {
    const bitmap = hexOf((parts ?? []).map((part) => names.has(part)));
    return bitmap === null ? [] : [`${index}-${bitmap}`];
  });
  return plain === null ? nested : [plain, ...nested];
}

/** Whole bytes, highest first; null when no bit is set. */
function hexOf(bits: readonly boolean[]): string | null {
  const value = bits.reduce((sum, bit, index) => (bit ? sum | (1n << BigInt(index)) : sum), 0n);
  if (value === 0n) return null;
  const digits = value.toString(16).toUpperCase();
  return `0x${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}
