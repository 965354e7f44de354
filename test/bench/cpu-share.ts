/** Processor time that requests take, of the server, of PostgreSQL and of whoever asks: it does not depend on what else runs on the machine. */
import os from 'node:os';
import type { BenchContext } from './bench-row.ts';
import type { UsageQuestions } from './process-usage.ts';

/** Milliseconds of processor time. */
export type CpuShare = { readonly serverMs: number; readonly postgresMs: number; readonly askerMs: number };

type CpuSources = {
  readonly server: UsageQuestions['ask'];
  readonly context: Pick<BenchContext, 'postgresCpuSeconds'>;
};

async function readCpu({ server, context }: CpuSources): Promise<CpuShare> {
  const { user, system } = process.cpuUsage();
  const { cpuMs } = await server();
  return {
    serverMs: cpuMs,
    postgresMs: (context.postgresCpuSeconds() ?? Number.NaN) * 1000,
    askerMs: (user + system) / 1000,
  };
}

/** What `work` takes of each, per request. */
export async function cpuPerRequest<T>(
  sources: CpuSources,
  requests: number,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly cpu: CpuShare }> {
  const before = await readCpu(sources);
  const value = await work();
  const after = await readCpu(sources);
  const of = (part: keyof CpuShare): number => (after[part] - before[part]) / requests;
  return { value, cpu: { serverMs: of('serverMs'), postgresMs: of('postgresMs'), askerMs: of('askerMs') } };
}

/** Requests a second that would keep every core of this machine busy, the asker's included. */
export function ceilingOf({ serverMs, postgresMs, askerMs }: CpuShare): number {
  return (os.availableParallelism() * 1000) / (serverMs + postgresMs + askerMs);
}

const text = (ms: number): string => (Number.isFinite(ms) ? ms.toFixed(2) : 'unknown');

/** For the notes of a row. */
export function cpuText({ serverMs, postgresMs, askerMs }: CpuShare): string {
  return `server ${text(serverMs)} ms, PostgreSQL ${text(postgresMs)} ms, asker ${text(askerMs)} ms`;
}
