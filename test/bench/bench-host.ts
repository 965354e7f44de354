/** The measuring process's handle on the process that plays HubSpot. */
import { fork } from 'node:child_process';
import path from 'node:path';
import type { Credential } from '../../server/crm/credentials.ts';
import {
  agreementReport,
  type CallReport,
  callReport,
  type HostCommand,
  hostMessage,
  type HostSetup,
  hostTokens,
  type PaceReport,
  paceReport,
} from './host-protocol.ts';

const HOST = path.join(import.meta.dirname, 'host-process.ts');

type Bare<C> = C extends HostCommand ? Omit<C, 'kind' | 'id'> : never;
type CommandOf<K extends HostCommand['kind']> = Bare<Extract<HostCommand, { readonly kind: K }>>;

export type BenchHost = {
  readonly url: string;
  install(portalId: string): Promise<Credential>;
  liftLimits(lifted: boolean): Promise<void>;
  setLatency(latencyMs: number): Promise<void>;
  burst(command: CommandOf<'burst'>): Promise<void>;
  pace(command: CommandOf<'pace'>): Promise<PaceReport>;
  calls(portalIds: readonly string[], options?: { readonly forget?: boolean }): Promise<CallReport>;
  agreement(portalIds: readonly string[]): Promise<{ readonly records: number; readonly differing: number }>;
  stop(): Promise<void>;
};

export async function startBenchHost(setup: HostSetup): Promise<BenchHost> {
  const child = fork(HOST, [JSON.stringify(setup)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let count = 0;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => {
    for (const waiting of asked.values()) waiting.reject(new Error('the process that plays HubSpot ended'));
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process that plays HubSpot ended with code ${code ?? 'none'}`)));
    child.on('message', (raw: unknown) => {
      const message = hostMessage.parse(raw);
      if (message.kind === 'ready') return resolve(message.url);
      const question = asked.get(message.id);
      asked.delete(message.id);
      if (message.kind === 'answer') question?.resolve(message.value);
      else question?.reject(new Error(message.message));
    });
  });
  const ask = <K extends HostCommand['kind']>(kind: K, command: CommandOf<K>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      count += 1;
      asked.set(count, { resolve, reject });
      child.send({ kind, id: count, ...command });
    });
  return {
    url,
    install: async (portalId) => {
      const { accessToken, refreshToken, expiresInSeconds } = hostTokens.parse(await ask('install', { portalId }));
      return { accessToken, refreshToken, expiresAt: Date.now() + expiresInSeconds * 1000, scopes: [] };
    },
    liftLimits: async (lifted) => void (await ask('lift_limits', { lifted })),
    setLatency: async (latencyMs) => void (await ask('latency', { latencyMs })),
    burst: async (command) => void (await ask('burst', command)),
    pace: async (command) => paceReport.parse(await ask('pace', command)),
    calls: async (portalIds, { forget = false } = {}) =>
      callReport.parse(await ask('calls', { portalIds: [...portalIds], forget })),
    agreement: async (portalIds) => agreementReport.parse(await ask('agreement', { portalIds: [...portalIds] })),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
    },
  };
}
