/** A child process that plays a CRM: says its address once it runs, then answers questions one by one, and ends with its parent. */
import { fork } from 'node:child_process';
import { hostMessage } from './host-protocol.ts';

/** A question without what the asking itself adds. */
export type Bare<C> = C extends { readonly kind: string; readonly id: number } ? Omit<C, 'kind' | 'id'> : never;

export type AskedProcess = {
  readonly url: string;
  /** The answer as it came; rejects when the process could not answer or has ended. */
  ask(kind: string, command: object): Promise<unknown>;
  stop(): Promise<void>;
};

/** @param what whom the process plays, for errors */
export async function startAskedProcess(program: string, setup: object, what: string): Promise<AskedProcess> {
  const child = fork(program, [JSON.stringify(setup)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  const asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let count = 0;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => {
    for (const waiting of asked.values()) waiting.reject(new Error(`the process that plays ${what} ended`));
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process that plays ${what} ended with code ${code ?? 'none'}`)));
    child.on('message', (raw: unknown) => {
      const message = hostMessage.parse(raw);
      if (message.kind === 'ready') return resolve(message.url);
      const question = asked.get(message.id);
      asked.delete(message.id);
      if (message.kind === 'answer') question?.resolve(message.value);
      else question?.reject(new Error(message.message));
    });
  });
  return {
    url,
    ask: (kind, command) =>
      new Promise((resolve, reject) => {
        count += 1;
        asked.set(count, { resolve, reject });
        child.send({ kind, id: count, ...command });
      }),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
    },
  };
}
