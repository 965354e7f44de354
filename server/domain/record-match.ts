/**
 * Whether two records of different CRMs stand for the same company or deal. Everything here is a suggestion with its reasons: people
 * decide. Names and domains are first brought to a form in which the same thing is written the same way.
 */

/** Legal forms as they end a name, each as the tokens that punctuation leaves (`S.A.` becomes `sa`). */
const LEGAL_FORMS: ReadonlySet<string> = new Set(
  (
    'ltd limited inc incorporated corp corporation co company llc llp lp plc pllc gmbh mbh ag kg kgaa ohg ug eg se sa sas sarl sàrl srl ' +
    'sl slu spa sca bv nv vof cv ab oy oyj as asa aps kft zrt nyrt sro doo dd jsc pjsc ooo oao zao sp spzoo pte pty pvt bhd sdn tbk pt kk gk'
  ).split(' '),
);
/** Words that only join a name to its form: `GmbH & Co. KG`. */
const JOINING: ReadonlySet<string> = new Set(['and', 'und', 'et', 'y', 'the']);
/** Chinese and Japanese forms stand at either end, without a space. Longest first. */
const ATTACHED_FORMS = [
  '股份有限责任公司',
  '有限责任公司',
  '股份有限公司',
  '集团有限公司',
  '有限公司',
  '集团公司',
  '株式会社',
  '有限会社',
  '合同会社',
  '合資会社',
  '公司',
  '集团',
] as const;

const NAME_LENGTH_MAX = 300;

/** The words of a name in lower case, without accents, width, punctuation and scripts' own spacing. */
function wordsOf(name: string): readonly string[] {
  return name
    .slice(0, NAME_LENGTH_MAX)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[.'’‘`´]/g, '')
    .replace(/[&+]/g, ' and ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function withoutAttachedForms(text: string): string {
  const ending = ATTACHED_FORMS.find((form) => text.endsWith(form) && text.length > form.length);
  if (ending !== undefined) return withoutAttachedForms(text.slice(0, -ending.length));
  const beginning = ATTACHED_FORMS.find((form) => text.startsWith(form) && text.length > form.length);
  return beginning === undefined ? text : withoutAttachedForms(text.slice(beginning.length));
}

/**
 * What a company's name is compared by: without its legal form, however that is spelled. Null when nothing remains to be told apart by.
 * The same for a name and for what it gives, so that it may be applied twice.
 */
export function comparableName(name: string | null): string | null {
  const words = [...wordsOf(name ?? '')];
  while (words.length > 1 && isForm(words.at(-1))) words.pop();
  while (words.length > 1 && JOINING.has(words.at(-1) ?? '')) words.pop();
  while (words.length > 1 && words[0] === 'the') words.shift();
  const rest = withoutAttachedForms(words.join(' ').replace(/(?<=\p{Script=Han}) | (?=\p{Script=Han})/gu, ''));
  if (rest === words.join(' ')) return rest.length < 2 ? null : rest;
  return comparableName(rest);
}

const isForm = (word: string | undefined): boolean =>
  word !== undefined && (LEGAL_FORMS.has(word) || JOINING.has(word));

/** Domains under which anybody gets an address: they say nothing about a company. */
const FREE_MAIL: ReadonlySet<string> = new Set(
  (
    'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk yahoo.co.jp ymail.com icloud.com me.com mac.com ' +
    'aol.com gmx.com gmx.de gmx.net web.de t-online.de freenet.de mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com zoho.com ' +
    'fastmail.com hey.com qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com 139.com 189.cn naver.com daum.net ' +
    'hanmail.net orange.fr free.fr laposte.net wanadoo.fr libero.it virgilio.it btinternet.com comcast.net verizon.net att.net'
  ).split(' '),
);
/** Names that registries hand out below, beside the two-letter ones with `co`, `com` and the like. */
const SECOND_LEVELS: ReadonlySet<string> = new Set(
  'ac co com edu gov gob go ne net nom or org mil ltd plc me sch id web gen ind firm'.split(' '),
);
/** Places where many companies have their page under one domain. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(
  'wordpress.com blogspot.com github.io wixsite.com squarespace.com shopify.com myshopify.com webflow.io netlify.app vercel.app'.split(
    ' ',
  ),
);

/**
 * The registered domain (the public suffix and one label) of an address as people write it; null for free mail, shared hosts and what is no
 * domain. Public suffixes of two labels are taken to be those of country codes with a usual second level.
 */
export function registeredDomain(written: string | null): string | null {
  const host = (written ?? '')
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/^.*@/, '')
    .replace(/[/?#:].*$/s, '')
    .replace(/\.+$/, '');
  const labels = host.split('.');
  if (labels.length < 2 || !labels.every((label) => /^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?$/u.test(label)))
    return null;
  if (labels.every((label) => /^\d+$/.test(label))) return null;
  const [last = '', second = ''] = labels.toReversed();
  const suffixLabels = last.length === 2 && SECOND_LEVELS.has(second) ? 2 : 1;
  if (labels.length <= suffixLabels) return null;
  const domain = labels.slice(-(suffixLabels + 1)).join('.');
  return FREE_MAIL.has(domain) || SHARED_HOSTS.has(domain) ? null : domain;
}

/** What is known of a record for comparing it. Names and domains in comparable form. */
export type MatchFacts = {
  readonly recordId: string;
  readonly name: string | null;
  readonly comparableName: string | null;
  readonly domain: string | null;
  readonly country: string | null;
  readonly city: string | null;
  /** The id under which this record knows the other one; null where it knows none. */
  readonly otherId: string | null;
};

export const MATCH_REASONS = [
  'external_id',
  'same_domain',
  'same_name',
  'same_name_without_form',
  'similar_name',
  'same_place',
  'same_contract',
  'other_domain',
  'other_country',
] as const;
export type MatchReason = (typeof MATCH_REASONS)[number];

export type MatchScore = { readonly score: number; readonly reasons: readonly MatchReason[] };

/** How much each reason counts; the sum is kept between 0 and 100. */
const WEIGHTS: Record<MatchReason, number> = {
  external_id: 95,
  same_domain: 65,
  same_name: 50,
  same_name_without_form: 42,
  similar_name: 15,
  same_place: 8,
  same_contract: 60,
  other_domain: -20,
  other_country: -15,
};

/** Below this a pair is not worth anybody's look. */
export const SCORE_MIN = 40;
export const SCORE_MAX = 100;

/** Share of words that two names have in common from which they count as similar. */
const SIMILAR_SHARE_MIN = 0.5;

/** The reasons for and against, and their sum; null below `SCORE_MIN`. The order of the two does not matter. */
export function scoreMatch(left: MatchFacts, right: MatchFacts): MatchScore | null {
  return scoreOf([
    ...(left.otherId === right.recordId || right.otherId === left.recordId ? (['external_id'] as const) : []),
    ...domainReasons(left, right),
    ...nameReasons(left, right),
    ...placeReasons(left, right),
  ]);
}

/** The same for deals under companies that people have matched: name, or a contract that both carry. */
export function scoreDealMatch(
  left: MatchFacts,
  right: MatchFacts,
  { sharesContract }: { readonly sharesContract: boolean },
): MatchScore | null {
  return scoreOf([
    ...(left.otherId === right.recordId || right.otherId === left.recordId ? (['external_id'] as const) : []),
    ...(sharesContract ? (['same_contract'] as const) : []),
    ...nameReasons(left, right),
  ]);
}

function scoreOf(reasons: readonly MatchReason[]): MatchScore | null {
  const sum = reasons.reduce((total, reason) => total + WEIGHTS[reason], 0);
  const score = Math.max(0, Math.min(SCORE_MAX, sum));
  return score < SCORE_MIN ? null : { score, reasons };
}

function domainReasons(left: MatchFacts, right: MatchFacts): readonly MatchReason[] {
  if (left.domain === null || right.domain === null) return [];
  return left.domain === right.domain ? ['same_domain'] : ['other_domain'];
}

function nameReasons(left: MatchFacts, right: MatchFacts): readonly MatchReason[] {
  if (left.comparableName === null || right.comparableName === null) return [];
  if (left.comparableName === right.comparableName) {
    return sameText(left.name, right.name) ? ['same_name'] : ['same_name_without_form'];
  }
  return isSimilar(left.comparableName, right.comparableName) ? ['similar_name'] : [];
}

function placeReasons(left: MatchFacts, right: MatchFacts): readonly MatchReason[] {
  const countries = bothCountries(left.country, right.country);
  if (countries === 'other') return ['other_country'];
  return sameText(left.city, right.city) ? ['same_place'] : [];
}

/** Countries are compared where both are codes or both are names: one of each says nothing. */
function bothCountries(left: string | null, right: string | null): 'same' | 'other' | 'unknown' {
  if (left === null || right === null) return 'unknown';
  if ((left.trim().length === 2) !== (right.trim().length === 2)) return 'unknown';
  return sameText(left, right) ? 'same' : 'other';
}

function sameText(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return false;
  return left.trim().normalize('NFKC').toLowerCase() === right.trim().normalize('NFKC').toLowerCase();
}

/** Half of the words in common; for scripts without spaces, half of the neighbouring pairs of characters. */
function isSimilar(left: string, right: string): boolean {
  const [a, b] = [partsOf(left), partsOf(right)];
  const common = [...a].filter((part) => b.has(part)).length;
  return common / Math.max(a.size, b.size, 1) >= SIMILAR_SHARE_MIN;
}

function partsOf(name: string): ReadonlySet<string> {
  if (!/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(name)) return new Set(name.split(' '));
  const characters = Array.from(name.replaceAll(' ', ''));
  return new Set(characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`));
}
