/**
 * To which addresses a token may go. The org's own address comes from an answer of Salesforce and the sign-in host from a person, so both
 * are held against Salesforce's domains (Salesforce help, My Domain URL formats) or the address that the operator has configured.
 */
export const SALESFORCE_LOGIN_URL = 'https://login.salesforce.com';

const SALESFORCE_DOMAINS = ['.salesforce.com', '.force.com'] as const;
/** Names of sign-in pages: the two common ones and every org's own, sandboxes included. */
const LOGIN_HOSTS: ReadonlySet<string> = new Set(['login.salesforce.com', 'test.salesforce.com']);
const MY_DOMAIN_SUFFIX = '.my.salesforce.com';
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** The origin of a configured sign-in page. Throws on anything but https, or http on this machine. */
export function parseLoginOrigin(address: string): string {
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new Error('The Salesforce sign-in address must be https, or http on this machine.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/')
    throw new Error('The Salesforce sign-in address must be an origin, for example https://login.salesforce.com.');
  return url.origin;
}

/** The origin of an org's API as the token endpoint named it; null when a token must not go there. */
export function acceptInstanceUrl(address: string, loginOrigin: string): string | null {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '') return null;
  if (url.origin === loginOrigin) return url.origin;
  const isSalesforce = SALESFORCE_DOMAINS.some((domain) => url.hostname.endsWith(domain));
  // Lightning pages answer no API calls (jsforce refuses them too).
  const isPage = url.hostname.endsWith('.lightning.force.com');
  return url.protocol === 'https:' && url.port === '' && isSalesforce && !isPage ? url.origin : null;
}

/** The sign-in origin for a host that a person named (`acme.my.salesforce.com`); null when nobody may be sent there. */
export function acceptLoginHost(text: string, loginOrigin: string): string | null {
  const host = text.trim().toLowerCase();
  const configured = new URL(loginOrigin);
  if (host === configured.host) return configured.origin;
  if (!HOST_NAME.test(host)) return null;
  return LOGIN_HOSTS.has(host) || host.endsWith(MY_DOMAIN_SUFFIX) ? `https://${host}` : null;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
