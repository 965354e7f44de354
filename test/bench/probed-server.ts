/** The real server as a child process that can be asked for its processor time and memory. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type ServerProcess, type ServerProcessOptions, startServerProcess } from '../support/server-process.ts';

const PROBE = pathToFileURL(path.join(import.meta.dirname, 'process-probe.ts')).href;
const ANSWER_MS_MAX = 60_000;
/** A folder that takes a processor profile of each measured server, for whoever looks for what a figure is made of. */
const PROFILES = process.env['BENCH_CPU_PROFILES'];
const PROFILE_OPTIONS = PROFILES === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${PROFILES}`;

const usage = z.object({
  kind: z.literal('usage'),
  id: z.number(),
  cpuMs: z.number(),
  heapUsed: z.number(),
  external: z.number(),
  rss: z.number(),
});
export type Usage = Omit<z.infer<typeof usage>, 'kind' | 'id'>;

export type ProbedServer = ServerProcess & {
  /** @param collect collects garbage first, so that the heap is what is really held. */
  usage(options?: { readonly collect?: boolean }): Promise<Usage>;
};

export async function startProbedServer(options: ServerProcessOptions): Promise<ProbedServer> {
  const asked = new Map<number, (answer: Usage) => void>();
  let count = 0;
  const server = await startServerProcess({
    ...options,
    env: { ...options.env, NODE_OPTIONS: `--import=${PROBE}${PROFILE_OPTIONS}` },
    onMessage: (message) => {
      const parsed = usage.safeParse(message);
      if (parsed.success) asked.get(parsed.data.id)?.(parsed.data);
      options.onMessage?.(message);
    },
  });
  return {
    ...server,
    usage: ({ collect = false } = {}) =>
      new Promise((resolve, reject) => {
        count += 1;
        const id = count;
        const timer = setTimeout(() => reject(new Error('the server did not tell its usage')), ANSWER_MS_MAX);
        asked.set(id, (answer) => {
          clearTimeout(timer);
          asked.delete(id);
          resolve(answer);
        });
        server.send({ kind: 'usage', id, collect });
      }),
  };
}
