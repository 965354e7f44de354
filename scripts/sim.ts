/**
 * Runs simulated schedules: `npm run sim -- --seeds 1000 --from 1 [--jobs 2] [--hosts hubspot|salesforce|both|drawn]
 * [--trace] [--json FILE]`. Prints progress and a summary; for a
 * schedule that breaks a rule it prints the seed, its expanded options and the violations, and ends with code 1. Every job is a process of its
 * own, so that schedules use all processors.
 */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { HOST_CHOICES, type HostChoice, simulate, type SimulationResult } from '../test/support/simulation.ts';

const FAILURES_SHOWN_MAX = 10;
const VIOLATIONS_SHOWN_MAX = 12;
/** Seeds that a job takes at a time. */
const SLICE = 100;
const PROGRESS_INTERVAL_MS = 15_000;

type Slice = { readonly from: number; readonly seeds: number; readonly hosts: HostChoice };
type Counts = Record<string, number>;
type Tally = {
  seeds: number;
  edits: number;
  calls: number;
  virtualMs: number;
  cpuMs: number;
  readonly casts: Counts;
  readonly faults: Counts;
  readonly counters: Counts;
  readonly conflicts: Counts;
  readonly broken: Pick<SimulationResult, 'seed' | 'options' | 'violations'>[];
};

const emptyTally = (): Tally => ({
  seeds: 0,
  edits: 0,
  calls: 0,
  virtualMs: 0,
  cpuMs: 0,
  casts: {},
  faults: {},
  counters: {},
  conflicts: {},
  broken: [],
});

function addTo(total: Counts, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + (count ?? 0);
}

function add(total: Tally, part: Tally): void {
  for (const key of ['seeds', 'edits', 'calls', 'virtualMs', 'cpuMs'] as const) total[key] += part[key];
  for (const key of ['casts', 'faults', 'counters', 'conflicts'] as const) addTo(total[key], part[key]);
  total.broken.push(...part.broken);
}

async function runSlice({ from, seeds, hosts }: Slice, trace?: (line: string) => void): Promise<Tally> {
  const tally = emptyTally();
  const startedAt = process.cpuUsage();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await simulate(seed, { hosts, asks: true, ...(trace === undefined ? {} : { trace }) });
    tally.seeds += 1;
    tally.edits += result.options.edits;
    tally.calls += result.calls;
    tally.virtualMs += result.virtualMs;
    addTo(tally.faults, result.faultCounts);
    addTo(tally.counters, result.counters);
    addTo(tally.conflicts, result.conflictReasons);
    const { options, violations } = result;
    addTo(tally.casts, { [options.cast.hosts.join('+')]: 1 });
    if (violations.length > 0) tally.broken.push({ seed, options, violations });
  }
  const used = process.cpuUsage(startedAt);
  tally.cpuMs = (used.user + used.system) / 1000;
  return tally;
}

function showBroken({ seed, options, violations }: Tally['broken'][number]): void {
  console.log(
    `seed ${seed} broke a rule; run it again: npm run sim -- --seeds 1 --from ${seed} --hosts ${hostChoice()} --trace`,
  );
  console.log(`  options ${JSON.stringify(options)}`);
  for (const violation of violations.slice(0, VIOLATIONS_SHOWN_MAX)) console.log(`  ${violation}`);
}

/** Hands out slices to the jobs until all seeds are run. */
async function runInJobs(all: Slice, jobs: number): Promise<Tally> {
  const total = emptyTally();
  let next = all.from;
  const take = (): Slice | null => {
    const seeds = Math.min(SLICE, all.from + all.seeds - next);
    if (seeds <= 0) return null;
    next += seeds;
    return { from: next - seeds, seeds, hosts: all.hosts };
  };
  const collect = (part: Tally): void => {
    const shown = total.broken.length;
    add(total, part);
    for (const broken of total.broken.slice(shown, FAILURES_SHOWN_MAX)) showBroken(broken);
  };
  const timer = setInterval(
    () => console.log(`  ${total.seeds} of ${all.seeds} schedules, ${total.broken.length} broken`),
    PROGRESS_INTERVAL_MS,
  );
  try {
    await Promise.all(Array.from({ length: jobs }, () => runJob(take, collect)));
  } finally {
    clearInterval(timer);
  }
  return total;
}

function runJob(take: () => Slice | null, collect: (part: Tally) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['--child']);
    const feed = (): void => {
      const slice = take();
      if (slice === null) child.disconnect();
      else child.send(slice);
    };
    child.on('message', (part) => {
      collect(part as Tally);
      feed();
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a job ended with code ${code}`))));
    feed();
  });
}

function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  const value = index === -1 ? fallback : Number(process.argv[index + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
}

function hostChoice(): HostChoice {
  const index = process.argv.indexOf('--hosts');
  const given = index === -1 ? 'drawn' : process.argv[index + 1];
  const choice = HOST_CHOICES.find((known) => known === given);
  if (choice === undefined) throw new Error(`--hosts takes one of ${HOST_CHOICES.join(', ')}`);
  return choice;
}

async function main(): Promise<void> {
  const all: Slice = { from: option('from', 1), seeds: option('seeds', 1000), hosts: hostChoice() };
  const trace = process.argv.includes('--trace');
  const jobs = trace
    ? 1
    : Math.max(1, Math.min(option('jobs', os.availableParallelism()), Math.ceil(all.seeds / SLICE)));
  const startedAt = performance.now();
  const total = trace || jobs === 1 ? await runSlice(all, trace ? console.log : undefined) : await runInJobs(all, jobs);
  if (jobs === 1) for (const broken of total.broken.slice(0, FAILURES_SHOWN_MAX)) showBroken(broken);
  const { broken, seeds, virtualMs, cpuMs, ...rest } = total;
  const seconds = (performance.now() - startedAt) / 1000;
  const summary = {
    schedules: seeds,
    from: all.from,
    broken: broken.length,
    brokenSeeds: broken.slice(0, 50).map(({ seed }) => seed),
    ...rest,
    faultsInAll: Object.values(rest.faults).reduce((sum, count) => sum + count, 0),
    virtualHours: Math.round(virtualMs / 3_600_000),
    seconds: Math.round(seconds),
    cpuSeconds: Math.round(cpuMs / 1000),
    node: process.version,
  };
  console.log(JSON.stringify(summary));
  const file = process.argv.indexOf('--json');
  if (file !== -1)
    fs.writeFileSync(process.argv[file + 1] ?? 'simulation.json', `${JSON.stringify(summary, null, 2)}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

if (process.argv.includes('--child'))
  process.on('message', (slice) => void runSlice(slice as Slice).then((tally) => process.send?.(tally)));
else await main();
