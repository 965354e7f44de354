/** The measuring process's handle on the process that plays Salesforce. */
import path from 'node:path';
import type { z } from 'zod';
import { type Bare, startAskedProcess } from './asked-process.ts';
import { arrivalReport, instantReport } from './host-protocol.ts';
import { type OrgCalls, orgCalls, type OrgCommand, orgInstalled, type OrgSetup } from './org-protocol.ts';

const ORG = path.join(import.meta.dirname, 'org-process.ts');

type CommandOf<K extends OrgCommand['kind']> = Bare<Extract<OrgCommand, { readonly kind: K }>>;

export type BenchOrg = {
  readonly url: string;
  install(): Promise<z.infer<typeof orgInstalled>>;
  /** A person edits the first so many opportunities at once. */
  edit(records: number): Promise<void>;
  /** Epoch ms of the edit. */
  set(index: number, date: string): Promise<number>;
  arrival(index: number, date: string, patienceMs: number): Promise<number | null>;
  calls(options?: { readonly forget?: boolean }): Promise<OrgCalls>;
  stop(): Promise<void>;
};

export async function startBenchOrg(setup: OrgSetup): Promise<BenchOrg> {
  const org = await startAskedProcess(ORG, setup, 'Salesforce');
  const ask = <K extends OrgCommand['kind']>(kind: K, command: CommandOf<K>): Promise<unknown> =>
    org.ask(kind, command);
  return {
    url: org.url,
    install: async () => orgInstalled.parse(await ask('install', {})),
    edit: async (records) => void (await ask('edit', { records })),
    set: async (index, date) => instantReport.parse(await ask('set', { index, date })),
    arrival: async (index, date, patienceMs) => arrivalReport.parse(await ask('arrival', { index, date, patienceMs })),
    calls: async ({ forget = false } = {}) => orgCalls.parse(await ask('calls', { forget })),
    stop: () => org.stop(),
  };
}
