/** Run as a program under some TZ: writes a contract, reads it both ways, prints what came back. Arguments: connection string, workspace id. */
import { openStore } from '../../server/store/prisma/open-store.ts';
import { loadContractsById } from '../../server/store/prisma/contract-rows.ts';
import { linkedContract } from '../conformance/store-battery-fixture.ts';
import { insertContract } from './store-rows.ts';
import { systemWorld } from './system-world.ts';

const [url, workspaceId] = process.argv.slice(2);
if (url === undefined || workspaceId === undefined) throw new Error('two arguments are needed');
const store = openStore({ url, world: systemWorld(), masterKeys: { currentId: 'none', keys: {} } });
const linked = linkedContract();
await insertContract(store.database, workspaceId, linked);
const { contract } = linked;
const found = await store.database.inWorkspace(workspaceId, (sql) =>
  loadContractsById(sql, workspaceId, [contract.id], 'read'),
);
const stored = await store.database.withPrisma(workspaceId, (prisma) =>
  prisma.contract.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id: contract.id } } }),
);
const read = found.get(contract.id);
process.stdout.write(
  JSON.stringify({
    offsetMinutes: new Date(linked.createdAt).getTimezoneOffset(),
    effectiveDate: read?.contract.term.effectiveDate,
    endDate: read?.contract.term.endDate,
    prismaEndDate: stored.endDate?.toISOString(),
    minor: String(read?.contract.value?.minor),
    prismaMinor: String(stored.valueMinor),
    createdAt: read?.createdAt === linked.createdAt && stored.createdAt.getTime() === linked.createdAt,
  }),
);
await store.close();
