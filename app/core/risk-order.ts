/** The order in which every surface lists the risks of a contract. */
import { type ContractCardView, severity } from '../wire/card.ts';

type Risk = ContractCardView['risks'][number];

/** Open risks before those that cannot be judged, the most severe first. */
export function risksInOrder(risks: readonly Risk[]): readonly Risk[] {
  const rank = ({ state, severity: grade }: Risk): number =>
    (state === 'unknown' ? severity.options.length : 0) + severity.options.indexOf(grade);
  return [...risks].sort((a, b) => rank(a) - rank(b));
}
