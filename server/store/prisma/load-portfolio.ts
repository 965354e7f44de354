/**
 * Puts a ready-made portfolio into a workspace of its own, in one transaction: either all of it stands there afterwards or nothing. Used for
 * the workspace that practice mode begins with; a workspace that exists already is left as it is.
 */
import type { Contract } from '../../domain/contract.ts';
import type { World } from '../../world.ts';
import type { Database } from './database.ts';

export type PortfolioObjective = {
  readonly metric: 'availability' | 'response';
  /** Percent as decimal text. */
  readonly target: string;
  readonly zone: string;
  readonly calendarId: string | null;
  readonly definition: Readonly<Record<string, string | number>>;
};
type PortfolioIncident = {
  readonly title: string;
  readonly severity: string;
  readonly startedAt: string;
  readonly restoredAt: string;
};
export type PortfolioEntry = {
  readonly contract: Contract;
  readonly objectives: readonly PortfolioObjective[];
  readonly incidents: readonly PortfolioIncident[];
};
export type PortfolioLoad = {
  readonly workspace: {
    readonly id: string;
    readonly name: string;
    readonly timeZone: string;
    readonly currency: string;
    readonly locale: string;
  };
  readonly organisations: readonly {
    readonly id: string;
    readonly legalName: string;
    readonly domain: string | null;
    readonly country: string | null;
  }[];
  readonly entries: readonly PortfolioEntry[];
};

export async function loadPortfolio(
  database: Database,
  world: World,
  load: PortfolioLoad,
): Promise<'loaded' | 'present'> {
  const workspaceId = load.workspace.id;
  const rows = rowsOf(load, world);
  return database.withPrisma(workspaceId, async (prisma) => {
    if ((await prisma.workspace.findUnique({ where: { id: workspaceId } })) !== null) return 'present';
    await prisma.workspace.create({ data: rows.workspace });
    await prisma.organisation.createMany({ data: rows.organisations });
    await prisma.contract.createMany({ data: rows.contracts });
    await prisma.contractParty.createMany({ data: rows.parties });
    await prisma.slaObjective.createMany({ data: rows.objectives });
    await prisma.incident.createMany({ data: rows.incidents });
    await prisma.fieldChange.createMany({ data: rows.changes });
    return 'loaded';
  });
}

function rowsOf({ workspace, organisations, entries }: PortfolioLoad, { random, clock }: World) {
  const at = new Date(clock.now());
  const workspaceId = workspace.id;
  return {
    workspace: { ...workspace, createdAt: at },
    organisations: organisations.map((organisation) => ({
      ...organisation,
      workspaceId,
      createdAt: at,
      updatedAt: at,
    })),
    contracts: entries.map(({ contract }) => ({
      ...contractColumns(contract),
      workspaceId,
      createdAt: at,
      updatedAt: at,
    })),
    parties: entries.flatMap(({ contract }) =>
      contract.parties.map(({ organisationId, role, sideLabel }, position) => ({
        workspaceId,
        contractId: contract.id,
        organisationId,
        role,
        sideLabel,
        position,
      })),
    ),
    objectives: entries.flatMap(({ contract, objectives }) =>
      objectives.map((objective) => ({
        ...objective,
        id: random.uuid(),
        workspaceId,
        contractId: contract.id,
        comparator: 'gte',
        unit: 'percent',
        window: 'calendar_month',
        sampleSource: objective.metric === 'availability' ? 'our_monitor' : 'tickets',
        createdAt: at,
      })),
    ),
    incidents: entries.flatMap(({ contract, incidents }) =>
      incidents.map((incident) => ({
        ...incidentColumns(incident),
        id: random.uuid(),
        workspaceId,
        contractId: contract.id,
        createdAt: at,
      })),
    ),
    changes: entries.map(({ contract }) => ({
      workspaceId,
      id: random.uuid(),
      contractId: contract.id,
      contractRevision: contract.revision,
      field: 'stage',
      value: contract.stage,
      source: 'import',
      at,
    })),
  };
}

const incidentColumns = ({ title, severity, startedAt, restoredAt }: PortfolioIncident) => ({
  title,
  severity,
  openedAt: new Date(startedAt),
  restoredAt: new Date(restoredAt),
  source: 'import',
});

const dateColumn = (date: string | null): Date | null => (date === null ? null : new Date(`${date}T00:00:00Z`));

function contractColumns(contract: Contract) {
  const { id, number, title, side, stage, term, value, renewalDecision, ownerEmail, archived, revision } = contract;
  return {
    id,
    number,
    title,
    side,
    stage,
    effectiveDate: dateColumn(term.effectiveDate),
    endDate: dateColumn(term.endDate),
    renewalKind: term.renewalKind,
    renewalMonths: term.renewalMonths,
    renewalsLeft: term.renewalsLeft,
    noticeCount: term.notice?.count ?? null,
    noticeUnit: term.notice?.unit ?? null,
    noticeCountedFrom: term.notice?.countedFrom ?? null,
    calendarId: term.calendarId,
    signedDate: dateColumn(contract.signedDate),
    valueMinor: value?.minor ?? null,
    currency: value?.currency ?? null,
    renewalDecision,
    ownerEmail,
    archived,
    revision,
    changedAt: { stage: 0, renewalDate: 0, renewalDecision: 0 },
    riskFlags: [],
  };
}
