/** The Salesforce org of a workspace of the scene: a practice org with the package, with one record of ours and the secret of its cards. */
import { randomUUID } from 'node:crypto';
import { makeId } from '../../extensions/practice/salesforce/record-id.ts';
import type { ConnectionRef } from '../../server/crm/port.ts';
import { logIn, type OrgForTest, startOrg } from '../support/practice-org.ts';
import type { OrgProof } from './request.ts';
import type { Parts } from './tenant.ts';

export type TenantOrg = OrgProof & {
  readonly connectionId: string;
  /** An Opportunity that carries the contract. */
  readonly recordId: string;
};

const SESSION_MS = 7_200_000;
const USER_EMAIL = 'rep@example.com';

/** `number` tells the orgs of one scene apart, ids of their records included. */
export async function startTenantOrg(number: number): Promise<OrgForTest> {
  return await startOrg({
    org: {
      id: `00DCP0000000Fz${number}`,
      name: `Org ${number}`,
      timeZone: 'UTC',
      currency: 'USD',
      language: 'en_US',
      locale: 'en_US',
      isSandbox: false,
      organizationType: 'Enterprise Edition',
    },
  });
}

const recordIdOf = (org: OrgForTest): string => makeId('006', 7_000 + Number(org.org.orgId.at(14)));

/** Connects the org as an authorisation would, by a grant of its administrator, and puts a new secret into it. */
export async function connectOrg(
  { admin, server }: Parts,
  running: OrgForTest,
  { workspaceId, canary }: { readonly workspaceId: string; readonly canary: string },
): Promise<TenantOrg> {
  const { org } = running;
  const recordId = recordIdOf(running);
  org.load({
    records: {
      Opportunity: [
        {
          id: recordId,
          createdAt: '2026-01-01T00:00:00Z',
          values: { Name: `Opportunity ${canary}`, StageName: 'Qualification', CloseDate: '2026-12-31' },
        },
      ],
    },
  });
  const connectionId = randomUUID();
  const connection: ConnectionRef = { workspaceId, connectionId, host: 'salesforce', accountId: org.orgId };
  await admin.query(
    `WITH k AS (
       INSERT INTO connection (workspace_id, id, host, account_id, state, name, created_at, updated_at)
       VALUES ($1, $2, 'salesforce', $3, 'parked', $4, now(), now()) RETURNING id
     )
     INSERT INTO host_account (host, account_id, workspace_id, connection_id, created_at) SELECT 'salesforce', $3, $1, id, now() FROM k`,
    [workspaceId, connectionId, org.orgId, `Org ${canary}`],
  );
  const granted = await logIn(org);
  await server.store.vault.write(connection, {
    accessToken: granted.access_token,
    refreshToken: granted.refresh_token,
    expiresAt: Date.now() + SESSION_MS,
    scopes: granted.scope.split(' '),
    instanceUrl: granted.instance_url,
  });
  const written = await server.cardSecrets.renew(connection);
  const secret = org.credential('counterpart__Counterpart', 'Secret');
  if (written !== 'written' || secret === undefined) throw new Error('the org has no secret');
  return { connectionId, recordId, orgId: org.orgId, secret, userId: org.adminId, userEmail: USER_EMAIL };
}
