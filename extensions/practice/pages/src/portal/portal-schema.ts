import { z } from 'zod';

// The practice server's page API, parsed at the edge. Unknown keys are dropped, so the server may add fields freely.

const text = z.string();
const properties = z.record(text, z.string().nullable());

export const portalSchema = z.object({
  id: z.coerce.number(),
  name: text,
  uiDomain: text.default(''),
  timeZone: text,
  currency: text,
  locale: text,
  user: z.object({ id: z.coerce.number(), email: text, firstName: text, lastName: text, locale: text.default('en') }),
  installed: z.boolean(),
});

const recordSummarySchema = z.object({
  id: z.coerce.string(),
  properties,
  archived: z.boolean().default(false),
  createdAt: z.union([text, z.number()]).optional(),
  updatedAt: z.union([text, z.number()]).optional(),
});

export const recordPageSchema = z.object({
  total: z.number(),
  results: z.array(recordSummarySchema),
  after: z.coerce.string().optional(),
});

const associationSchema = z.object({ id: z.coerce.string(), name: text.nullish(), label: text.nullish() });

export const recordSchema = recordSummarySchema.extend({
  mergedIds: z.array(z.coerce.string()).default([]),
  associations: z.object({
    deals: z.array(associationSchema).default([]),
    companies: z.array(associationSchema).default([]),
    tickets: z.array(associationSchema).default([]),
  }),
});

export const propertySchema = z.object({
  name: text,
  label: text,
  type: text,
  fieldType: text.default('text'),
  groupName: text.default(''),
  options: z
    .array(z.object({ label: text, value: text, hidden: z.boolean().optional(), displayOrder: z.number().optional() }))
    .default([]),
  hidden: z.boolean().default(false),
  readOnlyValue: z.boolean().default(false),
  description: text.optional(),
});

export const propertyCatalogueSchema = z.object({
  groups: z.array(z.object({ name: text, label: text })),
  properties: z.array(propertySchema),
});

export const pipelineSchema = z.object({
  id: z.coerce.string(),
  label: text,
  stages: z.array(z.object({ id: z.coerce.string(), label: text })),
});

export const ownerSchema = z.object({
  id: z.coerce.string(),
  email: text.default(''),
  firstName: text.default(''),
  lastName: text.default(''),
  userId: z.coerce.number().nullish(),
});

export const filterSchema = z.object({
  property: text,
  operator: text,
  value: z.coerce.string().optional(),
  values: z.array(z.coerce.string()).optional(),
  highValue: z.coerce.string().optional(),
});

export const crmListSchema = z.object({
  id: z.coerce.string(),
  name: text,
  objectType: text,
  filters: z.array(filterSchema).catch([]),
  size: z.number().optional(),
});

export const historyEntrySchema = z.object({
  value: z.string().nullable(),
  timestamp: z.union([text, z.number()]),
  sourceType: text.default(''),
  sourceId: z.coerce.string().nullish(),
  sourceLabel: text.nullish(),
  updatedByUserId: z.coerce.number().nullish(),
});

export const extensionSchema = z.object({
  uid: text,
  title: text,
  location: text,
  objectTypes: z.array(text).default([]),
  bundleUrl: text,
  appId: z.union([text, z.number()]),
  appName: text,
  previewImage: text.nullish(),
});

export const portalEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('record'), objectType: text, id: z.coerce.string() }),
  z.object({ type: z.literal('install') }),
]);

/** What the card proxy answers around the app server's own answer (HubSpot docs, Fetching data: proxy envelope). */
export const proxyEnvelopeSchema = z.object({
  status: z.union([text, z.number()]).optional(),
  responseBody: z.unknown().optional(),
  message: text.optional(),
  context: z.object({ appServerStatusCode: z.array(z.union([text, z.number()])).optional() }).optional(),
});

export type Portal = z.infer<typeof portalSchema>;
export type RecordSummary = z.infer<typeof recordSummarySchema>;
export type RecordPage = z.infer<typeof recordPageSchema>;
export type CrmRecord = z.infer<typeof recordSchema>;
export type Property = z.infer<typeof propertySchema>;
export type PropertyCatalogue = z.infer<typeof propertyCatalogueSchema>;
export type Pipeline = z.infer<typeof pipelineSchema>;
export type Owner = z.infer<typeof ownerSchema>;
export type Filter = z.infer<typeof filterSchema>;
export type CrmList = z.infer<typeof crmListSchema>;
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
export type Extension = z.infer<typeof extensionSchema>;
export type PortalEvent = z.infer<typeof portalEventSchema>;
