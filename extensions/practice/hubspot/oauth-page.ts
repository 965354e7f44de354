/** The consent page, in English or Chinese. Plain HTML: it must work before anything else does. */
export interface ConsentModel {
  readonly appName: string;
  readonly scopes: readonly string[];
  readonly optionalScopes: readonly string[];
  readonly portals: readonly { readonly id: string; readonly name: string }[];
  readonly chosenPortalId: string | undefined;
  readonly query: URLSearchParams;
  readonly chinese: boolean;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const TEXT = {
  en: {
    lang: 'en',
    mark: 'Practice portal',
    title: (app: string) => `Connect ${app}`,
    lead: (app: string) => `${app} asks for access to a practice account. No real data is involved.`,
    account: 'Account',
    required: 'It will be able to',
    optional: 'If the account allows it, also',
    approve: 'Connect app',
    cancel: 'Cancel',
    refused: 'This app cannot be connected',
    language: '中文',
    languageCode: 'zh-CN',
  },
  zh: {
    lang: 'zh-CN',
    mark: '练习门户',
    title: (app: string) => `连接 ${app}`,
    lead: (app: string) => `${app} 请求访问一个练习账户，不涉及任何真实数据。`,
    account: '账户',
    required: '将获得以下权限',
    optional: '若账户支持，还包括',
    approve: '连接应用',
    cancel: '取消',
    refused: '无法连接此应用',
    language: 'English',
    languageCode: 'en',
  },
} as const;

const SCOPE_NAMES: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  oauth: ['Know which account it is connected to', '识别所连接的账户'],
  tickets: ['Read and change tickets', '查看和修改工单'],
  'crm.objects.deals.read': ['Read deals', '查看交易'],
  'crm.objects.deals.write': ['Change deals', '修改交易'],
  'crm.objects.companies.read': ['Read companies', '查看公司'],
  'crm.objects.companies.write': ['Change companies', '修改公司'],
  'crm.schemas.deals.read': ['Read deal properties', '查看交易属性定义'],
  'crm.schemas.deals.write': ['Create and change deal properties', '创建和修改交易属性定义'],
  'crm.schemas.companies.read': ['Read company properties', '查看公司属性定义'],
  'crm.schemas.companies.write': ['Create and change company properties', '创建和修改公司属性定义'],
  'crm.objects.owners.read': ['Read record owners', '查看记录负责人'],
  'crm.lists.read': ['Read lists', '查看列表'],
  'crm.lists.write': ['Create and change lists', '创建和修改列表'],
};

const STYLE = `
:root{color-scheme:light dark;--ink:#213343;--soft:#516f90;--page:#f5f8fa;--card:#fff;--line:#cbd6e2;--accent:#c2410c;--accent-ink:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#eaf0f6;--soft:#a9bbcd;--page:#131c26;--card:#1d2a38;--line:#3b4f63;--accent:#ff8f6b;--accent-ink:#1a1006}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 Lexend,"Avenir Next","Segoe UI","PingFang SC","Microsoft YaHei",system-ui,sans-serif}
main{max-width:34rem;margin:8vh auto;padding:2.5rem;background:var(--card);border:1px solid var(--line);border-radius:12px}
header{display:flex;justify-content:space-between;gap:1rem;font-size:.875rem;color:var(--soft)}a{color:inherit}
h1{font-size:1.6rem;line-height:1.25;margin:1rem 0 .5rem}h2{font-size:1rem;margin:1.5rem 0 .5rem}p{color:var(--soft);margin:0}
ul{list-style:none;margin:0;padding:0}li{padding:.45rem 0;border-top:1px solid var(--line)}code{display:block;font-size:.8rem;color:var(--soft)}
label{display:block;font-weight:600;margin:1.5rem 0 .4rem}select{width:100%;padding:.6rem;font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:6px}
.actions{display:flex;gap:.75rem;margin-top:2rem}button{font:inherit;padding:.65rem 1.3rem;border-radius:6px;border:1px solid var(--line);background:none;color:inherit;cursor:pointer}
button.primary{background:var(--accent);border-color:var(--accent);color:var(--accent-ink);font-weight:600}:focus-visible{outline:3px solid #0091ae;outline-offset:2px}`;

const page = (lang: string, title: string, body: string): string =>
  `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;

function scopeList(scopes: readonly string[], chinese: boolean): string {
  const items = scopes.map((scope) => {
    const name = SCOPE_NAMES[scope]?.[chinese ? 1 : 0];
    return `<li>${name === undefined ? '' : escape(name)}<code>${escape(scope)}</code></li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

/** HTML of the consent page; the form posts the original query back, so that the decision is checked anew. */
export function consentPage(model: ConsentModel): string {
  const text = model.chinese ? TEXT.zh : TEXT.en;
  const other = new URLSearchParams(model.query);
  other.set('locale', text.languageCode);
  const choices = model.portals.map(
    ({ id, name }) =>
      `<option value="${escape(id)}"${id === model.chosenPortalId ? ' selected' : ''}>${escape(name)} (${escape(id)})</option>`,
  );
  const optional =
    model.optionalScopes.length === 0
      ? ''
      : `<h2>${text.optional}</h2>${scopeList(model.optionalScopes, model.chinese)}`;
  return page(
    text.lang,
    text.title(model.appName),
    `<header><span>${text.mark}</span><a href="?${escape(other.toString())}" hreflang="${text.languageCode}">${text.language}</a></header>
<h1>${escape(text.title(model.appName))}</h1><p>${escape(text.lead(model.appName))}</p>
<form method="post" action="/oauth/authorize/decision"><input type="hidden" name="query" value="${escape(model.query.toString())}">
<label for="portalId">${text.account}</label><select id="portalId" name="portalId">${choices.join('')}</select>
<h2>${text.required}</h2>${scopeList(model.scopes, model.chinese)}${optional}
<div class="actions"><button class="primary" name="decision" value="approve">${text.approve}</button><button name="decision" value="cancel">${text.cancel}</button></div></form>`,
  );
}

/** HTML that tells the person why the request cannot go on. */
export function refusalPage(message: string): string {
  return page(
    'en',
    TEXT.en.refused,
    `<header><span>${TEXT.en.mark}</span></header><h1>${TEXT.en.refused}</h1><p>${escape(message)}</p>`,
  );
}
