/** The PostgreSQL that comes with the product: started on demand, supervised, stopped with the process that asked for it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ClusterOptions, START_STEPS, type StartStep } from './cluster.ts';
import { START_FAILURE_CODES, startFailed, type StartResult } from './start-failure.ts';

const progressMessage = z.object({ kind: z.literal('progress'), step: z.enum(START_STEPS) });
const running = z.object({
  port: z.number(),
  password: z.string(),
  folder: z.string(),
  pid: z.number(),
  adopted: z.boolean(),
});
const resultMessage = z.object({
  kind: z.literal('result'),
  result: z.union([
    z.object({ ok: z.literal(true), value: running }),
    z.object({ ok: z.literal(false), failure: z.object({ code: z.enum(START_FAILURE_CODES), sentence: z.string() }) }),
  ]),
});
const supervisorMessage = z.union([progressMessage, resultMessage]);

export type EmbeddedPostgres = {
  /** Connection string of the given database; it carries the password, so it is never logged. */
  readonly urlOf: (database: string) => string;
  readonly port: number;
  /** Where the data really is; differs from the wanted folder when an unprivileged server user could not enter that one. */
  readonly folder: string;
  readonly adopted: boolean;
  readonly serverPid: number;
  readonly supervisorPid: number;
  /** Resolves when PostgreSQL has shut down. Safe to call twice. */
  readonly stop: () => Promise<void>;
};

function stopSupervisor(supervisor: ChildProcess): Promise<void> {
  return new Promise((settle) => {
    if (supervisor.exitCode !== null || supervisor.signalCode !== null) return settle();
    supervisor.once('exit', () => settle());
    supervisor.ref();
    if (supervisor.connected) supervisor.disconnect();
  });
}

/** Starts PostgreSQL on a free port of 127.0.0.1 with its data below `folder`. Failures a person can cure come back as values. */
export function startEmbeddedPostgres(
  options: Omit<ClusterOptions, 'durable'> & { readonly durable?: boolean },
  onProgress: (step: StartStep) => void = () => undefined,
): Promise<StartResult<EmbeddedPostgres>> {
  const supervisor = fork(fileURLToPath(new URL('./supervisor.ts', import.meta.url)), [], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  supervisor.unref();
  return new Promise((settle) => {
    supervisor.on('message', (raw: unknown) => {
      const message = supervisorMessage.parse(raw);
      if (message.kind === 'progress') return onProgress(message.step);
      if (!message.result.ok) return settle(message.result);
      const { port, password, folder, pid, adopted } = message.result.value;
      // From here on the channel alone must not keep the application alive.
      supervisor.channel?.unref();
      onProgress('ready');
      settle({
        ok: true,
        value: {
          urlOf: (database) =>
            `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
          port,
          folder,
          adopted,
          serverPid: pid,
          supervisorPid: supervisor.pid ?? 0,
          stop: () => stopSupervisor(supervisor),
        },
      });
    });
    supervisor.once('error', (error) =>
      settle(startFailed('start_failed', `The database supervisor could not be started: ${error.message}`)),
    );
    supervisor.once('exit', (code) =>
      settle(startFailed('start_failed', `The database supervisor ended early (exit code ${code ?? 'none'}).`)),
    );
    supervisor.send({ folder: options.folder, durable: options.durable ?? true, settings: options.settings ?? {} });
  });
}
