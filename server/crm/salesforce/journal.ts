/**
 * The edit journal that the package's trigger keeps on each record: who set which shared value when, oldest first. People cannot write it,
 * yet it is read with care: an entry that cannot be understood is left out, and one broken entry does not cost the others.
 */
import { z } from 'zod';
import type { HostFieldEdit } from '../port.ts';
import { fieldOfName } from './field-names.ts';
import { toCanonical } from './fields.ts';

const ENTRY = z.object({
  /** API name of the field without the package's prefix. */
  f: z.string(),
  v: z.union([z.string(), z.number().transform(String)]).nullable(),
  /** Epoch ms. */
  t: z.number().int().nonnegative(),
  /** Whether it was ours. */
  o: z.boolean(),
  /** E-mail address of the user. */
  u: z.string().nullish(),
});
/** The trigger keeps 20 for each field. */
const ENTRIES_MAX = 1_000;

/** `currency`: of the record, for the places of amounts. */
export function parseJournal(text: string | null, currency: string | null): readonly HostFieldEdit[] {
  const entries = parseArray(text ?? '[]');
  const edits = entries.slice(-ENTRIES_MAX).flatMap((entry) => toEdit(entry, currency));
  return edits.toSorted((left, right) => left.at - right.at);
}

function toEdit(entry: unknown, currency: string | null): readonly HostFieldEdit[] {
  const parsed = ENTRY.safeParse(entry);
  if (!parsed.success) return [];
  const { f, v, t, o, u } = parsed.data;
  const field = fieldOfName(f);
  if (field === null) return [];
  const value = field === 'syncToken' ? v || null : toCanonical(field, v, { currency });
  return [{ field, value, at: t, author: o ? 'us' : 'person', authorId: u ?? null }];
}

function parseArray(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? (parsed as readonly unknown[]) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
