/** Sessions and refresh tokens of the org: made at the token endpoint, moved on by use, ended by time, revocation or an administrator. */
import type { PracticeOrg, Session } from './practice-org.ts';

const TOKEN_BYTES = 48;
const DAY_MS = 86_400_000;

/** Access tokens begin with the org's id, as real ones do. */
const newAccessToken = (org: PracticeOrg): string =>
  `${org.profile.id}!AQ${Buffer.from(org.random.bytes(TOKEN_BYTES)).toString('base64url')}`;
export const newRefreshToken = (org: PracticeOrg): string =>
  `5Aep${Buffer.from(org.random.bytes(TOKEN_BYTES)).toString('base64url')}`;

/** Opens a session and forgets those that are dead for a day. */
export function openSession(org: PracticeOrg, grant: Omit<Session, 'expiresAt'>): string {
  const now = org.clock.now();
  for (const [token, session] of org.grants.sessions.entries())
    if (session.expiresAt < now - DAY_MS) org.grants.sessions.delete(token);
  const token = newAccessToken(org);
  org.grants.sessions.put(token, { ...grant, expiresAt: now + org.behaviour().sessionTimeoutMs });
  return token;
}

/** The live session of a token, moved on when half its time has gone (Salesforce help, Session settings: Timeout value). */
export function useSession(org: PracticeOrg, token: string): Session | undefined {
  const session = org.grants.sessions.get(token);
  const now = org.clock.now();
  if (session === undefined || session.expiresAt <= now) return undefined;
  const { sessionTimeoutMs } = org.behaviour();
  if (session.expiresAt - now < sessionTimeoutMs / 2)
    org.grants.sessions.put(token, { ...session, expiresAt: now + sessionTimeoutMs });
  return session;
}

/** Ends every token that came from one approval. */
export function endFamily(org: PracticeOrg, familyId: string): void {
  for (const [token, grant] of org.grants.refreshTokens.entries())
    if (grant.familyId === familyId) org.grants.refreshTokens.delete(token);
  for (const [token, session] of org.grants.sessions.entries())
    if (session.familyId === familyId) org.grants.sessions.delete(token);
}

export function approvalsOf(org: PracticeOrg, userId: string): number {
  const own = [...org.grants.refreshTokens.entries()].filter(([, grant]) => grant.userId === userId && !grant.spent);
  return new Set(own.map(([, { familyId }]) => familyId)).size;
}

export function endAllGrants(org: PracticeOrg): void {
  for (const [token] of org.grants.refreshTokens.entries()) org.grants.refreshTokens.delete(token);
  expireSessions(org);
}

export function expireSessions(org: PracticeOrg): void {
  for (const [token] of org.grants.sessions.entries()) org.grants.sessions.delete(token);
}

export const isIdle = (org: PracticeOrg, usedAt: number): boolean =>
  org.clock.now() - usedAt > org.behaviour().refreshTokenIdleDays * DAY_MS;
