/** Why a CRM did not take a value, and what to do about it, for the list of records that were given up. */

/** The wording of a code of a group; the code itself when there is none. */
type Code = (group: string, value: string) => string;

/** `TOO_MANY_DECIMALS at contractValue: …`: the sentence for the code, or all of it as it stands where nobody has written one. */
export function refusalText(code: Code, detail: string): string {
  const [, refusal = ''] = /^([A-Z_]+)(?: at \w+)?: /.exec(detail) ?? [];
  const sentence = code('refusal', refusal);
  return sentence === refusal ? detail : sentence;
}
