/**
 * Takes secrets out of whatever is about to be logged. Two nets: names that carry secrets lose their value at any depth, and text
 * loses bearer tokens, key=value secrets and connection passwords. Bounded in depth and width, so that no log line is unbounded.
 */
const DEPTH_MAX = 6;
const ENTRIES_MAX = 60;
const TEXT_LENGTH_MAX = 4000;
const REDACTED = '[redacted]';

const SECRET_NAME =
  /(authori[sz]ation|cookie|secret|passw(or)?d|token|api[-_]?key|master[-_]?key|private[-_]?key|credential|signature|ciphertext|verifier|^code$|^state$|session(id)?$|rawbody)/i;

/**
 * A name that ends like this one carries a secret: `HUBSPOT_CLIENT_SECRET`, `refreshToken`, `hapikey`. How it begins is left to stand
 * before the match: a pattern for it would be tried at every character of a long text.
 */
const SECRET_ENDING =
  /(?:token|secret|passw(?:or)?d|api[-_]?key|master[-_]?key|private[-_]?key|ticket|verifier|signature|session(?==))/;
const SEPARATOR = /["']?\s*[=:]\s*["']?/;

const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // Headers, to the end of their line.
  [/\b(authori[sz]ation|cookie)(["']?\s*[=:]\s*["']?)[^\r\n"']{4,}/gi, `$1$2${REDACTED}`],
  [
    new RegExp(`(${SECRET_ENDING.source}|\\bcode|\\bstate)(${SEPARATOR.source})[^&\\s"',}]{4,}`, 'gi'),
    `$1$2${REDACTED}`,
  ],
  // The bound on the scheme keeps the search linear.
  [/([a-z][a-z0-9+.-]{0,40}:\/\/[^/\s:@]+:)[^@\s/]+@/gi, `$1${REDACTED}@`],
];

/** A copy of `value` fit for the log. Errors become plain records with their cause. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ENTRIES_MAX)
      .map(([name, item]) => [name, isSecretName(name, item) ? REDACTED : redact(item, depth + 1)]),
  );
}

export function redactText(text: string): string {
  const short = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
  return SECRET_TEXT.reduce((safe, [pattern, replacement]) => safe.replaceAll(pattern, replacement), short);
}

/** Numbers and booleans under such names are counts and flags (`tokens: 3`), not secrets. */
function isSecretName(name: string, value: unknown): boolean {
  return SECRET_NAME.test(name) && typeof value !== 'number' && typeof value !== 'boolean' && value !== null;
}

function redactError(error: Error, depth: number): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? { errorCode: error.code } : {};
  return {
    name: error.name,
    message: redactText(error.message),
    ...code,
    stack: error.stack === undefined ? undefined : redactText(error.stack),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
