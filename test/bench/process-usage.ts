/** Asks a child process that carries the probe (process-probe.ts) what it has used so far. */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { z } from 'zod';

const ANSWER_MS_MAX = 60_000;
/** A folder that takes a processor profile of each measured server, for whoever looks for what a figure is made of. */
const PROFILES = process.env['BENCH_CPU_PROFILES'];
const PROFILE_OPTIONS = PROFILES === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${PROFILES}`;

/** For the environment of a process that is to be asked. */
export const PROBED_NODE_OPTIONS = `--import=${pathToFileURL(path.join(import.meta.dirname, 'process-probe.ts')).href}${PROFILE_OPTIONS}`;

const usage = z.object({
  kind: z.literal('usage'),
  id: z.number(),
  cpuMs: z.number(),
  heapUsed: z.number(),
  external: z.number(),
  rss: z.number(),
});
type Usage = Omit<z.infer<typeof usage>, 'kind' | 'id'>;

export type UsageQuestions = {
  /** What the process said; other messages are passed over. */
  readonly hear: (message: unknown) => void;
  /** @param collect collects garbage first, so that the heap is what is really held. */
  readonly ask: (options?: { readonly collect?: boolean }) => Promise<Usage>;
};

export function usageQuestions(send: (message: object) => void): UsageQuestions {
  const asked = new Map<number, (answer: Usage) => void>();
  let count = 0;
  return {
    hear: (message) => {
      const parsed = usage.safeParse(message);
      if (parsed.success) asked.get(parsed.data.id)?.(parsed.data);
    },
    ask: ({ collect = false } = {}) =>
      new Promise((resolve, reject) => {
        count += 1;
        const id = count;
        const timer = setTimeout(() => reject(new Error('the server did not tell its usage')), ANSWER_MS_MAX);
        asked.set(id, (answer) => {
          clearTimeout(timer);
          asked.delete(id);
          resolve(answer);
        });
        send({ kind: 'usage', id, collect });
      }),
  };
}
