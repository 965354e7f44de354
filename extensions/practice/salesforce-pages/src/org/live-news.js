/**
 * What others change, as it happens. Lightning Experience's own record page follows a change made elsewhere only when it is refreshed or
 * when a component asks for it; these pages listen to the org instead, so that two hosts can be watched side by side. After a break of the
 * connection everything on screen is read anew, because what happened meanwhile is not told.
 */
const listeners = new Set();
let source;

/** Calls the listener with each `PageNews`, and with `{ type: 'reconnected' }`; the returned function ends it. */
export function onNews(listener) {
  listeners.add(listener);
  open();
  return () => listeners.delete(listener);
}

function open() {
  if (source !== undefined) return;
  let wasBroken = false;
  source = new EventSource('/practice/api/events');
  source.addEventListener('message', ({ data }) => tell(JSON.parse(data)));
  source.addEventListener('error', () => {
    wasBroken = true;
  });
  source.addEventListener('open', () => {
    if (wasBroken) tell({ type: 'reconnected' });
    wasBroken = false;
  });
}

function tell(news) {
  for (const listener of Array.from(listeners)) listener(news);
}

/** Runs `work` once after the last of a burst of calls. */
export function afterBurst(work, delayMs) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => work(), delayMs);
  };
}
