/** Which topics an org has: one for each object whose changes are captured, all of them together, and the channel of the package. */
import type { Schema } from '../object-definition.ts';
import { eventName } from './event-schema.ts';

const PACKAGE_TOPIC = '/data/counterpart__Counterpart_Changes__chn';
const PACKAGE_MARK = 'counterpart__Contract_Record__c';
const ALL_TOPIC = '/data/ChangeEvents';
/** What the package's channel selects; a selection makes the object's own topic too. */
const CAPTURED = ['Opportunity', 'Account', 'Case'] as const;

/** Entities by topic name, as the org is now: without the package nothing is captured. */
export function topicsOf(schema: Schema): ReadonlyMap<string, ReadonlySet<string>> {
  if (!schema.objects.has(PACKAGE_MARK)) return new Map();
  const captured = CAPTURED.filter((name) => schema.objects.has(name));
  const all: ReadonlySet<string> = new Set(captured);
  return new Map([
    [PACKAGE_TOPIC, all],
    [ALL_TOPIC, all],
    ...captured.map((name) => [`/data/${eventName(name)}`, new Set([name])] as const),
  ]);
}
