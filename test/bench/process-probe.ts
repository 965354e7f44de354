/** Loaded into a measured process before its program: tells, when asked over the channel, what the process has used so far. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';

const question = z.object({ kind: z.literal('usage'), id: z.number(), collect: z.boolean() });

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

process.on('message', (raw: unknown) => {
  const asked = question.safeParse(raw);
  if (!asked.success) return;
  // Twice: what the first collection finalises, the second one frees.
  if (asked.data.collect && typeof collectGarbage === 'function')
    for (let pass = 0; pass < 2; pass += 1) collectGarbage();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({ kind: 'usage', id: asked.data.id, cpuMs: (user + system) / 1000, heapUsed, external, rss });
});
// The channel alone must not keep the process alive.
process.channel?.unref();
