/**
 * The small process between the application and PostgreSQL. It lives exactly as long as its parent: when the parent ends, even by
 * kill -9, the channel between them closes, and PostgreSQL is shut down properly.
 */
import { z } from 'zod';
import { startCluster, stopCluster, type RunningCluster, type StartStep } from './cluster.ts';

const orders = z.object({
  folder: z.string(),
  durable: z.boolean(),
  settings: z.record(z.string(), z.string()),
});

let cluster: RunningCluster | null = null;
let parentGone = false;

function say(message: unknown): void {
  if (process.connected) process.send?.(message);
}

function leave(): void {
  parentGone = true;
  if (cluster === null) return;
  stopCluster(cluster);
  process.exit(0);
}

process.on('disconnect', leave);
// A terminal's Ctrl-C is for the application; it stops us by closing the channel once it has drained.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', leave);
process.on('SIGHUP', () => undefined);

process.once('message', (message: unknown) => {
  void startCluster(orders.parse(message), (step: StartStep) => say({ kind: 'progress', step })).then((result) => {
    if (result.ok) cluster = result.value;
    say({ kind: 'result', result });
    if (!result.ok) process.exit(1);
    if (parentGone) leave();
  });
});
