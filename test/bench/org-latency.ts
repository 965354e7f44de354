/** How long an edit takes from an org to a portal and back, one at a time: what a person who has both open would see. */
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, type Figure, figureOf, percentileOf } from './bench-row.ts';
import { type OrgRig, PORTAL_ID, withOrg } from './org-rig.ts';

const PATIENCE_MS = 15_000;
/** Between two moves, so that each meets a system at rest. */
const PAUSE_MS = 300;
const DAY_MS = 86_400_000;
const FIRST_DATE_AT = Date.UTC(2031, 0, 1);

type Move = (rig: OrgRig, index: number, date: string) => Promise<number>;
type Direction = { readonly what: string; readonly move: Move };

const DIRECTIONS: readonly Direction[] = [
  {
    what: 'an edit in the org until the portal shows it',
    move: async ({ org, portal }, index, date) =>
      since(
        await org.set(index, date),
        (await portal?.arrival({ portalId: PORTAL_ID, index, date, patienceMs: PATIENCE_MS })) ?? null,
      ),
  },
  {
    what: 'an edit in the portal until the org shows it',
    move: async ({ org, portal }, index, date) =>
      since((await portal?.set(PORTAL_ID, index, date)) ?? null, await org.arrival(index, date, PATIENCE_MS)),
  },
];

export async function latencyBetweenHosts(context: BenchContext): Promise<readonly Figure[]> {
  const moves = context.quick ? 3 : 20;
  return await withOrg(context, { records: moves, portal: true }, async (rig) => {
    context.say(`${moves} moves in each direction`);
    await rig.restart();
    const figures: Figure[] = [];
    for (const [round, { what, move }] of DIRECTIONS.entries()) {
      const latencies: number[] = [];
      for (let index = 0; index < moves; index += 1) {
        const dateAt = FIRST_DATE_AT + (round * moves + index) * DAY_MS;
        latencies.push(await move(rig, index, new Date(dateAt).toISOString().slice(0, 10)));
        await delay(PAUSE_MS);
      }
      for (const share of [0.5, 0.95])
        figures.push(figureOf(`${what}, p${share * 100}`, [percentileOf(latencies, share)], { unit: 'ms' }));
    }
    return figures;
  });
}

function since(at: number | null, arrivedAt: number | null): number {
  if (at === null || arrivedAt === null) throw new Error(`an edit did not arrive within ${PATIENCE_MS / 1000} s`);
  return arrivedAt - at;
}
