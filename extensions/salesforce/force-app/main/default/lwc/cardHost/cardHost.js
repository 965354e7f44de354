/**
 * What the card gets from Salesforce, reduced to what its components use: the reader's language and time zone, the way to the server
 * through Apex, randomness and the clock. Nothing else in the card knows of any of these.
 */
import LANG from '@salesforce/i18n/lang';
import TIME_ZONE from '@salesforce/i18n/timeZone';
import load from '@salesforce/apex/ContractCardController.load';
import search from '@salesforce/apex/ContractCardController.search';
import detail from '@salesforce/apex/ContractCardController.detail';
import attach from '@salesforce/apex/ContractCardController.attach';
import detach from '@salesforce/apex/ContractCardController.detach';
import restoreLink from '@salesforce/apex/ContractCardController.restoreLink';
import create from '@salesforce/apex/ContractCardController.create';
import moveStage from '@salesforce/apex/ContractCardController.moveStage';
import decideRenewal from '@salesforce/apex/ContractCardController.decideRenewal';
import logIncident from '@salesforce/apex/ContractCardController.logIncident';
import mirrored from '@salesforce/apex/ContractCardController.mirrored';
import { createCardClient, createPresenter, idempotencyKeyFrom, pickLocale } from 'c/counterpartCore';

/** The language and the zone belong to the user, so one presenter serves every card of the page. */
export const presenter = createPresenter(pickLocale(LANG), TIME_ZONE);
export const { t } = presenter;

/** Apex gives its own callout 12 s; what is not back by then will not come. */
const APEX_TIMEOUT_MS = 20_000;
/** No answer came. The card's client turns the rejection that follows into its own failure "offline". */
const NO_ANSWER = 0;

/** One line for each route of the card, in the order of docs/decisions/011. The path's own parts are the expression's groups. */
const GETS = [
  [/^\/records\/[^/]+\/[^/]+$/, (recordId) => load({ recordId })],
  [/^\/contracts\/([^/]+)$/, (recordId, { id }) => detail({ recordId, contractId: id })],
  [
    /^\/contracts$/,
    (recordId, { query }) => search({ recordId, query: query.get('query') ?? '', limitTo: Number(query.get('limit')) }),
  ],
];
const POSTS = [
  [/^\/links$/, (recordId, { request }) => attach({ recordId, request })],
  [/^\/links\/detach$/, (recordId, { request }) => detach({ recordId, request })],
  [/^\/links\/restore$/, (recordId, { request }) => restoreLink({ recordId, request })],
  [/^\/contracts$/, (recordId, { request }) => create({ recordId, request })],
  [/^\/contracts\/([^/]+)\/stage$/, (recordId, { id, request }) => moveStage({ recordId, contractId: id, request })],
  [
    /^\/contracts\/([^/]+)\/renewal-decision$/,
    (recordId, { id, request }) => decideRenewal({ recordId, contractId: id, request }),
  ],
  [
    /^\/contracts\/([^/]+)\/incidents$/,
    (recordId, { id, request }) => logIncident({ recordId, contractId: id, request }),
  ],
];

/** Everything a card of one record needs; `objectApiName` is `Opportunity` or `Account`. */
export function createCardHost(recordId, objectApiName) {
  const objectType = objectApiName === 'Account' ? 'account' : 'opportunity';
  return {
    recordId,
    client: createCardClient({ baseUrl: '', record: { objectType, recordId }, fetch: apexFetch(recordId) }),
    /** The facts that the record itself holds: `{ name, fields }`, or null when they cannot be read either. */
    loadMirrored: () => readMirrored(recordId),
    newKey: () => idempotencyKeyFrom((count) => crypto.getRandomValues(new Uint8Array(count))),
    /** Runs `task` after `delayMs`; the returned function cancels it. */
    schedule: (task, delayMs) => {
      // A timer is what scheduling is; each one is cancelled when the component leaves the page.
      // eslint-disable-next-line @lwc/lwc/no-async-operation
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

/** A fetch for the card's client that goes through Apex: the route decides the method. */
function apexFetch(recordId) {
  return async (url, { method, body = {} }) => {
    const [path, query = ''] = url.replace(/^\/v1\/card/, '').split('?');
    const routes = method === 'GET' ? GETS : POSTS;
    const [pattern, call] = routes.find(([each]) => each.test(path));
    const id = decodeURIComponent(pattern.exec(path)[1] ?? '');
    // Apex names the record itself, after it checked that the user sees it.
    const { record: _checkedByApex, ...rest } = body;
    const answer = await answerOf(
      call(recordId, { id, query: new URLSearchParams(query), request: JSON.stringify(rest) }),
    );
    if (answer.status === NO_ANSWER) throw new Error('Apex got no answer.');
    return { status: answer.status, json: () => Promise.resolve(answer.body) };
  };
}

async function answerOf(call) {
  return JSON.parse(await withinTime(call));
}

function withinTime(call) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    // eslint-disable-next-line @lwc/lwc/no-async-operation
    timer = setTimeout(() => reject(new Error('Apex did not answer in time.')), APEX_TIMEOUT_MS);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}

async function readMirrored(recordId) {
  try {
    const { status, body } = await answerOf(mirrored({ recordId }));
    return status === 200 ? body : null;
  } catch {
    // The failure that led here is on the screen already; without these facts it stands alone.
    return null;
  }
}

/** The address of one contract; `workspaceUrl` is the address of the workspace's list of contracts. */
export function contractUrl(workspaceUrl, contractId) {
  return `${workspaceUrl.replace(/\/+$/, '')}/${encodeURIComponent(contractId)}`;
}
