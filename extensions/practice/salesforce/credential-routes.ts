/**
 * Credentials of external credential principals (Connect REST guide, Named Credentials: Credential). Secrets can be written and replaced,
 * never read back. POST fills in a principal that has none, PUT replaces.
 */
import { z } from 'zod';
import { versioned } from './api-version.ts';
import { type Call, type Reply, type Route, empty, json, readBody } from './exchange.ts';
import type { PracticeOrg } from './practice-org.ts';
import { NAMESPACE } from './package-source.ts';
import { OrgRefusal } from './refusal.ts';

const CREATED = 201;
const PATH = '/named-credentials/credential';

const CredentialInput = z.object({
  externalCredential: z.string(),
  principalName: z.string(),
  principalType: z.enum(['NamedPrincipal', 'PerUserPrincipal']),
  authenticationProtocol: z.literal('Custom'),
  credentials: z.record(z.string(), z.object({ value: z.string(), encrypted: z.boolean().default(true) })),
});

export function credentialRoutes(org: PracticeOrg): readonly Route[] {
  const write =
    (replace: boolean) =>
    (call: Call): Reply => {
      const parsed = CredentialInput.safeParse(readBody(call));
      if (!parsed.success) throw new OrgRefusal('JSON_PARSER_ERROR', parsed.error.issues[0]?.message ?? 'invalid body');
      const input = parsed.data;
      requirePrincipal(org, call, input.externalCredential);
      const key = keyOf(input.externalCredential, input.principalName);
      const known = org.credentials.get(key);
      if (replace !== (known !== undefined)) {
        throw new OrgRefusal(
          'INVALID_FIELD',
          replace ? 'the principal has no credentials yet: use POST' : 'the principal already has credentials: use PUT',
        );
      }
      const secrets = Object.fromEntries(Object.entries(input.credentials).map(([name, { value }]) => [name, value]));
      org.credentials.put(key, { ...known, ...secrets });
      return json(view(org, input.externalCredential, input.principalName), replace ? 200 : CREATED);
    };
  const named = (call: Call): readonly [string, string] => [
    call.query.get('externalCredential') ?? '',
    call.query.get('principalName') ?? '',
  ];
  return [
    versioned('POST', PATH, write(false)),
    versioned('PUT', PATH, write(true)),
    versioned('GET', PATH, (call) => {
      const [externalCredential, principalName] = named(call);
      requirePrincipal(org, call, externalCredential);
      return json(view(org, externalCredential, principalName));
    }),
    versioned('DELETE', PATH, (call) => {
      const [externalCredential, principalName] = named(call);
      requirePrincipal(org, call, externalCredential);
      org.credentials.delete(keyOf(externalCredential, principalName));
      return empty();
    }),
  ];
}

const keyOf = (externalCredential: string, principalName: string): string => `${externalCredential}:${principalName}`;

/** Only an administrator manages credentials, and only those of external credentials that are there. */
function requirePrincipal(org: PracticeOrg, call: Call, externalCredential: string): void {
  if (org.installedPackage() === null || !externalCredential.startsWith(`${NAMESPACE}__`))
    throw new OrgRefusal('NOT_FOUND', `The external credential ${externalCredential} does not exist`);
  if (org.members.get(call.caller.userId)?.isAdmin !== true)
    throw new OrgRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'You do not have access to manage named credentials');
}

function view(org: PracticeOrg, externalCredential: string, principalName: string): Readonly<Record<string, unknown>> {
  const parameters = org.credentials.get(keyOf(externalCredential, principalName));
  return {
    authenticationProtocol: 'Custom',
    authenticationProtocolVariant: null,
    authenticationStatus: parameters === undefined ? 'NotConfigured' : 'Configured',
    credentials: Object.fromEntries(
      Object.keys(parameters ?? {}).map((name) => [name, { encrypted: true, revision: 1, value: null }]),
    ),
    customHeaders: [],
    externalCredential,
    principalName,
    principalType: 'NamedPrincipal',
  };
}
