/**
 * kill -9 of the real server at every named point, with several seeds each (sync rule S5):
 *
 *   node scripts/crash.ts --seeds 5            all points
 *   node scripts/crash.ts --point crm.write,settle --from 3 --seeds 1
 *
 * Prints one line per failure and a summary; the exit code is 1 when anything was lost, doubled or not reached.
 */
import { parseArgs } from 'node:util';
import startCluster from '../test/support/global-setup.ts';
import { KILL_POINTS } from '../test/faults/kill-points.ts';
import { chainsOf, type KillOutcome, runKillChain } from '../test/faults/kill-run.ts';
import { makeKillTemplate } from '../test/faults/kill-scene.ts';

const QUIET_MS = 2_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    from: { type: 'string', default: '1' },
    point: { type: 'string' },
    atonce: { type: 'string', default: '3' },
    verbose: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const wanted = (values.point ?? '').split(',');
const points = KILL_POINTS.filter((point) => wanted.some((part) => point.includes(part)));
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index);
const waiting = seeds.flatMap((seed) => {
  const chains = chainsOf(points, seed, Math.min(Number(values.atonce), points.length));
  return chains.map((chain) => ({ points: chain, seed, quietMs: QUIET_MS, report }));
});
const outcomes: KillOutcome[] = [];

function report(outcome: KillOutcome): void {
  outcomes.push(outcome);
  const { point, seed, reached, recoveryMs, lost, doubled } = outcome;
  const said = [...(reached ? [] : ['not reached']), ...lost, ...doubled];
  if (values.verbose || said.length > 0)
    say(`${point} seed ${seed}: ${said.join('; ') || `recovered in ${recoveryMs} ms`}`);
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

let clusterUrl = '';
const stopCluster = await startCluster({ provide: (_key, url) => void (clusterUrl = url) });
const template = await makeKillTemplate(clusterUrl);
try {
  const work = async (): Promise<void> => {
    for (let chain = waiting.shift(); chain !== undefined; chain = waiting.shift()) await runKillChain(template, chain);
  };
  await Promise.all(Array.from({ length: Number(values.atonce) }, work));
} finally {
  await template.dispose();
  await stopCluster();
}
const count = (holds: (outcome: KillOutcome) => boolean): number => outcomes.filter(holds).length;
const recoveries = outcomes
  .flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs]))
  .toSorted((a, b) => a - b);
const killed = count(({ reached }) => reached);
const lost = count((outcome) => outcome.lost.length > 0);
const twice = count((outcome) => outcome.doubled.length > 0);
say(
  `killed ${killed}, lost ${lost}, doubled ${twice}, recovery p50/p95 ms ${percentile(recoveries, 0.5)}/${percentile(recoveries, 0.95)}`,
);
if (killed < outcomes.length || lost + twice > 0) process.exitCode = 1;
