import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  comparableName,
  MATCH_REASONS,
  type MatchFacts,
  registeredDomain,
  SCORE_MAX,
  SCORE_MIN,
  scoreDealMatch,
  scoreMatch,
} from '../../../server/domain/record-match.ts';
import { MATCH_REASON_CODES } from '../../../app/wire/record-match.ts';

describe('names without their legal form', () => {
  test.each([
    ['Northwind Hosting Ltd', 'Northwind Hosting Limited'],
    ['NORTHWIND  HOSTING, LTD.', 'Northwind Hosting'],
    ['The Harbour Company, Inc.', 'Harbour Co'],
    ['Müller & Söhne GmbH & Co. KG', 'Muller und Sohne'],
    ['Société Générale S.A.', 'Societe Generale'],
    ['云岫软件（上海）有限公司', '云岫软件(上海)有限责任公司'],
    ['青禾人力资源服务股份有限公司', '青禾人力资源服务'],
    ['株式会社ミナト', 'ミナト株式会社'],
    ['Tern Hosting GmbH', 'ＴＥＲＮ　Ｈｏｓｔｉｎｇ　ＧｍｂＨ'],
  ])('%s is %s', (one, other) => {
    expect(comparableName(one)).not.toBeNull();
    expect(comparableName(one)?.replace(' und ', ' and ')).toBe(comparableName(other)?.replace(' und ', ' and '));
  });

  test.each([
    ['Northwind Hosting Ltd', 'Northwind Housing Ltd'],
    ['Limited Brands', 'Brands'],
    ['云岫软件有限公司', '云岫硬件有限公司'],
  ])('%s is not %s', (one, other) => {
    expect(comparableName(one)).not.toBe(comparableName(other));
  });

  test.each([null, '', '   ', '.', 'X'])('%j tells nothing apart', (name) => {
    expect(comparableName(name)).toBeNull();
  });

  test('what a name is compared by is compared by itself, whatever the name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (name) => {
        const once = comparableName(name);
        expect(comparableName(once)).toBe(once);
      }),
    );
  });
});

describe('registered domains', () => {
  test.each([
    ['https://www.northwind.example/about?x=1', 'northwind.example'],
    ['mail.eu.northwind.co.uk', 'northwind.co.uk'],
    ['sales@Northwind.com.cn', 'northwind.com.cn'],
    ['northwind.io:8443', 'northwind.io'],
    ['co.uk', null],
    ['gmail.com', null],
    ['someone@qq.com', null],
    ['shop.myshopify.com', null],
    ['localhost', null],
    ['192.168.0.1', null],
    ['not a domain', null],
    ['', null],
    [null, null],
  ])('%s is %s', (written, domain) => {
    expect(registeredDomain(written)).toBe(domain);
  });

  test('a registered domain is its own, whatever was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.domain(), fc.emailAddress(), fc.string()), (written) => {
        const once = registeredDomain(written);
        if (once !== null) expect(registeredDomain(once)).toBe(once);
      }),
    );
  });
});

const facts = (more: Partial<MatchFacts> & { name?: string | null; domain?: string | null }): MatchFacts => ({
  recordId: '1',
  name: null,
  country: null,
  city: null,
  otherId: null,
  ...more,
  comparableName: comparableName(more.name ?? null),
  domain: registeredDomain(more.domain ?? null),
});

describe('scores', () => {
  const left = facts({ recordId: 'L', name: 'Northwind Hosting Ltd', domain: 'northwind.example', city: 'Leeds' });

  test.each([
    [
      'the same domain and name',
      { name: 'Northwind Hosting Limited', domain: 'www.northwind.example' },
      ['same_domain', 'same_name_without_form'],
    ],
    ['a name alone', { name: 'Northwind Hosting Ltd' }, ['same_name']],
    ['a domain alone', { name: 'NWH', domain: 'northwind.example' }, ['same_domain']],
    ['an id that the other record knows', { otherId: 'L', name: 'Anything' }, ['external_id']],
  ])('%s is a suggestion, and says why', (_title, right, reasons) => {
    expect(scoreMatch(left, facts({ recordId: 'R', ...right }))?.reasons).toEqual(reasons);
  });

  test.each([
    ['nothing in common', { name: 'Contoso', domain: 'contoso.example' }],
    ['similar names alone', { name: 'Northwind Traders' }],
    ['the same name under another domain', { name: 'Northwind Hosting Limited', domain: 'northwind-hosting.example' }],
    ['a city alone', { city: 'Leeds' }],
  ])('%s is none', (_title, right) => {
    expect(scoreMatch(left, facts({ recordId: 'R', ...right }))).toBeNull();
  });

  test('more evidence never scores less, and two kinds of evidence score more than one', () => {
    const name = scoreMatch(left, facts({ recordId: 'R', name: 'Northwind Hosting Ltd' }))?.score ?? 0;
    const both = scoreMatch(left, facts({ recordId: 'R', name: 'Northwind Hosting Ltd', domain: 'northwind.example' }));
    expect(both?.score).toBeGreaterThan(name);
  });

  test('deals are matched by name or by a contract that both carry', () => {
    const deal = facts({ recordId: 'A', name: 'Hosting renewal' });
    const other = facts({ recordId: 'B', name: 'Something else' });
    expect(
      scoreDealMatch(deal, facts({ recordId: 'B', name: 'hosting renewal' }), { sharesContract: false }),
    ).not.toBeNull();
    expect(scoreDealMatch(deal, other, { sharesContract: true })?.reasons).toEqual(['same_contract']);
    expect(scoreDealMatch(deal, other, { sharesContract: false })).toBeNull();
  });

  const anyFacts = fc.record({
    recordId: fc.constantFrom('L', 'R', 'X'),
    name: fc.option(fc.constantFrom('Northwind Ltd', 'Northwind', '北风有限公司', '北风软件', 'Contoso')),
    domain: fc.option(fc.constantFrom('northwind.example', 'contoso.example', 'gmail.com')),
    country: fc.option(fc.constantFrom('GB', 'China', 'CN')),
    city: fc.option(fc.constantFrom('Leeds', 'leeds ', '上海')),
    otherId: fc.option(fc.constantFrom('L', 'R')),
  });

  test('which record stands left does not matter, and every score is one that is worth a look', () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, (one, other) => {
        const [a, b] = [facts(one), facts(other)];
        const score = scoreMatch(a, b);
        expect(scoreMatch(b, a)).toEqual(score);
        if (score === null) return;
        expect(score.score).toBeGreaterThanOrEqual(SCORE_MIN);
        expect(score.score).toBeLessThanOrEqual(SCORE_MAX);
        expect(new Set(score.reasons).size).toBe(score.reasons.length);
      }),
    );
  });

  test('every reason has a place on the wire', () => {
    expect(MATCH_REASON_CODES).toEqual(MATCH_REASONS);
  });
});
