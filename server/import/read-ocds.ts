/**
 * Contracts out of the Open Contracting Data Standard 1.1: a release, a release package or a record package. The reader is the buyer. Status
 * follows from the signing date and the period, as OCDS 1.2 holds, except for what no date tells: pending, cancelled, terminated.
 */
import { z } from 'zod';
import { type FileReading, type ImportTable, IMPORT_ROWS_MAX } from './import-table.ts';

const value = z.object({ amount: z.number().nullish(), currency: z.string().nullish() }).nullish();
const named = z.object({ id: z.union([z.string(), z.number()]).nullish(), name: z.string().nullish() });
const contract = z.object({
  id: z.union([z.string(), z.number()]),
  awardID: z.union([z.string(), z.number()]).nullish(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  status: z.string().nullish(),
  period: z.object({ startDate: z.string().nullish(), endDate: z.string().nullish() }).nullish(),
  value,
  dateSigned: z.string().nullish(),
});
const release = z.object({
  ocid: z.string().nullish(),
  buyer: named.nullish(),
  tender: z.object({ title: z.string().nullish() }).nullish(),
  awards: z
    .array(
      z.object({
        id: z.union([z.string(), z.number()]),
        title: z.string().nullish(),
        suppliers: z.array(named).nullish(),
      }),
    )
    .nullish(),
  contracts: z.array(contract).nullish(),
});
type Release = z.infer<typeof release>;
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
  const lines = releasesOf(parsed).flatMap((each) => (each.contracts ?? []).map((one) => line(each, one)));
  if (lines.length === 0) return { ok: false, problem: 'no_contracts_in_release' };
  if (lines.length > IMPORT_ROWS_MAX) return { ok: false, problem: 'too_many_rows' };
  const table: ImportTable = {
    format: 'ocds',
    encoding: null,
    headers: OCDS_HEADERS,
    rows: lines.map((cells, index) => ({ row: index + 1, cells })),
  };
  return { ok: true, table };
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
    return parsed.records.flatMap(({ compiledRelease, releases }) => compiledRelease ?? releases?.at(-1) ?? []);
  return [parsed];
}

function line(from: Release, one: z.infer<typeof contract>): readonly string[] {
  const award = from.awards?.find(({ id }) => String(id) === String(one.awardID)) ?? from.awards?.[0];
  const supplier = award?.suppliers?.map(({ name }) => name).find((name) => typeof name === 'string');
  return [
    String(one.id),
    one.title ?? award?.title ?? from.tender?.title ?? one.description ?? '',
    supplier ?? '',
    'buy',
    stageOf(one),
    day(one.period?.startDate),
    day(one.period?.endDate),
    day(one.dateSigned),
    one.value?.amount === null || one.value?.amount === undefined ? '' : String(one.value.amount),
    one.value?.currency ?? '',
  ];
}

/** Empty leaves the stage to the dates (see `stageFromDates`). */
function stageOf({ status, dateSigned }: z.infer<typeof contract>): string {
  if (status === 'cancelled') return 'void';
  if (status === 'terminated') return 'terminated';
  if (status === 'pending' && (dateSigned === null || dateSigned === undefined)) return 'draft';
  return '';
}

/** OCDS dates are instants with a zone; the day is the one written, in the publisher's own zone. */
const day = (text: string | null | undefined): string => text?.slice(0, 10) ?? '';
