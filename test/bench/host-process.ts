/**
 * The practice HubSpot as a process of its own, so that its work is not counted as the product's. It speaks the documented protocol over
 * HTTP and delivers its own signed webhooks. It can let go of HubSpot's request limit, for figures about the hub and not about HubSpot.
 */
import path from 'node:path';
import { readAppManifest } from '../../extensions/practice/app-manifest.ts';
import type { Change } from '../../extensions/practice/hubspot/portal-change.ts';
import { personSource } from '../../extensions/practice/hubspot/portal-change.ts';
import type { RequestBudget } from '../../extensions/practice/hubspot/request-budget.ts';
import { updateRecord } from '../../extensions/practice/hubspot/record-writer.ts';
import { valueOf } from '../../extensions/practice/hubspot/stored-record.ts';
import {
  CLIENT_SECRET,
  install,
  type PracticeForTest,
  practiceApp,
  practicePortal,
  PUBLIC_ORIGIN,
  startPractice,
} from '../support/practice.ts';
import { epochMs, watchArrivals } from './arrivals.ts';
import {
  FIRST_COMPANY_ID,
  FIRST_DEAL_ID,
  type HostCommand,
  hostCommand,
  type HostMessage,
  type HostSetup,
  hostSetup,
  type PaceReport,
} from './host-protocol.ts';

const DEAL = '0-3';
const RENEWAL_DATE = 'counterpart_renewal_date';
const LIFTED_MAX = 1_000_000;
const DAY_MS = 86_400_000;
const FIRST_RENEWAL_AT = Date.UTC(2028, 0, 1);
const TICK_MS = 4;
const HUBSPOT_PROJECT = path.resolve(import.meta.dirname, '../../extensions/hubspot');

const liftedBudget: RequestBudget = {
  take: ({ search }) => ({
    ok: true,
    headers: search
      ? {}
      : {
          'X-HubSpot-RateLimit-Max': String(LIFTED_MAX),
          'X-HubSpot-RateLimit-Remaining': String(LIFTED_MAX - 1),
          'X-HubSpot-RateLimit-Interval-Milliseconds': '10000',
        },
  }),
  clear: () => undefined,
};

const setup = hostSetup.parse(JSON.parse(process.argv[2] ?? '{}'));
const practice = await startHost(setup);
const documentedBudget = practice.hubspot.practice.budget;
/** How often each deal was edited: each edit sets a date that the deal never had. */
const editCounts = new Map<string, number>();

const arrivals = watchArrivals();
const arrivalKey = (portalId: string, recordId: string): string => `${portalId}/${recordId}`;
practice.hubspot.practice.onChange(({ portalId, typeId, objectId, detail }) => {
  if (typeId !== DEAL || detail.kind !== 'propertyChange' || detail.propertyName !== RENEWAL_DATE) return;
  arrivals.note(arrivalKey(portalId, objectId), detail.propertyValue);
});

const send = (message: HostMessage): void => void process.send?.(message);
process.on('message', (raw: unknown) => {
  const command = hostCommand.parse(raw);
  Promise.resolve(answer(command)).then(
    (value) => send({ kind: 'answer', id: command.id, value }),
    (error: unknown) => send({ kind: 'failure', id: command.id, message: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
send({ kind: 'ready', url: practice.hubspot.url });

async function startHost({ serverPort, portals, webhookWindowMs }: HostSetup): Promise<PracticeForTest> {
  const secrets = { appId: 4242, clientId: 'practice-client', clientSecret: CLIENT_SECRET };
  const manifest = readAppManifest(HUBSPOT_PROJECT, secrets, { public: PUBLIC_ORIGIN, browser: PUBLIC_ORIGIN });
  const createdAt = Date.UTC(2026, 0, 1);
  return startPractice({
    app: practiceApp(manifest.webhooks === undefined ? {} : { webhooks: manifest.webhooks }),
    portals: portals.map(({ id }) => practicePortal(id)),
    publicToLocal: { [PUBLIC_ORIGIN]: `http://127.0.0.1:${serverPort}` },
    behaviour: { webhookBatchWindowMs: webhookWindowMs, accessTokenSeconds: 86_400 },
    seed: Object.fromEntries(
      portals.map(({ id, deals, companies }) => [
        id,
        () => ({
          deals: Array.from({ length: deals }, (_, index) => ({
            id: String(FIRST_DEAL_ID + index),
            properties: { dealname: `Deal ${index}`, amount: '1000' },
            createdAt,
          })),
          companies: Array.from({ length: companies }, (_, index) => ({
            id: String(FIRST_COMPANY_ID + index),
            properties: { name: `Company ${index}`, domain: `company-${index}.example` },
            createdAt,
          })),
        }),
      ]),
    ),
  });
}

function answer(command: HostCommand): unknown {
  const { hubspot } = practice;
  switch (command.kind) {
    case 'install':
      return install(practice, command.portalId).then((tokens) => ({
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expiresInSeconds: tokens.expires_in,
      }));
    case 'lift_limits':
      Object.assign(hubspot.practice, { budget: command.lifted ? liftedBudget : documentedBudget });
      return null;
    case 'latency':
      hubspot.practice.setFaults({
        ...hubspot.practice.faults(),
        latencyMsMin: command.latencyMs,
        latencyMsMax: command.latencyMs,
      });
      return null;
    case 'burst':
      for (let edit = 0; edit < command.edits; edit += 1) editDeal(command.portalId, edit % command.records);
      return null;
    case 'pace':
      return pace(command);
    case 'set': {
      const at = epochMs();
      setDate(command.portalId, String(FIRST_DEAL_ID + command.index), command.date);
      return at;
    }
    case 'arrival':
      return arrivals.wait(
        arrivalKey(command.portalId, String(FIRST_DEAL_ID + command.index)),
        command.date,
        command.patienceMs,
      );
    case 'calls': {
      const calls = command.portalIds.flatMap((portalId) => hubspot.practice.calls.of(portalId));
      if (command.forget) for (const portalId of command.portalIds) hubspot.practice.calls.clear(portalId);
      return { calls, pendingEvents: hubspot.webhooks.pendingCount() };
    }
    case 'agreement':
      return agreement(command.portalIds);
  }
}

/** A person sets a renewal date; gives the deal's id and the date. */
function editDeal(portalId: string, index: number): { readonly recordId: string; readonly value: string } {
  const recordId = String(FIRST_DEAL_ID + index);
  const count = (editCounts.get(recordId) ?? 0) + 1;
  editCounts.set(recordId, count);
  const value = new Date(FIRST_RENEWAL_AT + count * DAY_MS).toISOString().slice(0, 10);
  setDate(portalId, recordId, value);
  return { recordId, value };
}

function setDate(portalId: string, recordId: string, value: string): void {
  const portal = practice.hubspot.portals.get(portalId);
  const record = portal?.records[DEAL].get(recordId);
  if (portal === undefined || record === undefined) throw new Error(`no deal ${recordId} in ${portalId}`);
  updateRecord(practice.hubspot.practice.writer(portal), record, { [RENEWAL_DATE]: value }, personSource('77'));
}

type Pace = Extract<HostCommand, { kind: 'pace' }>;

async function pace(command: Pace): Promise<PaceReport> {
  const waiting = new Map<string, { readonly value: string; readonly at: number }[]>();
  const latencies: number[] = [];
  const arrived = ({ portalId, typeId, objectId, detail }: Change): void => {
    if (portalId !== command.targetPortalId || typeId !== DEAL || detail.kind !== 'propertyChange') return;
    if (detail.propertyName !== RENEWAL_DATE) return;
    const edits = waiting.get(objectId) ?? [];
    // A write carries the newest date that the hub knew; older edits of the same deal arrive with it.
    const last = edits.findIndex(({ value }) => value === detail.propertyValue);
    const now = performance.now();
    for (const { at } of edits.splice(0, last + 1)) latencies.push(now - at);
  };
  practice.hubspot.practice.onChange(arrived);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const total = Math.round((command.perSecond * command.durationMs) / 1000);
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) * command.perSecond) / 1000) + 1);
    for (; sent < due; sent += 1) {
      const { recordId, value } = editDeal(command.portalId, sent % command.records);
      waiting.set(recordId, [...(waiting.get(recordId) ?? []), { value, at: performance.now() }]);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const wallMs = performance.now() - startedAt;
  const deadline = performance.now() + command.patienceMs;
  while (latencies.length < total && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  const { user, system } = process.cpuUsage(cpuBefore);
  // What arrives from now on belongs to no measurement.
  waiting.clear();
  return { sent, latencies, missing: total - latencies.length, cpuMs: (user + system) / 1000, wallMs };
}

function agreement(portalIds: readonly string[]): { readonly records: number; readonly differing: number } {
  const [first, ...others] = portalIds.map((portalId) => practice.hubspot.portals.get(portalId));
  if (first === undefined) throw new Error('no portal');
  const edited = [...editCounts.keys()];
  const dateIn = (portal: typeof first | undefined, recordId: string): string | null => {
    const record = portal?.records[DEAL].get(recordId);
    return record === undefined ? null : (valueOf(record, RENEWAL_DATE) ?? null);
  };
  const differing = edited.filter((id) => others.some((portal) => dateIn(portal, id) !== dateIn(first, id)));
  return { records: edited.length, differing: differing.length };
}
