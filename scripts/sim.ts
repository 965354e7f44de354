/**
 * Runs simulated schedules: `node scripts/sim.ts --seeds 1000 --from 1 [--trace]`. Prints a summary; for a schedule that breaks a rule it
 * prints the seed, its expanded options and the violations, and ends with code 1.
 */
import { simulate, type SimulationResult } from '../test/support/simulation.ts';

const FAILURES_SHOWN_MAX = 10;

function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  const value = index === -1 ? fallback : Number(process.argv[index + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
}

function addTo(total: Record<string, number>, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + (count ?? 0);
}

const seeds = option('seeds', 1000);
const from = option('from', 1);
const trace = process.argv.includes('--trace') ? { trace: (line: string) => console.log(line) } : {};
const totals = { faults: {}, counters: {}, conflicts: {} } as Record<string, Record<string, number>>;
const broken: SimulationResult[] = [];
let calls = 0;
let edits = 0;
const startedAt = performance.now();
for (let seed = from; seed < from + seeds; seed += 1) {
  const result = await simulate(seed, trace);
  addTo(totals['faults'] ?? {}, result.faultCounts);
  addTo(totals['counters'] ?? {}, result.counters);
  addTo(totals['conflicts'] ?? {}, result.conflictReasons);
  calls += result.calls;
  edits += result.options.edits;
  if (result.violations.length === 0) continue;
  broken.push(result);
  if (broken.length > FAILURES_SHOWN_MAX) continue;
  console.log(`seed ${seed} broke a rule; options ${JSON.stringify(result.options)}`);
  for (const violation of result.violations.slice(0, 12)) console.log(`  ${violation}`);
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  JSON.stringify({
    schedules: seeds,
    from,
    broken: broken.length,
    brokenSeeds: broken.slice(0, 50).map((result) => result.seed),
    edits,
    calls,
    ...totals,
    schedulesPerSecond: Math.round(seeds / seconds),
  }),
);
process.exitCode = broken.length === 0 ? 0 : 1;
