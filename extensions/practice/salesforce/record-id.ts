/** Record ids: 15 characters that tell upper from lower case, or 18 with a suffix that survives systems which do not (Object reference, ID field type). */
const SUFFIX_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SHORT_LENGTH = 15;
const CHUNK = 5;
/** Three characters of the instance between the key prefix and the number. */
const INSTANCE = 'CP0';

/** The 18-character form of a 15-character id. */
export function longId(shortId: string): string {
  let suffix = '';
  for (let start = 0; start < SHORT_LENGTH; start += CHUNK) {
    let bits = 0;
    for (let offset = 0; offset < CHUNK; offset += 1)
      if (/[A-Z]/.test(shortId.charAt(start + offset))) bits |= 1 << offset;
    suffix += SUFFIX_LETTERS.charAt(bits);
  }
  return shortId + suffix;
}

/** The 18-character form of an id given in either form; null when it is none. A wrong suffix is refused, a lower-case one is not. */
export function readId(text: string): string | null {
  if (!/^[0-9A-Za-z]+$/.test(text)) return null;
  if (text.length === SHORT_LENGTH) return longId(text);
  if (text.length !== SHORT_LENGTH + 3) return null;
  const full = longId(text.slice(0, SHORT_LENGTH));
  return full.slice(SHORT_LENGTH) === text.slice(SHORT_LENGTH).toUpperCase() ? full : null;
}

/** The id of the record with that number of an object, 18 characters. */
export function makeId(keyPrefix: string, serial: number): string {
  let rest = serial;
  let number = '';
  while (number.length < SHORT_LENGTH - keyPrefix.length - INSTANCE.length) {
    number = DIGITS.charAt(rest % DIGITS.length) + number;
    rest = Math.floor(rest / DIGITS.length);
  }
  return longId(`${keyPrefix}${INSTANCE}${number}`);
}
