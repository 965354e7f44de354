/**
 * Writes the secret with which the packaged Apex calls us into the principal of the package's external credential: the place of an org
 * that keeps secrets, which no page, query or package upgrade gives out again (Salesforce help, Packageable credentials).
 */
import { z } from 'zod';
import type { CallOptions, ConnectionRef, HostResult } from '../port.ts';
import { dataPath, type SalesforceApi } from './api.ts';
import { packaged } from './field-names.ts';

/** Connect REST API, Named Credentials: the twin of Apex `ConnectApi.NamedCredentials.createCredential` and `updateCredential`. */
const CREDENTIAL_PATH = dataPath('/named-credentials/credential');
const EXTERNAL_CREDENTIAL = packaged('Counterpart');
const PRINCIPAL = 'Counterpart';
const PARAMETER = 'Secret';

/** Replaces the secret; makes the principal's credential where there is none yet. */
export async function writeCardSecret(
  {
    api,
    connection,
    options,
  }: { readonly api: SalesforceApi; readonly connection: ConnectionRef; readonly options: CallOptions },
  secret: string,
): Promise<HostResult<null>> {
  const json = {
    externalCredential: EXTERNAL_CREDENTIAL,
    principalName: PRINCIPAL,
    principalType: 'NamedPrincipal',
    authenticationProtocol: 'Custom',
    credentials: { [PARAMETER]: { encrypted: true, value: secret } },
  };
  const send = (method: 'PUT' | 'POST') =>
    api.request(
      connection,
      { operation: 'named-credentials.credential', effect: 'write', method, path: CREDENTIAL_PATH, json },
      z.unknown(),
      options,
    );
  const replaced = await send('PUT');
  const isAbsent = !replaced.ok && (replaced.failure.kind === 'notFound' || replaced.failure.kind === 'rejected');
  const written = isAbsent ? await send('POST') : replaced;
  return written.ok ? { ok: true, value: null } : written;
}
