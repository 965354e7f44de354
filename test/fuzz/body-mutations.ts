/** Changes of a JSON body. The request is signed afterwards, so that only the body can be wrong. */
import { bytesOf, type Json, type RawRequest, render } from './request.ts';
import {
  BOUNDED,
  changedAt,
  type Expectation,
  isList,
  type JsonPlace,
  type Mutation,
  type MutationContext,
  type Mutated,
  placesOf,
  pointerOf,
  refusedWith,
  textWith,
  UNDERSTOOD,
} from './mutation.ts';

const DEPTH = 10_000;
const BODY_BYTES_MAX = 1_000_000;
const TEN_MEGABYTES = 10_000_000;
/** Well-formed but wrong: by the schema, by the contract's rules, or because nothing has this name. */
const WRONG_VALUE = [404, 409, 422] as const;

export const NASTY_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '../../../../etc/passwd',
  "' OR 1=1 --",
  '"; DROP TABLE contract; --',
  '${7*7}{{7*7}}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'NaN',
  'Infinity',
  '-0',
  '1e309',
  'null',
  'undefined',
  '[object Object]',
  '\u202etxt.exe',
  '\ufeffactive',
  'ＡＣＴＩＶＥ',
  'ACTIVE',
  '%s%n%x',
  '\r\nset-cookie: a=b',
  '=HYPERLINK("http://evil.example")',
  '١٢٣',
  '👩‍👩‍👧‍👦',
  'İ',
];

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T/;
const WRONG_DATES = [
  '2026-02-30',
  '2026-13-01',
  '0000-00-00',
  '9999-99-99',
  '2026-1-1',
  '26-01-01',
  '2026-01-01T00:00:00Z',
  '２０２６-01-01',
];
const EDGE_DATES = ['0000-01-01', '0001-01-01', '1582-10-10', '9999-12-31'];
const WRONG_INSTANTS = [
  '2026-02-30T00:00:00Z',
  '2026-10-01',
  '2026-10-01T25:00:00Z',
  '2026-10-01T00:00:00+02:00',
  'yesterday',
];
const EDGE_INSTANTS = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '1969-12-31T23:59:59Z',
];
const WRONG_NUMBERS = [
  '1e308',
  '1e400',
  '-1e400',
  '9007199254740992',
  '-9007199254740993',
  '0.5',
  '-1',
  '-2147483649',
  '99999999999',
];
/** Beyond what a money column can hold. */
const WRONG_AMOUNTS = [
  '9'.repeat(20),
  '9'.repeat(40),
  '-'.concat('9'.repeat(30)),
  '1'.repeat(100_000),
  '1.5',
  '',
  '-',
  '0x10',
  '1e5',
];

function json({ draft }: MutationContext): Json | null {
  return draft.access === 'webhook' || draft.body === undefined || Buffer.isBuffer(draft.body) ? null : draft.body;
}

function send(context: MutationContext, bytes: Buffer, expect: Expectation, note: string): Mutated {
  const request: RawRequest = render(context.draft, { origin: context.origin, bytes });
  return { request, expect, note };
}

function place(context: MutationContext, wanted: (place: JsonPlace) => boolean): { body: Json; at: JsonPlace } | null {
  const body = json(context);
  if (body === null) return null;
  const places = placesOf(body).filter(wanted);
  return places.length === 0 ? null : { body, at: context.random.pick(places) };
}

const among = (list: readonly string[] | undefined, { path }: JsonPlace): boolean =>
  list?.includes(pointerOf(path)) === true;

/** Replaces one value that fits `wanted` by one of the choices. */
function replacing(
  name: string,
  wanted: (place: JsonPlace, context: MutationContext) => boolean,
  choose: (place: JsonPlace, context: MutationContext) => { readonly value: Json; readonly expect: Expectation } | null,
): Mutation {
  return {
    name,
    apply: (context) => {
      const found = place(context, (each) => wanted(each, context));
      const chosen = found === null ? null : choose(found.at, context);
      if (found === null || chosen === null) return null;
      const bytes = Buffer.from(JSON.stringify(changedAt(found.body, found.at.path, chosen.value)));
      return send(
        context,
        bytes,
        chosen.expect,
        `${pointerOf(found.at.path)} = ${JSON.stringify(chosen.value).slice(0, 60)}`,
      );
    },
  };
}

const typeOf = (value: Json): string => (value === null ? 'null' : isList(value) ? 'list' : typeof value);
const OTHER_TYPES: readonly Json[] = [true, false, 7, 'text', [], {}, [[]], [null], { a: 1 }];

/** Texts as JSON writes them, so that the very characters arrive. */
const isText = ({ value }: JsonPlace): boolean => typeof value === 'string';

export const BODY_MUTATIONS: readonly Mutation[] = [
  {
    name: 'field removed',
    apply: (context) => {
      const found = place(
        context,
        (each) => typeof each.path.at(-1) === 'string' && !among(context.sample.optional, each),
      );
      if (found === null) return null;
      const bytes = Buffer.from(JSON.stringify(changedAt(found.body, found.at.path, undefined)));
      return send(context, bytes, refusedWith(422), pointerOf(found.at.path));
    },
  },
  {
    name: 'field twice, the last one wrong',
    apply: (context) => {
      const found = place(context, ({ path, value }) => typeof path.at(-1) === 'string' && typeOf(value) !== 'null');
      if (found === null) return null;
      const key = JSON.stringify(String(found.at.path.at(-1)));
      const wrong = typeOf(found.at.value) === 'object' ? '7' : '{}';
      const raw = `${JSON.stringify(found.at.value)},${key}:${wrong}`;
      return send(
        context,
        Buffer.from(textWith(found.body, found.at.path, raw)),
        refusedWith(422),
        pointerOf(found.at.path),
      );
    },
  },
  {
    name: 'field twice, the last one right',
    apply: (context) => {
      const found = place(context, ({ path }) => typeof path.at(-1) === 'string');
      if (found === null) return null;
      const key = JSON.stringify(String(found.at.path.at(-1)));
      const raw = `[[]],${key}:${JSON.stringify(found.at.value)}`;
      return send(context, Buffer.from(textWith(found.body, found.at.path, raw)), UNDERSTOOD, pointerOf(found.at.path));
    },
  },
  replacing(
    'another type',
    () => true,
    ({ value }, { random }) => ({
      // What is null may be a text as well.
      value: random.pick(
        OTHER_TYPES.filter((other) => typeOf(other) !== typeOf(value) && (value !== null || typeof other !== 'string')),
      ),
      expect: refusedWith(422),
    }),
  ),
  replacing(
    'null',
    (each, { sample }) => !among(sample.nullable, each) && each.value !== null,
    () => ({ value: null, expect: refusedWith(422) }),
  ),
  replacing(
    'null where it may be',
    (each, { sample }) => among(sample.nullable, each),
    () => ({ value: null, expect: UNDERSTOOD }),
  ),
  {
    name: 'number out of bounds',
    apply: (context) => {
      const found = place(context, ({ value }) => typeof value === 'number');
      if (found === null) return null;
      const raw = context.random.pick(WRONG_NUMBERS);
      const note = `${pointerOf(found.at.path)} = ${raw}`;
      // A revision may be any whole number: the wrong one is a conflict, or the contract is not there.
      return send(context, Buffer.from(textWith(found.body, found.at.path, raw)), refusedWith(...WRONG_VALUE), note);
    },
  },
  {
    name: 'number that JSON does not have',
    apply: (context) => {
      const found = place(context, ({ value }) => typeof value === 'number');
      if (found === null) return null;
      const raw = context.random.pick(['NaN', 'Infinity', '0x10', '01', '1_000', '+1', '.5', '1.']);
      return send(context, Buffer.from(textWith(found.body, found.at.path, raw)), refusedWith(400), raw);
    },
  },
  replacing('text too long', isText, (_place, { random }) => ({
    value: random.pick(['x', '长', '1', '\u0000']).repeat(random.pick([1_000, 65_536, 150_000])),
    expect: refusedWith(...WRONG_VALUE),
  })),
  replacing(
    'nasty text in a closed field',
    (each, { sample }) => isText(each) && !among(sample.freeText, each),
    (_place, { random }) => ({ value: random.pick(NASTY_TEXTS), expect: refusedWith(...WRONG_VALUE) }),
  ),
  replacing(
    'nasty text in a free field',
    (each, { sample }) => isText(each) && among(sample.freeText, each),
    (_place, { random }) => ({ value: random.pick(NASTY_TEXTS), expect: BOUNDED }),
  ),
  replacing(
    'day that does not exist',
    ({ value }) => typeof value === 'string' && DATE.test(value),
    (_place, { random }) => ({ value: random.pick(WRONG_DATES), expect: refusedWith(...WRONG_VALUE) }),
  ),
  replacing(
    'day at the edge of time',
    ({ value }) => typeof value === 'string' && DATE.test(value),
    (_place, { random }) => ({ value: random.pick(EDGE_DATES), expect: BOUNDED }),
  ),
  replacing(
    'instant that does not exist',
    ({ value }) => typeof value === 'string' && INSTANT.test(value),
    (_place, { random }) => ({ value: random.pick(WRONG_INSTANTS), expect: refusedWith(...WRONG_VALUE) }),
  ),
  replacing(
    'instant at the edge of time',
    ({ value }) => typeof value === 'string' && INSTANT.test(value),
    (_place, { random }) => ({ value: random.pick(EDGE_INSTANTS), expect: BOUNDED }),
  ),
  replacing(
    'amount that no column holds',
    ({ path }) => path.at(-1) === 'minor',
    (_place, { random }) => ({ value: random.pick(WRONG_AMOUNTS), expect: refusedWith(...WRONG_VALUE) }),
  ),
  {
    name: 'unknown key',
    weight: 2,
    apply: (context) => {
      const body = json(context);
      if (body === null || isList(body) || typeof body !== 'object') return null;
      const objects = [{ path: [], value: body }, ...placesOf(body)].filter(({ value }) => typeOf(value) === 'object');
      const { path, value } = context.random.pick(objects);
      const key = context.random.pick([
        '__proto__',
        'constructor',
        'prototype',
        'role',
        'workspaceId',
        'workspace_id',
        'id',
        'isAdmin',
        '$where',
        '',
        'toString',
      ]);
      if (typeof value === 'object' && value !== null && Object.hasOwn(value, key)) return null;
      // A table of columns leaves this one key out instead of refusing it; it reaches nothing.
      const isIgnored = key === '__proto__' && path.at(-1) === 'mapping';
      const content = context.random.pick([
        '{"isAdmin":true}',
        '{"prototype":{"role":"admin"}}',
        '"admin"',
        'null',
        '[]',
        `"${context.other.connection.workspaceId}"`,
      ]);
      const inner = JSON.stringify(value);
      const raw = `{${JSON.stringify(key)}:${content}${inner === '{}' ? '' : ','}${inner.slice(1)}`;
      return send(
        context,
        Buffer.from(textWith(body, path, raw)),
        isIgnored ? BOUNDED : refusedWith(422),
        `${pointerOf(path)}/${key}`,
      );
    },
  },
  {
    name: 'nested too deep',
    apply: (context) => {
      const found = place(context, () => true);
      if (found === null) return null;
      const [open, close] = context.random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      const depth = context.random.pick([33, 100, DEPTH]);
      const raw = `${open.repeat(depth)}1${close.repeat(depth)}`;
      return send(context, Buffer.from(textWith(found.body, found.at.path, raw)), refusedWith(400), `${depth} ${open}`);
    },
  },
  {
    name: 'another body altogether',
    apply: (context) => {
      if (json(context) === null) return null;
      const text = context.random.pick(['[]', 'null', '"text"', '1', 'true', '[{}]', '{"a":1}', '[[[[]]]]']);
      return send(context, Buffer.from(text), refusedWith(422), text);
    },
  },
  {
    name: 'not JSON',
    apply: (context) => {
      const bytes = json(context) === null ? null : bytesOf(context.draft.body);
      if (bytes === null || bytes.length < 4) return null;
      const text = bytes.toString();
      const { random } = context;
      const broken = random.pick([
        '',
        text.slice(0, random.between(1, text.length - 1)),
        `${text}${text}`,
        `${text},`,
        `/* c */${text}`,
        text.replaceAll('"', "'"),
        text.replace('{', '{,'),
        `${text}\u0000`,
        `a=1&b=2`,
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
      ]);
      return send(context, Buffer.from(broken), refusedWith(400), JSON.stringify(broken.slice(0, 40)));
    },
  },
  {
    name: 'another encoding',
    apply: (context) => {
      const bytes = json(context) === null ? null : bytesOf(context.draft.body);
      if (bytes === null) return null;
      const text = bytes.toString();
      const encoded = context.random.pick([
        ['UTF-16LE', Buffer.from(text, 'utf16le')],
        ['UTF-16LE with mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
        [
          'overlong NUL',
          Buffer.concat([
            bytes.subarray(0, -1),
            Buffer.from([0x2c, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31]),
            Buffer.from('}'),
          ]),
        ],
        ['overlong quote', Buffer.concat([Buffer.from([0xe0, 0x80, 0xa2]), bytes])],
        [
          'surrogate bytes',
          Buffer.concat([
            bytes.subarray(0, -1),
            Buffer.from([0x2c, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31]),
            Buffer.from('}'),
          ]),
        ],
        ['latin-1', Buffer.concat([bytes.subarray(0, -1), Buffer.from(',"\u00e9":1}', 'latin1')])],
        ['gzip head', Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), bytes])],
        ['random bytes', Buffer.from(context.random.bytes(64)).fill(0xff, 0, 1)],
      ] as const);
      return send(context, encoded[1], refusedWith(400), encoded[0]);
    },
  },
  {
    name: 'a mark before the JSON, space around it',
    apply: (context) => {
      const bytes = json(context) === null ? null : bytesOf(context.draft.body);
      if (bytes === null) return null;
      const before = context.random.pick(['\ufeff', ' \t\r\n', '\n'.repeat(5_000)]);
      return send(context, Buffer.concat([Buffer.from(before), bytes]), UNDERSTOOD, JSON.stringify(before.slice(0, 5)));
    },
  },
  {
    name: 'too large',
    weight: 0.15,
    apply: (context) => {
      const { access } = context.draft;
      if (access === 'open' || context.draft.body === undefined) return null;
      const isUpload = Buffer.isBuffer(context.draft.body);
      const size =
        isUpload || context.random.chance(0.2) ? TEN_MEGABYTES + 1 : BODY_BYTES_MAX + context.random.between(1, 9);
      return send(context, Buffer.alloc(size, 0x20), refusedWith(413), `${size} bytes`);
    },
  },
  {
    name: 'just not too large',
    weight: 0.05,
    apply: (context) => {
      const bytes = json(context) === null ? null : bytesOf(context.draft.body);
      if (bytes === null) return null;
      const padding = Buffer.alloc(BODY_BYTES_MAX - bytes.length, 0x20);
      return send(context, Buffer.concat([bytes, padding]), UNDERSTOOD, `${BODY_BYTES_MAX} bytes`);
    },
  },
];
