/** What the load program is told and what it tells back. */
import { fork } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';

export const intakeOrder = z.object({
  port: z.number(),
  portalId: z.number(),
  connections: z.number().int().positive(),
  requests: z.number().int().positive(),
  eventsPerRequest: z.number().int().positive(),
  firstEventId: z.number().int(),
  /** Null sends as fast as answers come. */
  perSecond: z.number().nullable(),
});
export type IntakeOrder = z.infer<typeof intakeOrder>;

const intakeReport = z.object({
  kind: z.literal('report'),
  acknowledged: z.number(),
  refused: z.number(),
  wallMs: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});
export type IntakeReport = z.infer<typeof intakeReport>;

const LOAD = path.join(import.meta.dirname, 'intake-load.ts');

export type IntakeLoad = {
  /** Sends what the order says, one order at a time. `onStart` is called when the requests are ready and the clock starts. */
  send(order: IntakeOrder, onStart?: () => void): Promise<IntakeReport>;
  stop(): Promise<void>;
};

/** Starts the load program. */
export function startIntakeLoad(): IntakeLoad {
  const child = fork(LOAD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const gone = new Promise<Error>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code) => resolve(new Error(`the load program ended with code ${code ?? 'none'}`)));
  });
  return {
    send: (order, onStart = () => undefined) =>
      new Promise((resolve, reject) => {
        const hear = (message: unknown): void => {
          const report = intakeReport.safeParse(message);
          if (!report.success) return onStart();
          child.off('message', hear);
          resolve(report.data);
        };
        child.on('message', hear);
        void gone.then(reject);
        child.send(order);
      }),
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
