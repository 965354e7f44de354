/**
 * Field lists of a change event's header. In the Pub/Sub API they come as bitmaps over the event's Avro schema: `0x…` for the fields of the
 * event, lowest bit first, and `<index>-0x…` for the fields of the compound field at that index (Pub/Sub API guide, Event Deserialization
 * Considerations). When all fields of a compound are set, the compound is named instead, as Salesforce's own examples do.
 */

/** A field of an event's schema; `parts` are the fields of a compound such as an address, null for a plain field. */
export type SchemaField = { readonly name: string; readonly parts: readonly string[] | null };

/** More bits than any object has fields. */
const BITMAP_DIGITS_MAX = 1_024;
const BITMAP = /^0x(?<digits>[0-9a-fA-F]+)$/;
const NESTED_BITMAP = /^(?<index>\d{1,5})-(?<bitmap>0x[0-9a-fA-F]+)$/;

/** Names of the fields that the entries stand for. Bits beyond the schema are passed over, and plain names are kept: these are hints. */
export function fieldNames(entries: readonly string[], fields: readonly SchemaField[]): readonly string[] {
  return entries.flatMap((entry) => {
    if (BITMAP.test(entry)) return setBits(entry).flatMap((index) => fields[index]?.name ?? []);
    const nested = NESTED_BITMAP.exec(entry)?.groups;
    return nested === undefined ? [entry] : partNames(nested['bitmap'] ?? '', fields[Number(nested['index'])]);
  });
}

function partNames(bitmap: string, field: SchemaField | undefined): readonly string[] {
  const { name, parts } = field ?? { name: '', parts: null };
  if (parts === null) return [];
  const set = setBits(bitmap).flatMap((index) => parts[index] ?? []);
  return set.length === parts.length ? [name] : set.map((part) => `${name}.${part}`);
}

/** Indices of the bits that are set, lowest first. */
function setBits(bitmap: string): readonly number[] {
  const digits = (BITMAP.exec(bitmap)?.groups?.['digits'] ?? '').slice(-BITMAP_DIGITS_MAX);
  return Array.from(digits)
    .toReversed()
    .flatMap((digit, place) =>
      [0, 1, 2, 3].flatMap((bit) => ((Number.parseInt(digit, 16) >> bit) & 1 ? [place * 4 + bit] : [])),
    );
}
