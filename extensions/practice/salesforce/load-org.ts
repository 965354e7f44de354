/** Bulk data for an org, put in as if it had always been there: back-dated, without triggers, events or checks. */
import { z } from 'zod';
import { type FieldValue, instantText } from './field-value.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { PracticeOrg } from './practice-org.ts';
import { longId, readId } from './record-id.ts';
import { deriveStage, numberRecord } from './save-record.ts';
import { CLOSED_CASE_STATUSES } from './standard-objects.ts';

const ID_LENGTH = 15;

const Instant = z
  .union([z.number(), z.string().transform((text) => Date.parse(text))])
  .refine((at) => Number.isFinite(at), 'not an instant');

const SeedRow = z.object({
  /** 15 or 18 characters. */
  id: z.string().regex(/^[0-9A-Za-z]{15}([0-9A-Za-z]{3})?$/),
  /** References by 15- or 18-character id. */
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  createdAt: Instant,
  modifiedAt: Instant.optional(),
});

const SeedUser = z.object({
  id: z.string().regex(/^[0-9A-Za-z]{15}([0-9A-Za-z]{3})?$/),
  firstName: z.string(),
  lastName: z.string(),
  email: z.string(),
  isAdmin: z.boolean().default(false),
  /** `en_US` or `zh_CN`. */
  language: z.string().default('en_US'),
  locale: z.string().default('en_GB'),
  timeZone: z.string().default('Europe/London'),
  /** API names with prefix. */
  permissionSets: z.array(z.string()).default([]),
});

/** What a new org is filled with: users first, then records by object API name. */
export const OrgSeed = z.object({
  users: z.array(SeedUser).default([]),
  records: z.record(z.string(), z.array(SeedRow)).default({}),
});
export type OrgSeed = z.input<typeof OrgSeed>;

type SeedRow = z.infer<typeof SeedRow>;
type SeedUser = z.infer<typeof SeedUser>;

/** Puts the seed into the org; rows with an id that is there already are overwritten. Throws when the seed does not parse. */
export function loadOrg(org: PracticeOrg, seed: OrgSeed): void {
  const data = OrgSeed.parse(seed);
  for (const user of data.users) putUser(org, user);
  for (const [name, rows] of Object.entries(data.records)) {
    const object = org.schema().findObject(name);
    if (object === undefined) throw new Error(`the org has no object ${name}`);
    for (const row of rows) putRow(org, object, row);
  }
  org.records.takeLog();
}

const fullId = (id: string): string => longId(id.slice(0, ID_LENGTH));

/** A user with a licence, and what the org knows of the person beside the record. */
export function putUser(org: PracticeOrg, user: SeedUser): void {
  const id = fullId(user.id);
  const object = org.schema().objects.get('User');
  if (object === undefined) throw new Error('the org has users');
  putRow(org, object, {
    id,
    createdAt: Date.parse('2020-01-06T08:00:00Z'),
    values: {
      Username: user.email,
      FirstName: user.firstName,
      LastName: user.lastName,
      Name: `${user.firstName} ${user.lastName}`.trim(),
      Email: user.email,
      CompanyName: org.profile.name,
      TimeZoneSidKey: user.timeZone,
      LocaleSidKey: user.locale,
      LanguageLocaleKey: user.language,
    },
  });
  org.members.put(id, {
    userId: id,
    isAdmin: user.isAdmin,
    permissionSets: user.permissionSets,
    theme: 'light',
    density: 'comfy',
  });
}

function putRow(org: PracticeOrg, object: ObjectDefinition, row: SeedRow): void {
  const id = fullId(row.id);
  const values: Record<string, FieldValue> = {};
  for (const field of object.fields) if (field.defaultValue !== null) values[field.name] = field.defaultValue;
  const given = Object.fromEntries(
    Object.entries(row.values).flatMap(([name, value]) => storedValue(org, object, { name, value })),
  );
  const created = instantText(row.createdAt);
  const modified = instantText(row.modifiedAt ?? row.createdAt);
  const owner = object.fields.some(({ name }) => name === 'OwnerId') ? { OwnerId: org.adminId } : {};
  Object.assign(values, owner, given, {
    Id: id,
    IsDeleted: given.IsDeleted === true,
    CreatedDate: created,
    CreatedById: org.adminId,
    LastModifiedDate: modified,
    LastModifiedById: org.adminId,
    SystemModstamp: modified,
  });
  deriveStage(object.name, { before: undefined, values, given });
  if (object.name === 'Case') values.IsClosed = CLOSED_CASE_STATUSES.has(String(values.Status));
  numberRecord(org, object, values);
  org.records.put({ id, object: object.name, values, deletedWith: null });
}

/** Fields of a package that is not installed are left out, so that one seed serves both states. */
function storedValue(
  org: PracticeOrg,
  object: ObjectDefinition,
  { name, value }: { readonly name: string; readonly value: FieldValue },
): readonly (readonly [string, FieldValue])[] {
  const field = org.schema().findField(object, name);
  if (field === undefined) {
    if (org.installedPackage() === null && name.includes('__')) return [];
    throw new Error(`the object ${object.name} has no field ${name}`);
  }
  return [[field.name, field.type === 'reference' && typeof value === 'string' ? readId(value) : value]];
}
