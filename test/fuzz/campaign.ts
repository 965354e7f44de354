/**
 * Sends many mutated requests and judges every answer. Requests that must be refused go in batches between two checksums of the database;
 * when a batch changed something, its requests are sent again one by one to find which. The rest follows, and may write.
 */
import { createSeededRandom, type SeededRandom } from '../support/seeded-random.ts';
import { breachesOf } from './answer-law.ts';
import { BODY_MUTATIONS } from './body-mutations.ts';
import { CARD_SECRET_MUTATIONS } from './card-secret-mutations.ts';
import { changedTables, readState } from './database-state.ts';
import { EDGE_MUTATIONS } from './edge-mutations.ts';
import type { Mutated, Mutation } from './mutation.ts';
import { asCurl, ORG_HEADERS, type RawRequest, render } from './request.ts';
import { type Sample, SAMPLES } from './route-samples.ts';
import { FORMER_SECRET, MASTER_KEY, type Scene, SESSION_SECRET } from './scene.ts';
import { SIGNATURE_MUTATIONS } from './signature-mutations.ts';
import { CLIENT_SECRET } from '../support/practice.ts';
import type { Tenant } from './tenant.ts';
import { createWireClient, type WireAnswer, type WireClient } from './wire-client.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...BODY_MUTATIONS,
  ...EDGE_MUTATIONS,
  ...SIGNATURE_MUTATIONS,
  ...CARD_SECRET_MUTATIONS,
];

export type CampaignOptions = {
  readonly count: number;
  readonly seed: number;
  readonly onProgress?: (sent: number) => void;
  /** Ends the campaign early, with a report of what was sent. */
  readonly signal?: AbortSignal;
};

type Failure = {
  readonly case: string;
  readonly breaches: readonly string[];
  /** A command that sends the request again. */
  readonly curl: string;
};

export type CampaignReport = {
  readonly sent: number;
  readonly seconds: number;
  readonly refused: number;
  readonly understood: number;
  readonly bounded: number;
  readonly byMutation: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byRoute: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly checksums: number;
  readonly failures: readonly Failure[];
  readonly failureCount: number;
};

const BATCH = 1_000;
const CLIENTS = 8;
const FAILURES_KEPT_MAX = 40;
const DRAWS_MAX = 200;

type Case = Mutated & { readonly sample: Sample; readonly mutation: string; readonly number: number };

export async function runCampaign(scene: Scene, options: CampaignOptions): Promise<CampaignReport> {
  const random = createSeededRandom(options.seed);
  const clients = Array.from({ length: CLIENTS }, () => createWireClient(scene.port));
  const tally = createTally(scene);
  const startedAt = performance.now();
  await warmUp(scene, clients);
  for (let drawn = 0; drawn < options.count && options.signal?.aborted !== true; drawn += BATCH) {
    const length = Math.min(BATCH, options.count - drawn);
    const cases = Array.from({ length }, (_, index) => draw(scene, random, drawn + index + 1));
    const isRefused = ({ expect }: Case): boolean => expect.kind === 'refused';
    await sendUnchanging(scene, clients, { cases: cases.filter(isRefused), tally });
    await sendAll(scene, clients, { cases: cases.filter((each) => !isRefused(each)), tally });
    options.onProgress?.(tally.sent());
  }
  for (const client of clients) client.close();
  return tally.report((performance.now() - startedAt) / 1_000);
}

/** The same valid request to every route, so that what a first request writes (the person, the record) is there. */
async function warmUp(scene: Scene, [client]: readonly WireClient[]): Promise<void> {
  for (const sample of SAMPLES) {
    if (sample.operationId === 'signOut') continue;
    for (const tenant of scene.tenants) {
      await client?.send(render(sample.make(tenant, tenant), { origin: scene.origin }));
    }
  }
}

export function draw(scene: Scene, random: SeededRandom, number: number): Case {
  for (let attempt = 0; attempt < DRAWS_MAX; attempt += 1) {
    const sample = random.pick(SAMPLES);
    const mutation = random.pick(MUTATIONS);
    const weight = mutation.weight ?? 1;
    if (weight < 3 && !random.chance(weight / 3)) continue;
    const [by, other] = random.chance(0.5) ? scene.tenants : ([scene.tenants[1], scene.tenants[0]] as const);
    const plain = sample.make(by, by);
    const mutated = mutation.apply({ sample, draft: plain, by, other, random, origin: scene.origin });
    if (mutated === null || endsSession(sample, mutated)) continue;
    return { ...mutated, sample, mutation: mutation.name, number };
  }
  throw new Error('no mutation applies to any request');
}

/** The sessions of the scene are used throughout, and so are not signed out. */
const endsSession = (sample: Sample, mutated: Mutated): boolean =>
  sample.operationId === 'signOut' && mutated.expect.kind !== 'refused';

type Work = { readonly cases: readonly Case[]; readonly tally: Tally };

async function sendUnchanging(scene: Scene, clients: readonly WireClient[], work: Work): Promise<void> {
  const before = await readState(scene.admin);
  await sendAll(scene, clients, work);
  const changed = changedTables(before, await readState(scene.admin));
  work.tally.checked();
  if (changed.length === 0) return;
  let found = false;
  for (const each of work.cases) {
    const then = await readState(scene.admin);
    await clients[0]?.send(each.request);
    const tables = changedTables(then, await readState(scene.admin));
    if (tables.length === 0) continue;
    found = true;
    work.tally.fail(each, [`changed ${tables.join(', ')} although it was to be refused`]);
  }
  const [first] = work.cases;
  if (!found && first !== undefined) work.tally.fail(first, [`a batch from here on changed ${changed.join(', ')}`]);
}

async function sendAll(scene: Scene, clients: readonly WireClient[], { cases, tally }: Work): Promise<void> {
  const queue = [...cases];
  await Promise.all(
    clients.map(async (client) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const answer = await client.send(next.request).catch((error: unknown) => String(error));
        if (typeof answer === 'string') tally.fail(next, [answer]);
        else tally.judge(next, answer);
      }
    }),
  );
}

type Tally = ReturnType<typeof createTally>;

function createTally(scene: Scene) {
  const secrets = [
    CLIENT_SECRET,
    FORMER_SECRET,
    SESSION_SECRET,
    Buffer.from(MASTER_KEY).toString('base64'),
    ...scene.tenants.map(({ org }) => org.secret),
  ];
  const counts = { sent: 0, refused: 0, understood: 0, bounded: 0, checksums: 0, failures: 0 };
  const byMutation: Record<string, number> = {};
  const byStatus: Record<string, number> = {};
  const byRoute: Record<string, number> = {};
  const failures: Failure[] = [];
  let slowestMs = 0;
  const count = (table: Record<string, number>, key: string): void => {
    table[key] = (table[key] ?? 0) + 1;
  };
  const fail = (each: Case, breaches: readonly string[]): void => {
    counts.failures += 1;
    if (failures.length >= FAILURES_KEPT_MAX) return;
    const name = `#${each.number} ${each.sample.operationId}: ${each.mutation} (${each.note})`;
    failures.push({ case: name, breaches, curl: asCurl(each.request, scene.origin) });
  };
  return {
    sent: () => counts.sent,
    checked: () => void (counts.checksums += 1),
    fail,
    judge: (each: Case, answer: WireAnswer): void => {
      counts.sent += 1;
      counts[each.expect.kind] += 1;
      count(byMutation, each.mutation);
      count(byStatus, String(answer.status));
      count(byRoute, each.sample.operationId);
      slowestMs = Math.max(slowestMs, answer.durationMs);
      const said = saidBy(each.request);
      const forbidden = [...secrets, ...strangersOf(scene, each.request).map(({ canary }) => canary)];
      const breaches = breachesOf(answer, {
        sample: each.sample,
        expect: each.expect,
        method: each.request.method,
        forbidden,
        said,
      });
      if (breaches.length > 0)
        fail(each, [...breaches, `answered ${answer.status} ${answer.body.toString('utf8', 0, 400)}`]);
    },
    report: (seconds: number): CampaignReport => ({
      ...counts,
      seconds: Math.round(seconds * 10) / 10,
      byMutation,
      byStatus,
      byRoute,
      slowestMs: Math.round(slowestMs),
      failures,
      failureCount: counts.failures,
    }),
  };
}

const saidBy = (request: RawRequest): string =>
  `${request.target} ${request.headers.map(([, value]) => value).join(' ')} ${request.body?.toString('utf8', 0, 100_000) ?? ''}`;

/** Workspaces whose words no answer to this request may hold. One without any known proof, which may be written in another way, has none. */
function strangersOf(scene: Scene, request: RawRequest): readonly Tenant[] {
  const strangers = scene.tenants.filter((tenant) => !isOf(request, tenant));
  const isFromOrg = request.headers.some(([name]) => name === ORG_HEADERS.org || name === ORG_HEADERS.secret);
  return isFromOrg || strangers.length === 1 ? strangers : [];
}

/** Whether the request carries the workspace's own proof: its cookie, its org and secret, or the portal that its signature names. */
function isOf(request: RawRequest, { cookies, org, portalId }: Tenant): boolean {
  const said = (wanted: string): string =>
    request.headers.flatMap(([name, value]) => (name === wanted ? [value] : [])).join(' ');
  const cookie = said('cookie');
  if (Object.values(cookies).some((own) => cookie.includes(own))) return true;
  if (said(ORG_HEADERS.secret).includes(org.secret) && said(ORG_HEADERS.org).includes(org.orgId)) return true;
  return request.target.includes(`portalId=${portalId}`);
}
