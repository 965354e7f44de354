/**
 * Contracts of every kind, made by the product's own writers and assessed by its own domain, from a seed. The large data set of the
 * benchmark consists of copies of them, so that its rows are rows that the product would have written.
 */
import type { Calendars } from '../../server/calendars/calendars.ts';
import { type Contract, type PlainDate, RENEWAL_DECISIONS, RENEWAL_KINDS } from '../../server/domain/contract.ts';
import { addDays, addMonths } from '../../server/domain/dates.ts';
import { NO_SLA, type SlaSummary } from '../../server/domain/sla-summary.ts';
import { calendarsOf, derivedColumns } from '../../server/services/derived-columns.ts';
import { insertContracts } from '../../server/store/prisma/contracts-write.ts';
import { type Database, jsonb } from '../../server/store/prisma/database.ts';
import { createSeededRandom, type SeededRandom } from '../support/seeded-random.ts';

const CURRENCIES = ['USD', 'EUR', 'CNY', 'GBP', 'JPY'] as const;
const CALENDARS = ['weekends', 'weekends', 'US', 'CN', 'DE'] as const;
const SUBJECTS = [
  'Cloud hosting',
  'Payroll service',
  'Office lease',
  'Card processing',
  'Data licence',
  'Freight framework',
  'Security monitoring',
  '设备维护',
  '云服务订阅',
  'Cleaning service',
] as const;
const SLA_STATUSES = ['met', 'met', 'met', 'missed', 'no_data', 'excused', 'provisional', 'disputed'] as const;
/** Half of a portfolio is in force, the rest in the other stages. */
const STAGES = [
  ...(['active', 'active', 'active', 'active', 'renewing', 'renewing', 'signed'] as const),
  ...(['draft', 'in_review', 'approved', 'expired', 'terminated', 'void'] as const),
];

type Archetype = { readonly contract: Contract; readonly sla: SlaSummary };

/** One contract around `today`: its term began up to two years ago and ends within two years of today, or never. */
export function randomContract(random: SeededRandom, today: PlainDate, index: number): Archetype {
  const stage = random.pick(STAGES);
  const effectiveDate = random.chance(0.05) ? null : addDays(today, -random.between(-60, 730));
  const renewalKind = random.pick(RENEWAL_KINDS);
  const isOpen = renewalKind === 'evergreen' && random.chance(0.5);
  const side = random.chance(0.8) ? 'buy' : 'sell';
  const contract: Contract = {
    id: random.uuid(),
    number: `A-${String(index).padStart(6, '0')}`,
    title: `${random.pick(SUBJECTS)} ${random.between(1, 999)}`,
    side,
    stage,
    term: {
      effectiveDate,
      endDate: isOpen ? null : addMonths(addDays(effectiveDate ?? today, random.between(1, 40)), random.between(1, 36)),
      renewalKind,
      renewalMonths: random.chance(0.9) ? random.pick([3, 6, 12, 24]) : null,
      renewalsLeft: random.chance(0.3) ? random.between(0, 3) : null,
      notice: random.chance(0.85)
        ? {
            count: random.pick([1, 3, 30, 60, 90]),
            unit: random.pick(['days', 'months']),
            countedFrom: random.pick(['before_expiry', 'before_renewal']),
          }
        : null,
      calendarId: random.pick(CALENDARS),
    },
    signedDate: stage === 'draft' ? null : effectiveDate,
    value: random.chance(0.9)
      ? { minor: BigInt(random.between(0, 900_000_000)), currency: random.pick(CURRENCIES) }
      : null,
    renewalDecision: random.chance(0.6) ? 'undecided' : random.pick(RENEWAL_DECISIONS),
    parties: [],
    ownerEmail: `owner${random.between(1, 40)}@example.com`,
    archived: random.chance(0.02),
    revision: 1,
  };
  return { contract, sla: side === 'buy' && random.chance(0.3) ? randomSummary(random) : NO_SLA };
}

function randomSummary(random: SeededRandom): SlaSummary {
  const status = random.pick(SLA_STATUSES);
  return {
    status,
    availabilityLastMonth: status === 'no_data' ? null : `99.${String(random.between(0, 99)).padStart(2, '0')}`,
    responseComplianceLastMonth: random.chance(0.5) ? `9${random.between(0, 9)}.00` : null,
    breachesTwelveMonths: random.between(0, 5),
    breachedLastTwoOfThree: random.chance(0.1),
  };
}

type ArchetypeRequest = {
  readonly workspaceId: string;
  readonly count: number;
  readonly today: PlainDate;
  readonly seed: number;
  readonly calendars: Calendars;
  readonly now: number;
};

/** Writes the contracts into a workspace that exists, as an import would. Our own organisation is buyer or supplier of each, one of 50 others the other side. */
export async function writeArchetypes(database: Database, request: ArchetypeRequest): Promise<void> {
  const { workspaceId, today, now } = request;
  const random = createSeededRandom(request.seed);
  const organisations = Array.from({ length: 51 }, (_, index) => ({
    id: random.uuid(),
    legalName: index === 0 ? 'Archetype Group' : `Archetype Supplier ${index}`,
    domain: null,
  }));
  const [ours, ...others] = organisations;
  if (ours === undefined) throw new Error('there is an organisation');
  const archetypes = Array.from({ length: request.count }, (_, index) => {
    const made = randomContract(random, today, index);
    const theirs = random.pick(others);
    const party = (role: 'buyer' | 'supplier', { id, legalName }: typeof ours) => ({
      organisationId: id,
      legalName,
      role,
      sideLabel: null,
    });
    const [buyer, supplier] = made.contract.side === 'buy' ? [ours, theirs] : [theirs, ours];
    return {
      ...made,
      contract: { ...made.contract, parties: [party('buyer', buyer), party('supplier', supplier)] },
    };
  });
  const calendarOf = await calendarsOf(
    request.calendars,
    archetypes.map(({ contract }) => contract),
  );
  const commands = archetypes.map(({ contract, sla }, index) => ({
    contract,
    organisations: index === 0 ? organisations : [],
    derived: derivedColumns(contract, sla, { calendar: calendarOf(contract.term.calendarId), asOf: today }),
    changes: [{ field: 'stage', previous: null, value: contract.stage }],
    attachTo: null,
  }));
  const provenance = { source: 'import', actor: null, connectionId: null, ref: null, eventId: null, at: now } as const;
  await database.inWorkspace(workspaceId, async (sql) => {
    const context = { workspaceId, provenance, once: null };
    await insertContracts({ sql, context, random, now }, commands);
    await sql.run(
      `UPDATE contract c SET sla_summary = s.summary, derived_from = c.updated_at FROM jsonb_to_recordset($2::jsonb) AS s(id uuid, summary jsonb)
       WHERE c.workspace_id = $1 AND c.id = s.id`,
      [
        workspaceId,
        jsonb(archetypes.flatMap(({ contract, sla }) => (sla === NO_SLA ? [] : [{ id: contract.id, summary: sla }]))),
      ],
    );
  });
}
