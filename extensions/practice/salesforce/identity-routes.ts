/** Who the session's user is: the identity URL and OpenID's userinfo (Salesforce help, Identity URLs; UserInfo endpoint). */
import { type Call, type Reply, type Route, json } from './exchange.ts';
import { useSession } from './grants.ts';
import { identityUrl } from './oauth-routes.ts';
import type { PracticeOrg } from './practice-org.ts';
import { textOf } from './record-store.ts';
import { readId } from './record-id.ts';

const FORBIDDEN = 403;

/** The identity service answers errors as plain text with status 403. */
const plain = (text: string): Reply => ({
  kind: 'text',
  status: FORBIDDEN,
  text,
  contentType: 'text/plain;charset=UTF-8',
});

export function identityRoutes(org: PracticeOrg): readonly Route[] {
  const identity = (call: Call): Reply => {
    const token = tokenOf(call);
    if (token === '') return plain('Missing_OAuth_Token');
    const session = useSession(org, token);
    if (session === undefined) return plain('Bad_OAuth_Token');
    if (readId(call.params.orgId ?? '') !== org.orgId) return plain('Wrong_Org');
    const userId = readId(call.params.userId ?? '');
    if (userId === null || org.records.get('User', userId) === undefined) return plain('Inactive_User');
    return json(identityOf(org, userId));
  };
  const userInfo = (call: Call): Reply => {
    const session = useSession(org, tokenOf(call));
    return session === undefined ? plain('Bad_OAuth_Token') : json(userInfoOf(org, session.userId));
  };
  return [
    { method: 'GET', path: '/id/{orgId}/{userId}', kind: 'open', handle: identity },
    { method: 'GET', path: '/services/oauth2/userinfo', kind: 'open', handle: userInfo },
    { method: 'POST', path: '/services/oauth2/userinfo', kind: 'open', handle: userInfo },
  ];
}

const tokenOf = (call: Call): string =>
  /^(?:Bearer|OAuth) (.+)$/i.exec(call.headers.authorization ?? '')?.[1] ?? call.query.get('oauth_token') ?? '';

function serviceUrls(org: PracticeOrg, userId: string): Readonly<Record<string, string>> {
  const base = org.instanceUrl();
  const rest = `${base}/services/data/v{version}/`;
  return {
    enterprise: `${base}/services/Soap/c/{version}/${org.orgId}`,
    metadata: `${base}/services/Soap/m/{version}/${org.orgId}`,
    partner: `${base}/services/Soap/u/{version}/${org.orgId}`,
    rest,
    sobjects: `${rest}sobjects/`,
    search: `${rest}search/`,
    query: `${rest}query/`,
    recent: `${rest}recent/`,
    profile: `${base}/${userId}`,
    feeds: `${rest}chatter/feeds`,
    groups: `${rest}chatter/groups`,
    users: `${rest}chatter/users`,
    feed_items: `${rest}chatter/feed-items`,
    custom_domain: base,
  };
}

function identityOf(org: PracticeOrg, userId: string): Readonly<Record<string, unknown>> {
  const user = org.records.get('User', userId);
  const get = (field: string): string => textOf(user, field) ?? '';
  return {
    id: identityUrl(org, userId),
    asserted_user: true,
    user_id: userId,
    organization_id: org.orgId,
    username: get('Username'),
    nick_name: get('Username').split('@')[0] ?? '',
    display_name: get('Name'),
    email: get('Email'),
    email_verified: true,
    first_name: get('FirstName'),
    last_name: get('LastName'),
    timezone: get('TimeZoneSidKey'),
    photos: { picture: '', thumbnail: '' },
    addr_street: null,
    addr_city: null,
    addr_state: null,
    addr_country: null,
    addr_zip: null,
    mobile_phone: null,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: serviceUrls(org, userId),
    active: user?.values.IsActive === true,
    user_type: 'STANDARD',
    language: get('LanguageLocaleKey'),
    locale: get('LocaleSidKey'),
    utcOffset: 0,
    last_modified_date: get('LastModifiedDate'),
    is_app_installed: true,
  };
}

function userInfoOf(org: PracticeOrg, userId: string): Readonly<Record<string, unknown>> {
  const user = org.records.get('User', userId);
  const get = (field: string): string => textOf(user, field) ?? '';
  return {
    sub: identityUrl(org, userId),
    user_id: userId,
    organization_id: org.orgId,
    preferred_username: get('Username'),
    nickname: get('Username').split('@')[0] ?? '',
    name: get('Name'),
    email: get('Email'),
    email_verified: true,
    given_name: get('FirstName'),
    family_name: get('LastName'),
    zoneinfo: get('TimeZoneSidKey'),
    photos: { picture: '', thumbnail: '' },
    profile: `${org.instanceUrl()}/${userId}`,
    picture: '',
    urls: serviceUrls(org, userId),
    active: user?.values.IsActive === true,
    user_type: 'STANDARD',
    language: get('LanguageLocaleKey'),
    locale: get('LocaleSidKey'),
    utcOffset: 0,
    updated_at: get('LastModifiedDate'),
  };
}
