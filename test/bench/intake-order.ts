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

/** Runs the load program once. `onStart` is called when its requests are ready and its clock starts. */
export function sendIntake(order: IntakeOrder, onStart: () => void = () => undefined): Promise<IntakeReport> {
  const child = fork(LOAD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  return new Promise((resolve, reject) => {
    child.on('message', (message: unknown) => {
      const report = intakeReport.safeParse(message);
      if (report.success) resolve(report.data);
      else onStart();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load program ended with code ${code ?? 'none'}`)));
    child.send(order);
  });
}
