/** The measuring process's handle on the process that plays HubSpot. */
import path from 'node:path';
import type { Credential } from '../../server/crm/credentials.ts';
import { type Bare, startAskedProcess } from './asked-process.ts';
import {
  agreementReport,
  arrivalReport,
  type CallReport,
  callReport,
  type HostCommand,
  type HostSetup,
  hostTokens,
  instantReport,
  type PaceReport,
  paceReport,
} from './host-protocol.ts';

const HOST = path.join(import.meta.dirname, 'host-process.ts');

type CommandOf<K extends HostCommand['kind']> = Bare<Extract<HostCommand, { readonly kind: K }>>;

export type BenchHost = {
  readonly url: string;
  install(portalId: string): Promise<Credential>;
  liftLimits(lifted: boolean): Promise<void>;
  setLatency(latencyMs: number): Promise<void>;
  burst(command: CommandOf<'burst'>): Promise<void>;
  pace(command: CommandOf<'pace'>): Promise<PaceReport>;
  /** Epoch ms of the edit. */
  set(portalId: string, index: number, date: string): Promise<number>;
  arrival(command: CommandOf<'arrival'>): Promise<number | null>;
  calls(portalIds: readonly string[], options?: { readonly forget?: boolean }): Promise<CallReport>;
  agreement(portalIds: readonly string[]): Promise<{ readonly records: number; readonly differing: number }>;
  stop(): Promise<void>;
};

export async function startBenchHost(setup: HostSetup): Promise<BenchHost> {
  const host = await startAskedProcess(HOST, setup, 'HubSpot');
  const ask = <K extends HostCommand['kind']>(kind: K, command: CommandOf<K>): Promise<unknown> =>
    host.ask(kind, command);
  return {
    url: host.url,
    install: async (portalId) => {
      const { accessToken, refreshToken, expiresInSeconds } = hostTokens.parse(await ask('install', { portalId }));
      return { accessToken, refreshToken, expiresAt: Date.now() + expiresInSeconds * 1000, scopes: [] };
    },
    liftLimits: async (lifted) => void (await ask('lift_limits', { lifted })),
    setLatency: async (latencyMs) => void (await ask('latency', { latencyMs })),
    burst: async (command) => void (await ask('burst', command)),
    pace: async (command) => paceReport.parse(await ask('pace', command)),
    set: async (portalId, index, date) => instantReport.parse(await ask('set', { portalId, index, date })),
    arrival: async (command) => arrivalReport.parse(await ask('arrival', command)),
    calls: async (portalIds, { forget = false } = {}) =>
      callReport.parse(await ask('calls', { portalIds: [...portalIds], forget })),
    agreement: async (portalIds) => agreementReport.parse(await ask('agreement', { portalIds: [...portalIds] })),
    stop: () => host.stop(),
  };
}
