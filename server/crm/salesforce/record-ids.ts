/** Salesforce's record ids: 15 characters whose case counts, or the same with three more that guard the case (Salesforce help, 18-character ids). */
const ID = /^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$/;
const SUFFIX_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const CHUNK = 5;

/** The 18-character form; null for what cannot be an id, so that nothing else ever gets into a query. */
export function longId(recordId: string): string | null {
  if (!ID.test(recordId)) return null;
  const short = recordId.slice(0, 15);
  const suffix = [0, CHUNK, 2 * CHUNK].map((start) => {
    const bits = Array.from(short.slice(start, start + CHUNK), (char, place) => (/[A-Z]/.test(char) ? 2 ** place : 0));
    return SUFFIX_DIGITS[bits.reduce((sum, bit) => sum + bit, 0)] ?? '';
  });
  const long = short + suffix.join('');
  return recordId.length === 15 || recordId === long ? long : null;
}
