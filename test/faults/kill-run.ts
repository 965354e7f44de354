/**
 * A chain of kills on one copy of the template: work, kill -9 at one place, a restart, the checks, and on with the restarted server. The
 * restart comes at once or two minutes later by every clock, as the seed decides. After a point that leaves too little behind, or a
 * failure, the chain goes on with a fresh copy.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { createSeededRandom, type SeededRandom } from '../support/seeded-random.ts';
import { freePort, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { doubled, type Expectation, unsettled, writeCalls } from './kill-checks.ts';
import { createKillClient, type KillClient } from './kill-client.ts';
import { KILL_CASES, KILLED_AT, type KillPoint, type Order } from './kill-points.ts';
import { type KillPortal, startKillPortal } from './kill-portal.ts';
import { copyTemplate, type KillTemplate } from './kill-scene.ts';
import { KILL_WORKLOADS, type KillScene, type Workload } from './kill-workloads.ts';

const SERVER_UNDER_KILL = path.resolve(import.meta.dirname, 'server-under-kill.ts');
/** Longer than the longest lease, shorter than the age at which a signature is refused. */
const AWAY_MS = 130_000;
/** Bounds for a machine that is busy with other things. */
const REACHED_MS_MAX = 30_000;
const RECOVERED_MS_MAX = 60_000;
const POLL_MS = 80;
const SAID_CHARACTERS_MAX = 2_000;

export type KillOutcome = {
  readonly point: KillPoint;
  readonly seed: number;
  /** The process died of SIGKILL at the place that was asked for. */
  readonly reached: boolean;
  /** From the start of the new process until everything was in place again; null when it never was. */
  readonly recoveryMs: number | null;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
};

export type KillChain = {
  readonly points: readonly KillPoint[];
  readonly seed: number;
  /** How long nothing may be written after each recovery. */
  readonly quietMs: number;
  readonly report: (outcome: KillOutcome) => void;
  /** Negative control: both servers forget deliveries and write twice. */
  readonly sabotage?: boolean;
  readonly recoveredMsMax?: number;
};

/** Deals the points to chains of about one length, in an order that the seed decides; what ends a copy's use comes last. */
export function chainsOf(points: readonly KillPoint[], seed: number, chainCount: number): readonly KillPoint[][] {
  const random = createSeededRandom(seed);
  const keyed = points.map((point) => ({ point, key: (endsCopy(point) ? 1 : 0) + random.next() }));
  const ordered = keyed.toSorted((a, b) => a.key - b.key).map(({ point }) => point);
  return Array.from({ length: chainCount }, (_, chain) =>
    ordered.filter((_point, index) => index % chainCount === chain),
  );
}

const endsCopy = (point: KillPoint): boolean => KILL_WORKLOADS[KILL_CASES[point].workload].endsCopy === true;

/** Kills at each point of the chain and reports what came of it; never rejects for a failure of one point. */
export async function runKillChain(template: KillTemplate, chain: KillChain): Promise<void> {
  const { points, seed, report } = chain;
  const random = createSeededRandom(seed);
  let stage: Stage | null = null;
  for (const point of points) {
    try {
      stage ??= await openStage(template, random.between(1, 1_000_000));
      const outcome = await stage.play({ ...chain, point, random });
      report(outcome);
      if (outcome.reached && outcome.recoveryMs !== null && !endsCopy(point)) continue;
    } catch (error) {
      // One point that breaks off is one failure and not the end of the others.
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report({ point, seed, reached: false, recoveryMs: null, lost: [`broken off: ${said}`], doubled: [] });
    }
    await stage?.close();
    stage = null;
  }
  await stage?.close();
}

async function openStage(template: KillTemplate, seed: number): Promise<Stage> {
  const copy = await copyTemplate(template, `kill_${randomUUID().replaceAll('-', '')}`);
  const portal = await startKillPortal(copy.portalDir, seed);
  const sql = new Client({ connectionString: copy.databaseUrl });
  sql.on('error', () => undefined);
  await sql.connect();
  return new Stage(template, { copy, portal, sql, port: await freePort() });
}

type Props = {
  readonly copy: Awaited<ReturnType<typeof copyTemplate>>;
  readonly portal: KillPortal;
  readonly sql: Client;
  readonly port: number;
};

type Round = Omit<KillChain, 'points' | 'report'> & { readonly point: KillPoint; readonly random: SeededRandom };

class Stage {
  readonly #template: KillTemplate;
  readonly #props: Props;
  readonly #client: KillClient;
  readonly #used = new Map<string, number>();
  #server: ServerProcess | null = null;
  #aheadMs = 0;
  #round = 0;
  #sabotage = false;

  constructor(template: KillTemplate, props: Props) {
    this.#template = template;
    this.#props = props;
    this.#client = createKillClient(props.portal.practice, () => this.#server?.url ?? null, template.cookies);
  }

  async play({ point, seed, quietMs, random, sabotage = false, recoveredMsMax }: Round): Promise<KillOutcome> {
    this.#sabotage = sabotage;
    const { workload: name, passings = 1, ...place } = KILL_CASES[point];
    const workload = KILL_WORKLOADS[name];
    const expectations: Expectation[] = [];
    const scene = this.#scene(random, expectations);
    const { acting } = await this.#begin(scene, workload, { ...place, passing: random.between(1, passings) });
    const reached = await this.#died(place.place);
    const atDeath = (await workload.atDeath?.(scene)) ?? [];
    // Back at once, or after the leases of the dead process have run out.
    this.#moveOn(random.chance(0.5) ? 0 : AWAY_MS);
    const startedAt = Date.now();
    await this.#start({});
    await workload.help?.(scene);
    await acting;
    const lost = await this.#settled(scene, expectations, recoveredMsMax ?? RECOVERED_MS_MAX);
    const recoveryMs = lost.length === 0 ? Date.now() - startedAt : null;
    const restless = await this.#restless(quietMs);
    const { sql, portal, copy } = this.#props;
    const twice = await doubled(sql, portal, { databaseUrl: copy.databaseUrl, since: scene.beganAt });
    return { point, seed, reached, recoveryMs, lost: [...atDeath, ...lost], doubled: [...restless, ...twice] };
  }

  async close(): Promise<void> {
    await this.#server?.kill9();
    await this.#props.sql.end();
    await this.#props.portal.stop();
    await this.#props.copy.dispose();
  }

  #scene(random: SeededRandom, expectations: Expectation[]): KillScene {
    const { portal, sql } = this.#props;
    this.#round += 1;
    return {
      template: this.#template,
      portal,
      client: this.#client,
      sql,
      random,
      round: this.#round,
      beganAt: portal.practice.clock.now(),
      use: (what) => {
        const index = this.#used.get(what) ?? 0;
        this.#used.set(what, index + 1);
        return index;
      },
      expect: (expectation) => void expectations.push(expectation),
    };
  }

  /** Arms the server and lets the work begin; work that follows a start is watched from its first step. */
  async #begin(
    scene: KillScene,
    workload: Workload,
    arm: NonNullable<Order['arm']>,
  ): Promise<{ readonly acting: Promise<void> }> {
    if (workload.act === undefined) {
      await this.#server?.kill9();
      await workload.whileDown?.(scene);
      this.#moveOn(workload.awayMs ?? AWAY_MS);
      await this.#start({ hold: true });
      await this.#arm(arm);
      return { acting: Promise.resolve() };
    }
    if (this.#server === null) await this.#start({});
    await this.#arm(arm);
    const acting = workload.act(scene);
    // Looked at after the restart; until then a refusal has nobody who waits for it.
    acting.catch(() => undefined);
    return { acting };
  }

  async #start({ hold = false }: { readonly hold?: boolean }): Promise<void> {
    const { copy, port, portal } = this.#props;
    this.#server = await startServerProcess({
      databaseUrl: copy.databaseUrl,
      hubspotUrl: portal.practice.hubspot.url,
      port,
      entry: SERVER_UNDER_KILL,
      readyPath: hold ? '/healthz' : '/readyz',
      env: {
        KILL_CLOCK_AHEAD_MS: String(this.#aheadMs),
        ...(hold ? { KILL_HOLD: '1' } : {}),
        ...(this.#sabotage ? { KILL_SABOTAGE: '1' } : {}),
      },
    });
    portal.relay.target = this.#server.url;
  }

  async #arm(arm: NonNullable<Order['arm']>): Promise<void> {
    const server = this.#server;
    if (server === null) throw new Error('no server to arm');
    server.send({ kind: 'go', arm } satisfies Order);
    const deadline = Date.now() + REACHED_MS_MAX;
    while (!server.output().includes(`armed ${arm.place}`)) {
      if (Date.now() > deadline) throw new Error(`the server was not armed:\n${server.output()}`);
      await delay(POLL_MS / 4);
    }
  }

  /** True when it died by its own hand at the place. */
  async #died(place: string): Promise<boolean> {
    const server = this.#server;
    if (server === null) return false;
    const timely = await Promise.race([server.ended.then(() => true), delay(REACHED_MS_MAX, false)]);
    await server.kill9();
    return timely && server.output().includes(`${KILLED_AT} ${place}`);
  }

  #moveOn(byMs: number): void {
    this.#aheadMs += byMs;
    this.#props.portal.practice.clock.advance(byMs);
  }

  async #settled(scene: KillScene, expectations: readonly Expectation[], withinMs: number): Promise<readonly string[]> {
    const { sql, portal } = this.#props;
    const deadline = Date.now() + withinMs;
    for (;;) {
      const left = await unsettled(sql, portal, { expectations, since: scene.beganAt });
      if (left.length === 0) return left;
      if (Date.now() > deadline)
        return [...left, `the server said: ${this.#server?.output().slice(-SAID_CHARACTERS_MAX)}`];
      await delay(POLL_MS);
    }
  }

  async #restless(quietMs: number): Promise<readonly string[]> {
    const before = writeCalls(this.#props.portal);
    await delay(quietMs);
    const writes = writeCalls(this.#props.portal) - before;
    return writes === 0 ? [] : [`doubled: ${writes} writes after everything was settled`];
  }
}
