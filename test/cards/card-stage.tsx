/** Renders a card with HubSpot's own test renderer against a scripted server; time passes only when a test says so. */
import { createRenderer } from '@hubspot/ui-extensions/testing';
import type { ReactElement } from 'react';
import { createCardClient, type CardRequest } from '../../app/core/card-client.ts';
import type { SharedValues } from '../../app/core/follow-up.ts';
import type { Locale } from '../../app/core/locale.ts';
import { createPresenter } from '../../app/core/present.ts';
import type { CardHost } from '../../extensions/hubspot/app/cards/card-host.ts';
import { CardFrame } from '../../extensions/hubspot/app/cards/components/card-frame.tsx';
import { contractDetailFixture, recordCardFixture, searchFixture } from './card-fixtures.ts';

type Call = {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown> | undefined;
};
type Reply = { readonly status?: number; readonly body: unknown } | 'offline';
/** Answers a call, now or later; undefined leaves it to the defaults. */
export type Script = (call: Call) => Reply | Promise<Reply> | undefined;

export const problem = (code: string, extra: Record<string, unknown> = {}): Reply => ({
  status: 409,
  body: { type: 'about:blank', title: code, status: 409, code, ...extra },
});

function defaultReply({ method, path }: Call): Reply {
  if (method === 'POST') return { body: { card: recordCardFixture, contractId: null } };
  if (path.startsWith('/v1/card/records/')) return { body: recordCardFixture };
  if (path.startsWith('/v1/card/contracts?')) return { body: searchFixture };
  return { body: contractDetailFixture };
}

/** Stages a card. `advance` runs what the card scheduled within that many milliseconds of card time. */
export function stageCard(element: ReactElement, options: { readonly script?: Script; readonly locale?: Locale } = {}) {
  const calls: Call[] = [];
  const alerts: { type: string; message: string }[] = [];
  const closed: string[] = [];
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  let nowMs = Date.parse('2026-11-21T06:10:00Z');
  let refreshes = 0;
  let keys = 0;
  let tellProperties: (values: SharedValues) => void = () => undefined;

  const fetch = async (url: string, request: CardRequest) => {
    const call = { method: request.method, path: url.replace('https://counterpart.example', ''), body: request.body };
    calls.push(call);
    const reply = (await options.script?.(call)) ?? defaultReply(call);
    if (reply === 'offline') throw new TypeError('network');
    return { status: reply.status ?? 200, json: async () => reply.body };
  };
  const host: CardHost = {
    client: createCardClient({
      baseUrl: 'https://counterpart.example',
      record: { objectType: 'opportunity', recordId: '31000000101' },
      fetch,
    }),
    presenter: createPresenter(options.locale ?? 'en', 'Asia/Shanghai'),
    addAlert: (type, message) => void alerts.push({ type, message }),
    closeOverlay: (id) => void closed.push(id),
    refreshRecord: () => {
      refreshes += 1;
    },
    onSharedPropertiesUpdate: (listener) => {
      tellProperties = listener;
    },
    newKey: () => {
      keys += 1;
      return `key-${String(keys).padStart(16, '0')}`;
    },
    nowMs: () => nowMs,
    schedule: (task, delayMs) => {
      const timer = { at: nowMs + delayMs, task };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };

  const renderer = createRenderer('crm.record.tab');
  renderer.render(<CardFrame host={host}>{element}</CardFrame>);
  return {
    ...renderer,
    calls,
    alerts,
    closed,
    refreshes: () => refreshes,
    editProperties: (values: SharedValues) => tellProperties(values),
    pathsOf: (method: string) => calls.filter((call) => call.method === method).map((call) => call.path),
    advance: (ms: number): void => {
      nowMs += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > nowMs || !timers.delete(timer)) continue;
        timer.task();
      }
    },
    /** Everything a person can read, overlays included. */
    text: () => textOf(renderer.getRootNode()),
    byTestId: (testId: string): FoundElement | null => walk(renderer.getRootNode(), testId, new Set()),
  };
}

/** A reply that comes when the test lets it. */
export function held(): { readonly reply: Promise<Reply>; readonly release: (reply: Reply) => void } {
  let release: (reply: Reply) => void = () => undefined;
  const reply = new Promise<Reply>((resolve) => {
    release = resolve;
  });
  return { reply, release };
}

export type FoundElement = {
  readonly props: Record<string, unknown>;
  trigger(event: string, argument?: unknown): void;
};

/** The fields that all of the renderer's node types share; its types differ per component. */
type AnyNode = {
  readonly nodeType?: string;
  readonly text?: string | null;
  readonly props?: Record<string, unknown>;
  readonly childNodes?: readonly AnyNode[];
};
const READABLE_PROPS = [
  'title',
  'label',
  'number',
  'stepNames',
  'buttonText',
  'placeholder',
  'description',
  'validationMessage',
] as const;

const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The words of a node and everything below it, words in properties too. */
export function textOf(node: unknown): string {
  const { nodeType, text, props = {}, childNodes = [] } = node as AnyNode;
  if (nodeType === 'text') return text ?? '';
  const overlay = props['overlay'];
  const words = READABLE_PROPS.flatMap((name) => (props[name] === undefined ? [] : [wordsOf(props[name])]));
  return [...words, ...childNodes.map(textOf), overlay === undefined ? '' : textOf(overlay)].filter(Boolean).join(' ');
}

/** Types into a field. The renderer's types ask for the handler where the handler's argument belongs. */
export function typeInto(field: { trigger(event: 'onInput', argument?: never): void }, text: string): void {
  field.trigger('onInput', text as never);
}

function walk(node: unknown, testId: string, seen: Set<unknown>): FoundElement | null {
  if (typeof node !== 'object' || node === null || seen.has(node)) return null;
  seen.add(node);
  const { props, childNodes } = node as AnyNode;
  if (props?.['testId'] === testId) return node as FoundElement;
  for (const child of [...(childNodes ?? []), props?.['overlay']]) {
    const found = walk(child, testId, seen);
    if (found !== null) return found;
  }
  return null;
}
