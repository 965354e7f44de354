/** The REST versions the org answers, and the words for them (REST guide, Versions). */
import type { Call, Reply, Route, RouteKind } from './exchange.ts';
import type { PracticeOrg } from './practice-org.ts';
import { notFound } from './refusal.ts';
import type { Origin } from './transaction.ts';

const NEWEST_VERSION = 68;
/** Versions 21 to 30 are retired (Salesforce help, API end of life). */
const OLDEST_VERSION = 31;
/** By how many releases, modulo three, a version lies behind a Winter one. */
const SEASONS = ['Winter', 'Summer', 'Spring'] as const;
/** Winter '27 is version 68. */
const WINTER_27 = 68;

/** Every version with its label and address, oldest first. */
export function versionList(): readonly { readonly label: string; readonly url: string; readonly version: string }[] {
  const list: { label: string; url: string; version: string }[] = [];
  for (let version = OLDEST_VERSION; version <= NEWEST_VERSION; version += 1) {
    const past = WINTER_27 - version;
    const label = `${SEASONS[past % SEASONS.length] ?? ''} '${27 - Math.ceil(past / SEASONS.length)}`;
    list.push({ label, url: `/services/data/v${version}.0`, version: `${version}.0` });
  }
  return list;
}

const isVersion = (text: string): boolean => {
  const found = /^v(\d+)\.0$/.exec(text);
  const number = Number(found?.[1] ?? 0);
  return number >= OLDEST_VERSION && number <= NEWEST_VERSION;
};

type Handle = (call: Call) => Reply | Promise<Reply>;

/** A route below `/services/data/{version}`; an unknown version is not found. */
export function versioned(method: Route['method'], path: string, handle: Handle, kind: RouteKind = 'api'): Route {
  return {
    method,
    path: `/services/data/{version}${path}`,
    kind,
    handle: (call) => {
      if (!isVersion(call.params.version ?? '')) throw notFound();
      return handle(call);
    },
  };
}

/** The address below which this call's version answers, such as `/services/data/v68.0`. */
export const baseOf = (call: Call): string => `/services/data/${call.params.version ?? ''}`;

/** Who a REST call writes as; collections and composite carry the client id only where the org is set to. */
export function originOf(org: PracticeOrg, call: Call, many = false): Origin {
  const client = many && !org.behaviour().clientIdOnCollections ? null : call.caller.client;
  return { userId: call.caller.userId, client, door: 'rest' };
}
