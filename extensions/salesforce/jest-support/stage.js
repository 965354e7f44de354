/** Puts a component on the page with an Apex controller that answers as the test says, and finds things in it. */
import { createElement } from 'lwc';
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
import { contractDetailFixture, recordCardFixture, searchFixture } from 'card-fixtures';

export const RECORD_ID = '006000000000101AAA';
export const apex = {
  load,
  search,
  detail,
  attach,
  detach,
  restoreLink,
  create,
  moveStage,
  decideRenewal,
  logIncident,
  mirrored,
};

export const ok = (body) => ({ status: 200, body });
export const NO_ANSWER = { status: 0, body: null };
/** A refusal of the server, as RFC 9457 has it. */
export const refusal = (status, code, extra = {}) => ({
  status,
  body: { type: 'about:blank', title: code, status, code, ...extra },
});
/** What a write answers: the record's card as it then is. */
export const written = (patch = {}) => ok({ card: { ...recordCardFixture, ...patch }, contractId: null });

const WRITES = ['attach', 'detach', 'restoreLink', 'create', 'moveStage', 'decideRenewal', 'logIncident'];
const POLL_MS = 5;
const TRIES_MAX = 200;

/** Every method answers well but for what `over` says: an answer, several in turn, or a promise. */
export function apexAnswers(over = {}) {
  const answers = {
    load: ok(recordCardFixture),
    search: ok(searchFixture),
    detail: ok(contractDetailFixture),
    mirrored: ok({ name: 'Northwind renewal', fields: {} }),
    ...Object.fromEntries(WRITES.map((method) => [method, written()])),
    ...over,
  };
  for (const [method, answer] of Object.entries(answers)) {
    const inTurn = Array.isArray(answer) ? [...answer] : [answer];
    apex[method].mockImplementation(async () => {
      const next = await (inTurn.length > 1 ? inTurn.shift() : inTurn[0]);
      return JSON.stringify(next);
    });
  }
}

/** The JSON text that a write handed to Apex. */
export const requestOf = (method, call = 0) => JSON.parse(apex[method].mock.calls[call][0].request);

export function mount(tag, is, props) {
  const element = createElement(tag, { is });
  Object.assign(element, props);
  document.body.appendChild(element);
  return element;
}

/** Finds an element below a component, through the components in between: `find(card, 'c-contract-detail', '[data-id="path"]')`. */
export function find(element, ...selectors) {
  return selectors.reduce((found, selector) => found?.shadowRoot?.querySelector(selector) ?? null, element);
}

export async function waitFor(look) {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Waited in vain for ${look}`);
}

/** Components that show these properties as words; reading them elsewhere would only make LWC warn. */
const WORDED = /^(LIGHTNING-|C-CARD-|C-TONE-)/;
const WORDS = ['label', 'heading', 'message', 'title'];

/** All that a person can read, in every component below and in what was slotted into it. */
export function textOf(node) {
  const own = WORDED.test(node.tagName ?? '')
    ? WORDS.map((name) => node[name]).filter((word) => typeof word === 'string')
    : [];
  const below = [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes].map((child) =>
    child.nodeType === Node.TEXT_NODE ? child.textContent : textOf(child),
  );
  return [...own, ...below].join(' ').replace(/\s+/g, ' ').trim();
}

export const click = (element) => element.dispatchEvent(new CustomEvent('click'));
export const select = (element, value) => element.dispatchEvent(new CustomEvent('select', { detail: { value } }));
/** What a field of the base components fires when a person changes it. */
export const enter = (element, value) => element.dispatchEvent(new CustomEvent('change', { detail: { value } }));
export const submit = (element) => element.dispatchEvent(new CustomEvent('submit', { cancelable: true }));
