// The contract between our worker and our page. Both ends are ours; what the card itself sees is HubSpot's documented
// surface (worker globals of @hubspot/ui-extensions 0.17), built in card-worker.ts on top of these calls.

export const HOST_ACTIONS = [
  'addAlert',
  'reloadPage',
  'fetchCrmObjectProperties',
  'openIframeModal',
  'refreshObjectProperties',
  'onCrmPropertiesUpdate',
  'closeOverlay',
  'copyTextToClipboard',
  'navigateToPage',
] as const;
export type HostAction = (typeof HOST_ACTIONS)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export type CrmProperties = Record<string, string | null>;

/** What the hooks of the SDK unwrap with `await response.json()`. */
export type HookAnswer = { readonly data?: unknown; readonly error?: string; readonly cleanup?: () => void };

export type ProxyRequest = {
  readonly url: string;
  readonly method: string;
  readonly timeoutMs: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};
export type ProxyAnswer = { readonly status: number; readonly contentType: string; readonly body: string };

/** The page's half, called from the worker. Arguments arrive as the card gave them, so they are unknown until read. */
export type CardHost = {
  readonly context: unknown;
  action(name: HostAction, args: readonly unknown[]): Promise<unknown>;
  fetchCrmProperties(names: unknown, onChange: unknown): Promise<HookAnswer>;
  fetchAssociations(request: unknown): Promise<HookAnswer>;
  fetchCrmSearch(request: unknown): Promise<HookAnswer>;
  formatCrmProperties(request: unknown): Promise<HookAnswer>;
  proxy(request: ProxyRequest): Promise<ProxyAnswer>;
  log(level: LogLevel, detail: unknown): void;
  /** A bug in the card that nobody caught: shown on the page instead of the card. */
  crashed(message: string): void;
};

/** HubSpot's documented default for hubspot.fetch (HubSpot docs, Fetching data: timeout). */
export const PROXY_TIMEOUT_MS_DEFAULT = 15_000;
