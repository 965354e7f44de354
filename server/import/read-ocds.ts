/**
 * Contracts out of the Open Contracting Data Standard 1.1: a release, a release package or a record package. The reader is the buyer. Of
 * several releases that carry one contract the newest counts. Status follows from the signing date and the period, as OCDS 1.2 holds,
 * except for what no date tells: pending, cancelled, terminated.
 */
import { z } from 'zod';
import { cellText, type FileReading } from './import-table.ts';
import { IMPORT_ROWS_MAX } from './limits.ts';

/** Publishers leave fields out, write null, or write numbers as text: what cannot be read is absent, and the row says what is missing. */
const text = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(null);
const textOnly = z.string().nullish().catch(null);
const value = z
  .object({ amount: z.union([z.number(), z.string()]).nullish().catch(null), currency: textOnly })
  .nullish()
  .catch(null);
const named = z.object({ name: textOnly });
const period = z.object({ startDate: textOnly, endDate: textOnly }).nullish().catch(null);
const contract = z.object({
  id: text,
  awardID: text,
  title: textOnly,
  description: textOnly,
  status: textOnly,
  period,
  value,
  dateSigned: textOnly,
});
const award = z.object({
  id: text,
  title: textOnly,
  value,
  contractPeriod: period,
  suppliers: z.array(named).nullish(),
});
const release = z.object({
  ocid: textOnly,
  date: textOnly,
  tender: z.object({ title: textOnly }).nullish(),
  awards: z.array(award).nullish(),
  contracts: z.array(contract).nullish(),
});
type Release = z.infer<typeof release>;
type Contract = z.infer<typeof contract>;
const document = z.union([
  z.object({ releases: z.array(release) }),
  z.object({
    records: z.array(z.object({ compiledRelease: release.nullish(), releases: z.array(release).nullish() })),
  }),
  release,
]);

/** Headers are import field names, so that each column already says what it means. */
export const OCDS_HEADERS = [
  'number',
  'title',
  'counterparty',
  'side',
  'stage',
  'effectiveDate',
  'endDate',
  'signedDate',
  'value',
  'currency',
] as const;

export function readOcds(bytes: Uint8Array): FileReading {
  const parsed = parseDocument(bytes);
  if (parsed === null) return { ok: false, problem: 'file_unreadable' };
  const found = newestContracts(releasesOf(parsed));
  if (found.length === 0) return { ok: false, problem: 'no_contracts_in_release' };
  if (found.length > IMPORT_ROWS_MAX) return { ok: false, problem: 'too_many_rows' };
  const repeated = repeatedIds(found);
  const rows = found.map(({ from, one }, index) => ({
    // The header that the table is shown with is row 1.
    row: index + 2,
    cells: cellsOf(from, one, repeated.has(one.id ?? '')).map(cellText),
  }));
  return { ok: true, table: { format: 'ocds', encoding: null, headers: OCDS_HEADERS, rows } };
}

function parseDocument(bytes: Uint8Array): z.infer<typeof document> | null {
  try {
    const parsed = document.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

function releasesOf(parsed: z.infer<typeof document>): readonly Release[] {
  if ('releases' in parsed) return parsed.releases;
  if ('records' in parsed)
    return parsed.records.flatMap(({ compiledRelease, releases }) => compiledRelease ?? releases ?? []);
  return [parsed];
}

type Found = { readonly from: Release; readonly one: Contract };

/** One entry a contract, in the order they first appear. A contract is known by its id within its process. */
function newestContracts(releases: readonly Release[]): readonly Found[] {
  const found = new Map<string, Found>();
  let withoutId = 0;
  for (const from of releases) {
    for (const one of from.contracts ?? []) {
      const isNamed = typeof one.id === 'string';
      if (!isNamed) withoutId += 1;
      const key = JSON.stringify([from.ocid, isNamed ? one.id : withoutId, isNamed]);
      const known = found.get(key);
      if (known === undefined || (known.from.date ?? '') <= (from.date ?? '')) found.set(key, { from, one });
    }
  }
  return [...found.values()];
}

/** Ids need only be unique within a process: a repeated one gets the process before it. */
function repeatedIds(found: readonly Found[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { one } of found) {
    const id = one.id ?? '';
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  return repeated;
}

function cellsOf(from: Release, one: Contract, isRepeated: boolean): readonly string[] {
  const awards = from.awards ?? [];
  const onlyAward = awards.length === 1 ? awards[0] : undefined;
  const its = awards.find(({ id }) => typeof id === 'string' && id === one.awardID) ?? onlyAward;
  const supplier = its?.suppliers?.map(({ name }) => name).find((name) => typeof name === 'string');
  const worth = one.value ?? its?.value;
  const dates = one.period ?? its?.contractPeriod;
  return [
    isRepeated && typeof from.ocid === 'string' ? `${from.ocid}-${one.id ?? ''}` : (one.id ?? ''),
    one.title ?? its?.title ?? from.tender?.title ?? one.description ?? '',
    supplier ?? '',
    'buy',
    stageOf(one),
    day(dates?.startDate),
    day(dates?.endDate),
    day(one.dateSigned),
    typeof worth?.amount === 'number' ? plainNumber(worth.amount) : (worth?.amount ?? ''),
    worth?.currency ?? '',
  ];
}

/** Empty leaves the stage to the dates (see `stageFromDates`). */
function stageOf({ status, dateSigned }: Contract): string {
  if (status === 'cancelled') return 'void';
  if (status === 'terminated') return 'terminated';
  if (status === 'pending' && typeof dateSigned !== 'string') return 'draft';
  return '';
}

/** OCDS dates are instants with a zone; the day is the one written, in the publisher's own zone. */
const day = (instant: string | null | undefined): string => instant?.slice(0, 10) ?? '';

const withoutExponent = new Intl.NumberFormat('en-US', { useGrouping: false, maximumFractionDigits: 6 });

/** Without the exponent that large and tiny numbers are written with. */
function plainNumber(amount: number): string {
  const text = String(amount);
  return text.includes('e') ? withoutExponent.format(amount) : text;
}
