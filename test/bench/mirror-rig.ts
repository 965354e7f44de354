/** Two portals of one workspace with a contract behind each pair of deals, a real server between them, everything mirrored and quiet. */
import { freePort } from '../support/server-process.ts';
import { type BenchHost, startBenchHost } from './bench-host.ts';
import type { BenchContext } from './bench-row.ts';
import { type BenchWorkspace, fillBenchWorkspace } from './bench-workspace.ts';
import { type ProbedServer, startProbedServer } from './probed-server.ts';

export const SOURCE = '1001';
export const TARGET = '1002';

export type MirrorRig = {
  readonly host: BenchHost;
  /** The one that runs now: whoever kills it puts the next one here, and that one is stopped in the end. */
  server: ProbedServer;
  readonly workspace: BenchWorkspace;
  readonly databaseUrl: string;
  readonly port: number;
};

export type MirrorRigOptions = {
  readonly records: number;
  /** How long the portals gather changes before they send a webhook. */
  readonly webhookWindowMs: number;
};

/** The portals let go of their request limit, so that the first reading does not take minutes. */
export async function withMirror<T>(
  context: BenchContext,
  { records, webhookWindowMs }: MirrorRigOptions,
  work: (rig: MirrorRig) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const portals = [SOURCE, TARGET].map((id) => ({ id, deals: records, companies: 10 }));
  const host = await startBenchHost({ serverPort: port, portals, webhookWindowMs });
  const parts: { rig: MirrorRig | null; workspace: BenchWorkspace | null } = { rig: null, workspace: null };
  try {
    await host.liftLimits(true);
    const databaseUrl = await context.createDatabase();
    const connected = await Promise.all(
      [SOURCE, TARGET].map(async (portalId) => ({ portalId, credential: await host.install(portalId) })),
    );
    const workspace = await fillBenchWorkspace(databaseUrl, { contracts: records, deals: records, portals: connected });
    parts.workspace = workspace;
    const server = await startProbedServer({ databaseUrl, hubspotUrl: host.url, port });
    const rig: MirrorRig = { host, server, workspace, databaseUrl, port };
    parts.rig = rig;
    context.say('first reading');
    await workspace.untilQuiet(context.signal);
    return await work(rig);
  } finally {
    await parts.rig?.server.stop();
    await parts.workspace?.close();
    await host.stop();
  }
}
