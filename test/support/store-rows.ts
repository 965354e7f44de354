/** Contracts and links for tests of the store, written the plain way. */
import type { ConnectionRef, HostRecordRef } from '../../server/crm/port.ts';
import type { PlainDate } from '../../server/domain/contract.ts';
import type { LinkedContract } from '../../server/store/port.ts';
import type { Database } from '../../server/store/prisma/database.ts';
import type { Store } from '../../server/store/prisma/open-store.ts';

const midnight = (date: PlainDate | null): Date | null => (date === null ? null : new Date(`${date}T00:00:00Z`));

export async function insertContract(
  database: Database,
  workspaceId: string,
  { contract, createdAt, changedAt, sla }: LinkedContract,
): Promise<void> {
  const at = new Date(createdAt);
  await database.withPrisma(workspaceId, async (prisma) => {
    await prisma.contract.create({
      data: {
        workspaceId,
        id: contract.id,
        number: contract.number,
        title: contract.title,
        side: contract.side,
        stage: contract.stage,
        effectiveDate: midnight(contract.term.effectiveDate),
        endDate: midnight(contract.term.endDate),
        renewalKind: contract.term.renewalKind,
        renewalMonths: contract.term.renewalMonths,
        renewalsLeft: contract.term.renewalsLeft,
        noticeCount: contract.term.notice?.count ?? null,
        noticeUnit: contract.term.notice?.unit ?? null,
        noticeCountedFrom: contract.term.notice?.countedFrom ?? null,
        calendarId: contract.term.calendarId,
        signedDate: midnight(contract.signedDate),
        valueMinor: contract.value?.minor ?? null,
        currency: contract.value?.currency ?? null,
        renewalDecision: contract.renewalDecision,
        ownerEmail: contract.ownerEmail,
        archived: contract.archived,
        revision: contract.revision,
        changedAt: { ...changedAt },
        slaSummary: { ...sla },
        createdAt: at,
        updatedAt: at,
      },
    });
    for (const [position, party] of contract.parties.entries()) {
      const { organisationId: id, legalName, role, sideLabel } = party;
      await prisma.organisation.create({ data: { workspaceId, id, legalName, createdAt: at, updatedAt: at } });
      await prisma.contractParty.create({
        data: { workspaceId, contractId: contract.id, organisationId: id, role, sideLabel, position },
      });
    }
  });
}

/** Links a record and marks it, as attaching a contract does. */
export async function insertLink(
  store: Store,
  connection: ConnectionRef,
  ref: HostRecordRef,
  contractId: string,
): Promise<void> {
  const { workspaceId, connectionId } = connection;
  await store.database.withPrisma(workspaceId, (prisma) =>
    prisma.contractLink.create({ data: { workspaceId, connectionId, ...ref, contractId, linkedAt: new Date(0) } }),
  );
  await store.sync.markDirty([{ workspaceId, connectionId, ref, reason: 'ours' }]);
}
