/** The page on which a person logs in and lets an app in, in English or Chinese. */
const TEXT = {
  en: {
    lang: 'en',
    mark: 'Practice Salesforce',
    title: (app: string) => `Allow access to ${app}?`,
    lead: (org: string) => `You are logging in to ${org}.`,
    user: 'Log in as',
    asks: 'The app asks to:',
    approve: 'Allow',
    cancel: 'Deny',
    refused: 'OAuth error',
    language: '中文',
    languageCode: 'zh_CN',
  },
  zh: {
    lang: 'zh-CN',
    mark: '练习版 Salesforce',
    title: (app: string) => `允许 ${app} 访问吗？`,
    lead: (org: string) => `您正在登录 ${org}。`,
    user: '登录用户',
    asks: '该应用要求：',
    approve: '允许',
    cancel: '拒绝',
    refused: 'OAuth 错误',
    language: 'English',
    languageCode: 'en_US',
  },
} as const;

/** Salesforce help, OAuth tokens and scopes. */
const SCOPE_NAMES: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  api: ['Manage user data via APIs', '通过 API 管理用户数据'],
  refresh_token: ['Perform requests at any time', '随时执行请求'],
  offline_access: ['Perform requests at any time', '随时执行请求'],
  id: ['Access the identity URL service', '访问身份 URL 服务'],
  openid: ['Access unique user identifiers', '访问用户唯一标识'],
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);

const STYLE = `:root{color-scheme:light dark;--ink:light-dark(#181818,#f3f3f3);--soft:light-dark(#5c5c5c,#b0b0b0);--page:light-dark(#f3f3f3,#10131a);--card:light-dark(#fff,#1b1f29);--line:light-dark(#c9c9c9,#3c4252);--accent:light-dark(#0176d3,#57a3fd);--accent-ink:light-dark(#fff,#03234d)}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif}
main{width:min(26rem,calc(100vw - 2rem));background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1.75rem;margin:1rem}header{display:flex;justify-content:space-between;color:var(--soft);font-size:.85rem}
h1{font-size:1.3rem;margin:1rem 0 .25rem}p{margin:.25rem 0 1rem;color:var(--soft)}ul{margin:.25rem 0 1.25rem;padding-left:1.2rem}label{display:block;font-weight:600;margin:.75rem 0 .25rem}
select{width:100%;padding:.5rem;font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.25rem}.actions{display:flex;gap:.75rem;margin-top:1.25rem}
button{flex:1;padding:.55rem 1rem;font:inherit;border-radius:.25rem;border:1px solid var(--line);background:none;color:var(--accent);cursor:pointer}button.primary{background:var(--accent);border-color:var(--accent);color:var(--accent-ink)}a{color:var(--accent)}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}`;

const page = (lang: string, title: string, body: string): string =>
  `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;

export interface ConsentModel {
  readonly appName: string;
  readonly orgName: string;
  readonly scopes: readonly string[];
  readonly users: readonly { readonly id: string; readonly name: string; readonly email: string }[];
  readonly query: URLSearchParams;
  readonly chinese: boolean;
}

/** HTML of the page; the form posts the original query back, so that the decision is checked anew. */
export function consentPage(model: ConsentModel): string {
  const words = model.chinese ? TEXT.zh : TEXT.en;
  const other = new URLSearchParams(model.query);
  other.set('language', words.languageCode);
  const options = model.users.map(
    ({ id, name, email }) => `<option value="${escape(id)}">${escape(name)} (${escape(email)})</option>`,
  );
  const scopes = model.scopes.map(
    (scope) => `<li>${escape(SCOPE_NAMES[scope]?.[model.chinese ? 1 : 0] ?? scope)}</li>`,
  );
  return page(
    words.lang,
    words.title(model.appName),
    `<header><span>${words.mark}</span><a href="?${escape(other.toString())}" hreflang="${words.languageCode}">${words.language}</a></header>
<h1>${escape(words.title(model.appName))}</h1><p>${escape(words.lead(model.orgName))}</p>
<form method="post" action="/practice/oauth/decision"><input type="hidden" name="query" value="${escape(model.query.toString())}">
<label for="userId">${words.user}</label><select id="userId" name="userId">${options.join('')}</select>
<p style="margin-top:1rem">${words.asks}</p><ul>${scopes.join('')}</ul>
<div class="actions"><button class="primary" name="decision" value="approve">${words.approve}</button><button name="decision" value="cancel">${words.cancel}</button></div></form>`,
  );
}

/** HTML that says why the request cannot go on; nothing is sent to an address that is not registered. */
export function refusalPage(error: string, description: string): string {
  return page(
    'en',
    TEXT.en.refused,
    `<header><span>${TEXT.en.mark}</span></header><h1>${TEXT.en.refused}</h1><p>error=${escape(error)}&amp;error_description=${escape(description)}</p>`,
  );
}
