/** Addresses of the pages, spelled as Lightning Experience spells them, and moving between them without loading anew. */
const listeners = new Set();

export const addressOf = {
  home: () => '/lightning/page/home',
  list: (object, view) => `/lightning/o/${object}/list${view ? `?filterName=${encodeURIComponent(view)}` : ''}`,
  record: (object, id) => `/lightning/r/${object}/${id}/view`,
  bin: () => '/lightning/o/DeleteEvent/home',
  search: (text) => `/lightning/search?term=${encodeURIComponent(text)}`,
  setup: () => '/lightning/setup/Counterpart/home',
};

const PAGES = [
  [/^\/lightning\/r\/([^/]+)\/([^/]+)\/view$/, ([object, id]) => ({ page: 'record', object, id })],
  [/^\/lightning\/r\/([^/]+)\/view$/, ([id]) => ({ page: 'record', object: null, id })],
  [/^\/lightning\/o\/DeleteEvent\/home$/, () => ({ page: 'bin' })],
  [
    /^\/lightning\/o\/([^/]+)\/(?:list|home)$/,
    ([object], query) => ({
      page: 'list',
      object,
      view: query.get('filterName') ?? '',
      filters: query.get('filters') ?? '',
      search: query.get('search') ?? '',
    }),
  ],
  [/^\/lightning\/search$/, (_none, query) => ({ page: 'search', term: query.get('term') ?? '' })],
  [/^\/lightning\/setup(\/.*)?$/, () => ({ page: 'setup' })],
  [/^\/(lightning(\/page\/home)?\/?)?$/, () => ({ page: 'home' })],
];

export function currentRoute({ pathname, search } = window.location) {
  for (const [pattern, make] of PAGES) {
    const found = pattern.exec(pathname);
    if (found !== null)
      return make(
        found.slice(1).map((part) => part && decodeURIComponent(part)),
        new URLSearchParams(search),
      );
  }
  return { page: 'unknown' };
}

export function goTo(address) {
  window.history.pushState(null, '', address);
  tell();
}

/** Changes the address of the page that stays. */
export function replaceAddress(address) {
  window.history.replaceState(null, '', address);
}

export function onRoute(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const listener of Array.from(listeners)) listener(currentRoute());
}

/** Links to pages of the org move without loading; everything else, and every other way of opening a link, is the browser's. */
export function followLinks(target) {
  window.addEventListener('popstate', tell);
  target.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.composedPath().find((each) => each.tagName === 'A');
    const href = link?.getAttribute('href') ?? '';
    if (!href.startsWith('/lightning') || (link.target === '_blank' && !link.closest('table'))) return;
    event.preventDefault();
    goTo(href);
  });
}
