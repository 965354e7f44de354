import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../server/config.ts';

const LIVE = {
  PUBLIC_URL: 'https://contracts.example.com',
  DATABASE_URL: 'postgresql://user:hunter2hunter2@db:5432/counterpart',
  HUBSPOT_CLIENT_ID: 'client-id-1234',
  HUBSPOT_CLIENT_SECRET: 'client-secret-very-long',
  HUBSPOT_APP_ID: '123456',
  COUNTERPART_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
  SESSION_SECRET: 'a session secret that is long enough',
};

describe('the environment', () => {
  test('nothing configured is practice mode on the usual port', () => {
    expect(parseConfig({})).toMatchObject({
      ok: true,
      config: { mode: 'practice', port: 4600, bindAddress: '127.0.0.1', databaseUrl: null },
    });
  });

  describe('which CRMs a live server is an app of', () => {
    const { HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET, HUBSPOT_APP_ID, ...server } = LIVE;
    const hubspot = { HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET, HUBSPOT_APP_ID };
    const salesforce = {
      SALESFORCE_CLIENT_ID: '3MVG9-client-id',
      SALESFORCE_CLIENT_SECRET: 'consumer-secret-very-long',
    };

    test('Salesforce alone is enough, with the usual sign-in page and feed', () => {
      expect(parseConfig({ ...server, ...salesforce })).toMatchObject({
        ok: true,
        config: {
          mode: 'live',
          hubspot: null,
          salesforce: { loginUrl: 'https://login.salesforce.com', pubSubEndpoint: 'api.pubsub.salesforce.com:7443' },
        },
      });
    });

    test('both may be there', () => {
      const result = parseConfig({ ...server, ...hubspot, ...salesforce });
      expect(result.ok && result.config.mode === 'live' ? Object.keys(result.config) : []).toEqual(
        expect.arrayContaining(['hubspot', 'salesforce']),
      );
      expect(result).toMatchObject({
        config: { hubspot: { appId: '123456' }, salesforce: { clientId: '3MVG9-client-id' } },
      });
    });

    test.each(Object.keys(salesforce))(
      'half of Salesforce, without %s, is one sentence whatever HubSpot has',
      (missing) => {
        for (const more of [hubspot, {}]) {
          const result = parseConfig({ ...server, ...more, ...salesforce, [missing]: undefined });
          expect(result).toMatchObject({ ok: false, variable: missing });
          expect(result.ok ? '' : result.message).toMatch(new RegExp(`^${missing} is missing .*: set it to .+\\.$`));
        }
      },
    );

    test.each([
      ['SALESFORCE_LOGIN_URL', 'https://login.salesforce.com/path'],
      ['SALESFORCE_PUBSUB_ENDPOINT', 'https://api.pubsub.salesforce.com'],
    ])('a wrong %s is refused', (name, value) => {
      expect(parseConfig({ ...server, ...salesforce, [name]: value })).toMatchObject({ ok: false, variable: name });
    });
  });

  test('an empty variable counts as absent', () => {
    expect(parseConfig({ DATABASE_URL: '', PORT: '' })).toMatchObject({
      ok: true,
      config: { mode: 'practice', port: 4600 },
    });
  });

  test('a whole configuration is live mode', () => {
    expect(parseConfig(LIVE)).toMatchObject({
      ok: true,
      config: {
        mode: 'live',
        publicUrl: 'https://contracts.example.com',
        hubspot: { apiBase: 'https://api.hubapi.com', clientSecretPrevious: null },
      },
    });
  });

  test.each(Object.keys(LIVE))('without %s, one sentence names it and says what belongs there', (missing) => {
    const result = parseConfig({ ...LIVE, [missing]: undefined });
    expect(result).toMatchObject({ ok: false, variable: missing });
    const message = result.ok ? '' : result.message;
    expect(message).toMatch(new RegExp(`^${missing} is missing .*: set it to .+\\.$`));
    expect(message.split('\n')).toHaveLength(1);
  });

  test.each([
    ['PORT', 'eighty'],
    ['PUBLIC_URL', 'http://contracts.example.com'],
    ['PUBLIC_URL', 'https://contracts.example.com/path'],
    ['DATABASE_URL', 'mysql://root:hunter2hunter2@db'],
    ['COUNTERPART_MASTER_KEY', Buffer.alloc(16, 7).toString('base64')],
    ['SESSION_SECRET', 'hunter2hunter2'],
    ['HUBSPOT_APP_ID', 'my app'],
  ])('a wrong %s is refused without repeating its value', (name, value) => {
    const result = parseConfig({ ...LIVE, [name]: value });
    expect(result).toMatchObject({ ok: false, variable: name });
    expect(result.ok ? '' : result.message).not.toContain(value);
  });

  describe('half a configuration', () => {
    const halves = Object.keys(LIVE).flatMap((name) => [
      [`only ${name}`, Object.fromEntries(Object.entries(LIVE).filter(([key]) => key === name))] as const,
      [`all but ${name}`, Object.fromEntries(Object.entries(LIVE).filter(([key]) => key !== name))] as const,
    ]);

    test.each(halves)('%s: is refused, names what is missing and says no value', (_title, environment) => {
      const result = parseConfig(environment);
      if (result.ok) throw new Error('half a configuration was taken for a whole one');
      expect(Object.keys(environment)).not.toContain(result.variable);
      expect(result.message).toContain(`${result.variable} is missing`);
      for (const value of Object.values(environment)) expect(result.message).not.toContain(value);
    });

    test('live mode asked for with nothing else says so', () => {
      const result = parseConfig({ COUNTERPART_MODE: 'live' });
      expect(result.ok ? '' : result.message).toMatch(/^PUBLIC_URL is missing \(COUNTERPART_MODE is live/);
    });
  });

  test('practice on a database of one’s own has to be said, so that no real database is ever filled with examples', () => {
    expect(parseConfig({ DATABASE_URL: LIVE.DATABASE_URL })).toMatchObject({ ok: false });
    expect(parseConfig({ DATABASE_URL: LIVE.DATABASE_URL, COUNTERPART_MODE: 'practice' })).toMatchObject({
      ok: true,
      config: { mode: 'practice' },
    });
  });
});
