/**
 * The surroundings of one run: a practice HubSpot with portals of its own, and a relay that hands its webhooks to whatever server is up
 * and writes down which of them were acknowledged. Both live in the parent, so they survive the server.
 */
import { createServer } from 'node:http';
import path from 'node:path';
import { readAppManifest } from '../../extensions/practice/app-manifest.ts';
import type { WebhookSubscription } from '../../extensions/practice/hubspot/manifest.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import {
  CLIENT_SECRET,
  PUBLIC_ORIGIN,
  practiceApp,
  practicePortal,
  type PracticeForTest,
  startPractice,
} from '../support/practice.ts';

/** The first two belong to one workspace; each of the others is there to be installed once. */
export const PORTALS = ['1001', '1002', '1003', '1004', '1005', '1006', '1007', '1008', '1009', '1010'] as const;
export type PortalId = (typeof PORTALS)[number];

/** The ten tries of an unanswered webhook are spread over this span. */
const WEBHOOK_RETRY_SPAN_MS = 8_000;
const FORWARD_MS_MAX = 5_000;
const PROJECT = path.resolve(import.meta.dirname, '../../extensions/hubspot');

type Relay = {
  readonly url: string;
  /** Bodies that were answered with success. */
  readonly acknowledged: readonly string[];
  /** Origin of the server; null drops what comes. */
  target: string | null;
  stop(): Promise<void>;
};

export type KillPortal = { readonly practice: PracticeForTest; readonly relay: Relay; stop(): Promise<void> };

/** The subscriptions that the HubSpot project of the product declares. */
function subscriptions(): readonly WebhookSubscription[] {
  const { clientId, appId } = practiceApp();
  const secrets = { appId, clientId, clientSecret: CLIENT_SECRET };
  const manifest = readAppManifest(PROJECT, secrets, { public: PUBLIC_ORIGIN, browser: PUBLIC_ORIGIN });
  return manifest.webhooks?.subscriptions ?? [];
}

/** Starts portals, with what they held before when `dataDir` names a copy of it. */
export async function startKillPortal(dataDir: string, seed: number): Promise<KillPortal> {
  const relay = await startRelay();
  const app = practiceApp({
    webhooks: { targetUrl: `${PUBLIC_ORIGIN}/webhooks/hubspot`, subscriptions: subscriptions() },
  });
  const practice = await startPractice({
    app,
    dataDir,
    random: createSeededRandom(seed),
    portals: PORTALS.map((id) => practicePortal(id)),
    publicToLocal: { [PUBLIC_ORIGIN]: relay.url },
    // A rotating refresh token is a case of its own.
    behaviour: { webhookRetrySpanMs: WEBHOOK_RETRY_SPAN_MS, rotateRefreshTokens: false },
  });
  return {
    practice,
    relay,
    stop: async () => {
      await practice.stop();
      await relay.stop();
    },
  };
}

async function startRelay(): Promise<Relay> {
  const acknowledged: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      void forward(relay.target, { url: request.url ?? '', headers: request.headers, body }).then((status) => {
        if (status >= 200 && status < 300) acknowledged.push(body.toString('utf8'));
        response.writeHead(status).end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const relay: Relay = {
    url: `http://127.0.0.1:${address.port}`,
    acknowledged,
    target: null,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return relay;
}

type Forwarded = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer<ArrayBuffer>;
};

const PASSED_ON = ['content-type', 'x-hubspot-signature-v3', 'x-hubspot-request-timestamp'] as const;

/** The status of the server's answer; 502 when there was none. */
async function forward(target: string | null, { url, headers, body }: Forwarded): Promise<number> {
  if (target === null) return 502;
  const passedOn = PASSED_ON.map((name) => [name, String(headers[name] ?? '')] as const);
  return await fetch(`${target}${url}`, {
    method: 'POST',
    headers: Object.fromEntries(passedOn),
    body,
    signal: AbortSignal.timeout(FORWARD_MS_MAX),
  }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    () => 502,
  );
}
