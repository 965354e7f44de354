/** What holds for every answer, whatever was asked: bounded, explained, and telling nothing that is not the caller's. */
import { problem } from '../../app/wire/problem.ts';
import type { Expectation } from './mutation.ts';
import type { Sample } from './route-samples.ts';
import type { WireAnswer } from './wire-client.ts';

export type LawContext = {
  readonly sample: Sample;
  readonly expect: Expectation;
  readonly method: string;
  /** Texts that no answer may hold: secrets, and what another workspace wrote. */
  readonly forbidden: readonly string[];
  /** What the request itself said, which an answer may repeat. */
  readonly said: string;
};

const DURATION_MS_MAX = 20_000;
/** Signs of the inside: stacks, statements, paths, drivers. */
const INSIDES =
  /\bat .{1,80}\.[tj]s:\d+|node_modules|\/server\/[a-z]|\bSELECT .{1,60} FROM\b|\bINSERT INTO\b|syntax error at|relation "|violates .{1,40} constraint|Prisma|PostgreSQL|\bpg_|ECONNREFUSED|invalid input syntax|ZodError|Error:/;
/** Answers whose content is the point: the API description speaks of itself, metrics and exports of what is stored. */
const OWN_WORDS = new Set(['/openapi.json', '/metrics']);

const PARSER_REFUSALS: ReadonlySet<number> = new Set([400, 408, 413, 431]);

/** The ways in which an answer breaks the law; none when it keeps it. */
export function breachesOf(answer: WireAnswer, context: LawContext): readonly string[] {
  const { sample, expect } = context;
  const text = answer.body.toString('utf8');
  const breaches: string[] = [];
  // A caller who asks for many unknown records spends what the portal grants its users, and is told to come back.
  const isSpent = answer.status === 502 && text.includes('"reason":"rateLimited"');
  const isExcused = isSpent || (sample.operationId === '/readyz' && answer.status === 503);
  if (answer.status === 0) breaches.push('no answer');
  if (answer.status >= 500 && !isExcused) breaches.push(`status ${answer.status}`);
  if (!isSpent && expect.kind === 'refused' && !expect.statuses.includes(answer.status)) {
    breaches.push(`status ${answer.status}, where ${expect.statuses.join(' or ')} was due`);
  }
  // A long campaign attaches as many contracts to its records as a record may have.
  const isFull = answer.status === 422 && text.includes('"reason":"too_many_links"');
  if (!isSpent && !isFull && expect.kind === 'understood' && !sample.understood.includes(answer.status)) {
    breaches.push(`status ${answer.status}, where ${sample.understood.join(' or ')} was due`);
  }
  if (answer.status >= 400 && !isExcused && context.method !== 'HEAD') {
    breaches.push(...problemBreaches(answer, text));
  }
  if (answer.status >= 300 && answer.status < 400) breaches.push(...redirectBreaches(answer));
  for (const word of context.forbidden) {
    const place = text.includes(word) || [...answer.headers.values()].some((value) => value.includes(word));
    if (place && !context.said.includes(word)) breaches.push(`tells ${JSON.stringify(word)}`);
  }
  const inside = OWN_WORDS.has(sample.operationId) ? null : INSIDES.exec(text);
  if (inside !== null && !context.said.includes(inside[0])) breaches.push(`shows its inside: ${inside[0]}`);
  if (answer.durationMs > DURATION_MS_MAX) breaches.push(`took ${Math.round(answer.durationMs)} ms`);
  return breaches;
}

function problemBreaches(answer: WireAnswer, text: string): readonly string[] {
  const type = answer.headers.get('content-type') ?? '';
  // What is no HTTP at all is refused by the parser itself, before there is a request.
  if (answer.body.length === 0 && PARSER_REFUSALS.has(answer.status) && answer.headers.get('connection') === 'close') {
    return [];
  }
  if (!type.startsWith('application/problem+json')) return [`refused with ${type || 'no content type'}`];
  const parsed = problem.safeParse(parsedOrNull(text));
  if (!parsed.success) return ['not a problem document of the catalogue'];
  const { status, title, detail, code } = parsed.data;
  const breaches: string[] = [];
  if (status !== answer.status) breaches.push('the document names another status');
  if (title.length < 10 || (detail ?? '').length < 10) breaches.push(`${code} does not say what to do`);
  if (answer.headers.get('cache-control') !== 'no-store') breaches.push('a refusal may be cached');
  return breaches;
}

const CONSENT_PAGES: readonly RegExp[] = [
  /^http:\/\/127\.0\.0\.1:\d+\/(oauth|services\/oauth2)\/authorize\?/,
  /^https:\/\/([a-z0-9-]+\.)+salesforce\.com\/services\/oauth2\/authorize\?/,
];

/** To a page of this server, or to the CRM's consent page. */
function redirectBreaches(answer: WireAnswer): readonly string[] {
  const location = answer.headers.get('location') ?? '';
  const isLocal = /^\/(?![/\\])/.test(location);
  const isConsent = CONSENT_PAGES.some((page) => page.test(location));
  return isLocal || isConsent ? [] : [`redirects to ${location.slice(0, 100)}`];
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
