/** The records on screen, one copy each, kept current by the org's news: whoever shows a record watches it here. */
import { objects } from 'practice/session';
import { onNews } from './live-news.js';
import { readRecord } from './org-api.js';

const KEY_PREFIX_LENGTH = 3;
/** One commit often touches a record and its neighbours; they are told within this time. */
const BURST_MS = 120;
/** id → what is known and who watches. */
const cells = new Map();
const waiting = new Set();
let timer;
let listening = false;

export const objectOfId = (id, catalogue) =>
  catalogue.find(({ keyPrefix }) => keyPrefix === id.slice(0, KEY_PREFIX_LENGTH));

/** Calls back with `{ record }` or `{ error }` now and after each change; the returned function ends it. */
export function watchRecord(id, callback) {
  listen();
  const cell = cells.get(id) ?? { state: undefined, watchers: new Set(), asked: 0 };
  cells.set(id, cell);
  cell.watchers.add(callback);
  if (cell.state === undefined) void load(id);
  else callback(cell.state);
  return () => {
    cell.watchers.delete(callback);
    if (cell.watchers.size === 0) cells.delete(id);
  };
}

/** Takes over a record that a write answered. */
export function storeRecord(record) {
  const cell = cells.get(record.id);
  if (cell === undefined) return;
  cell.asked += 1;
  tell(cell, { record });
}

export const refreshRecords = (ids) => Promise.all(ids.map((id) => load(id)));

async function load(id) {
  const cell = cells.get(id);
  if (cell === undefined) return;
  cell.asked += 1;
  const { asked } = cell;
  const state = await answerFor(id);
  // A later answer is already there, or nobody watches any more.
  if (cells.get(id) === cell && cell.asked === asked) tell(cell, state);
}

async function answerFor(id) {
  const object = objectOfId(id, objects());
  if (object === undefined)
    return { error: Object.assign(new Error('unknown object'), { status: 404, code: 'NOT_FOUND' }) };
  try {
    return { record: await readRecord(object.name, id) };
  } catch (error) {
    return { error };
  }
}

function tell(cell, state) {
  // What cannot be read anew for a moment stays on screen.
  if (state.error?.status === 0 && cell.state?.record !== undefined) return;
  cell.state = state;
  for (const watcher of Array.from(cell.watchers)) watcher(state);
}

function listen() {
  if (listening) return;
  listening = true;
  onNews((news) => {
    const ids = news.type === 'record' ? news.ids : [...cells.keys()];
    // A child that changed shows in its parent's related lists, so that every record on screen is read again.
    for (const id of cells.size > 0 && news.type === 'record' ? [...ids, ...cells.keys()] : ids) waiting.add(id);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const due = [...waiting].filter((id) => cells.has(id));
      waiting.clear();
      void refreshRecords(due);
    }, BURST_MS);
  });
}
