/**
 * Values as an org keeps and answers them: text, numbers, booleans and null. Days are `YYYY-MM-DD`; instants are Salesforce's own spelling,
 * `2026-11-22T09:30:00.000+0000`, always in UTC and to the second, so that comparing the text compares the instants.
 */
export type FieldValue = string | number | boolean | null;
export type FieldValues = Readonly<Record<string, FieldValue>>;

const SECOND_MS = 1_000;

/** An instant in the API's spelling, cut to the second (REST API guide, Valid date and dateTime formats). */
export function instantText(atMs: number): string {
  return new Date(Math.floor(atMs / SECOND_MS) * SECOND_MS).toISOString().replace('Z', '+0000');
}

/** Epoch milliseconds of an instant in any of the spellings that the API takes; null when it is none. */
export function parseInstant(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return null;
  const at = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(at) ? null : at;
}

/** Whether a text is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}
