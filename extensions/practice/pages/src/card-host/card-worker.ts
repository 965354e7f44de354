// The stand-in for HubSpot's extension worker. It installs the globals the SDK and its bundler expect *before* it loads
// the card bundle (hubspot.extend is read while the bundle evaluates), takes the network away as HubSpot does, and
// renders the card's React tree into a remote root whose other end is on the page.
import { createRemoteRoot } from '@remote-ui/core';
import type { RemoteChannel } from '@remote-ui/core';
import * as RemoteUI from '@remote-ui/react';
import { createEndpoint, retain } from '@remote-ui/rpc';
import * as React from 'react';
import { HOST_ACTIONS, LOG_LEVELS, PROXY_TIMEOUT_MS_DEFAULT } from './card-protocol.ts';
import type { CardHost, HookAnswer } from './card-protocol.ts';

type WorkerScope = {
  importScripts(url: string): void;
  addEventListener(type: 'error' | 'unhandledrejection', listener: (event: unknown) => void): void;
  [name: string]: unknown;
};
type ExtensionApi = { readonly context: unknown; readonly actions: Record<string, unknown> };
type FetchOptions = { method?: string; timeout?: number; body?: unknown; headers?: Headers | Record<string, string> };

// The page's DOM typings describe `self` as a window; inside a classic worker it is this smaller thing.
const scope = globalThis as unknown as WorkerScope;

const NETWORK_GLOBALS = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'indexedDB', 'caches'] as const;

const ExtensionContext = React.createContext<ExtensionApi | null>(null);

function useExtensionApi(): ExtensionApi {
  const api = React.useContext(ExtensionContext);
  if (api === null) throw new Error('The extension hooks work only inside a component rendered by hubspot.extend.');
  return api;
}

/** The SDK calls `json()` and reads `cleanup` (a function) from the result, which a real Response could not carry. */
async function asResponse(
  answer: Promise<HookAnswer>,
): Promise<{ ok: true; status: 200; json(): Promise<HookAnswer> }> {
  const value = await answer;
  return { ok: true, status: 200, json: async () => value };
}

function plainHeaders(headers: FetchOptions['headers']): Record<string, string> {
  if (headers === undefined) return {};
  return headers instanceof Headers ? Object.fromEntries(headers.entries()) : { ...headers };
}

function proxiedFetch(host: CardHost) {
  return async (url: string | URL, options: FetchOptions = {}): Promise<Response> => {
    const answer = await host.proxy({
      url: String(url),
      method: options.method ?? 'GET',
      timeoutMs: options.timeout ?? PROXY_TIMEOUT_MS_DEFAULT,
      body: options.body ?? null,
      headers: plainHeaders(options.headers),
    });
    return new Response(answer.body, { status: answer.status, headers: { 'content-type': answer.contentType } });
  };
}

function hooks(host: CardHost): Record<string, unknown> {
  return {
    useExtensionContext: () => useExtensionApi().context,
    useExtensionActions: () => useExtensionApi().actions,
    useExtensionApi,
    useAppPageLocation: () => ({ path: '/', params: {} }),
    fetchCrmProperties: (names: unknown, onChange: unknown) => asResponse(host.fetchCrmProperties(names, onChange)),
    fetchAssociations: (request: unknown) => asResponse(host.fetchAssociations(request)),
    fetchCrmSearch: (request: unknown) => asResponse(host.fetchCrmSearch(request)),
    formatCrmProperties: (request: unknown) => asResponse(host.formatCrmProperties(request)),
    fetchHubSpotApi: () =>
      Promise.reject(new Error('fetchHubSpotApi is experimental and not part of the practice portal.')),
  };
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  const { message, reason } = Object(error) as { message?: unknown; reason?: unknown };
  if (reason !== undefined) return describe(reason);
  return String(message ?? error);
}

function installGlobals(host: CardHost, channel: RemoteChannel): void {
  const actions = Object.fromEntries(
    HOST_ACTIONS.map((name) => [name, (...args: unknown[]) => host.action(name, args)]),
  );
  const api: ExtensionApi = { context: host.context, actions };
  const serverless = () => Promise.reject(new Error('Serverless functions are not part of the practice portal.'));
  const hsWorkerAPI = hooks(host);
  Object.assign(scope, {
    React,
    RemoteUI,
    __HUBSPOT_EXTENSION_WORKER__: true,
    logger: Object.fromEntries(LOG_LEVELS.map((level) => [level, (detail: unknown) => host.log(level, detail)])),
    hsFetch: proxiedFetch(host),
    serverless,
    hsWorkerAPI,
    // SDK releases up to 0.13 read these two from the global scope itself.
    fetchCrmProperties: hsWorkerAPI['fetchCrmProperties'],
    fetchAssociations: hsWorkerAPI['fetchAssociations'],
    extend_V2(render: (api: unknown) => React.ReactElement): void {
      const root = createRemoteRoot(channel);
      const tree = render({ ...api, runServerlessFunction: serverless });
      RemoteUI.createRoot(root).render(React.createElement(ExtensionContext.Provider, { value: api }, tree));
      // A mount that fails reaches the page through the listener for unhandled rejections.
      void root.mount();
    },
  });
}

createEndpoint<CardHost>(scope as unknown as Worker).expose({
  run(bundleUrl: string, host: CardHost, channel: RemoteChannel): void {
    retain(host);
    retain(channel);
    scope.addEventListener('error', (event) => host.crashed(describe(event)));
    scope.addEventListener('unhandledrejection', (event) => host.crashed(describe(event)));
    installGlobals(host, channel);
    for (const name of NETWORK_GLOBALS) Object.defineProperty(scope, name, { value: undefined, configurable: true });
    scope.importScripts(bundleUrl);
  },
});
