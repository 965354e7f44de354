/** Why synchronisation with an account is paused, in the words of an administrator. */

/** The wording of a code of a group; the code itself when there is none. */
type Code = (group: string, value: string) => string;

/** `authRevoked: inactive_user`: what the CRM named in words where there are some, else the kind in words with what was named beside it. */
export function parkedText(code: Code, reason: string): string {
  const [kind = '', ...rest] = reason.split(': ');
  const detail = rest.join(': ');
  const named = code('parked', detail);
  if (named !== detail) return named;
  const known = code('parked', kind);
  if (known === kind) return reason;
  return detail === '' ? known : `${known} (${detail})`;
}
