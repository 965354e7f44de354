/**
 * JSON Schemas of the project components we use, written from HubSpot's templates and its app configuration reference (HubSpot docs,
 * App configuration, App cards, Webhooks, Settings). HubSpot's own schemas are served only to signed-in accounts; the parsing library
 * applies these in their place, with all of its built-in structural checks.
 */
const SCOPE = { type: 'string', pattern: '^[a-z0-9_.-]+$' } as const;
const HTTPS_ORIGIN = { type: 'string', pattern: '^https://(?!localhost)[A-Za-z0-9.-]+$' } as const;
const HTTPS_URL = { type: 'string', pattern: '^https://[^\\s$]+$', maxLength: 250 } as const;

const application = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'description', 'distribution', 'permittedUrls'],
  properties: {
    name: { type: 'string', minLength: 1 },
    description: { type: 'string', minLength: 1 },
    distribution: { enum: ['marketplace', 'private'] },
    auth: {
      type: 'object',
      additionalProperties: false,
      required: ['type', 'redirectUrls', 'requiredScopes'],
      properties: {
        // A marketplace app signs in by OAuth only (HubSpot docs, App listing requirements).
        type: { const: 'oauth' },
        redirectUrls: { type: 'array', minItems: 1, items: HTTPS_URL },
        requiredScopes: { type: 'array', uniqueItems: true, items: SCOPE, contains: { const: 'oauth' } },
        optionalScopes: { type: 'array', uniqueItems: true, items: SCOPE },
        conditionallyRequiredScopes: { type: 'array', uniqueItems: true, items: SCOPE },
      },
    },
    permittedUrls: {
      type: 'object',
      additionalProperties: false,
      required: ['fetch'],
      properties: {
        fetch: { type: 'array', items: HTTPS_ORIGIN },
        iframe: { type: 'array', items: HTTPS_ORIGIN },
        img: { type: 'array', items: HTTPS_ORIGIN },
      },
    },
    support: {
      type: 'object',
      additionalProperties: false,
      properties: {
        supportEmail: { type: 'string', pattern: '^[^@\\s]+@[^@\\s]+$' },
        documentationUrl: HTTPS_URL,
        supportUrl: HTTPS_URL,
        supportPhone: { type: 'string', pattern: '^\\+\\d{7,15}$' },
      },
    },
  },
} as const;

const card = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'entrypoint', 'location', 'objectTypes'],
  properties: {
    name: { type: 'string', minLength: 1 },
    description: { type: 'string' },
    previewImage: {
      type: 'object',
      required: ['file', 'altText'],
      properties: { file: { type: 'string', pattern: '\\.(png|jpe?g|gif)$' }, altText: { type: 'string' } },
    },
    entrypoint: { type: 'string', pattern: '^/app/cards/[A-Za-z]+\\.(tsx|jsx|ts|js)$' },
    location: { enum: ['crm.record.tab', 'crm.record.sidebar', 'crm.preview', 'helpdesk.sidebar'] },
    objectTypes: { type: 'array', minItems: 1, items: { enum: ['contacts', 'companies', 'deals', 'tickets'] } },
  },
} as const;

const settings = {
  type: 'object',
  additionalProperties: false,
  required: ['entrypoint'],
  properties: { entrypoint: { type: 'string', pattern: '^/app/settings/[A-Za-z]+\\.(tsx|jsx)$' } },
} as const;

const OBJECT_EVENT = '^object\\.(creation|deletion|merge|restore|propertyChange|associationChange)$';
const webhooks = {
  type: 'object',
  additionalProperties: false,
  required: ['settings', 'subscriptions'],
  properties: {
    settings: {
      type: 'object',
      additionalProperties: false,
      required: ['targetUrl', 'maxConcurrentRequests'],
      // Concurrency must exceed five (HubSpot docs, Webhooks).
      properties: { targetUrl: HTTPS_URL, maxConcurrentRequests: { type: 'integer', minimum: 6 } },
    },
    subscriptions: {
      type: 'object',
      additionalProperties: false,
      properties: {
        crmObjects: {
          type: 'array',
          maxItems: 1000,
          uniqueItems: true,
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['subscriptionType', 'objectType', 'active'],
            properties: {
              subscriptionType: { type: 'string', pattern: OBJECT_EVENT },
              objectType: { enum: ['contact', 'company', 'deal', 'ticket'] },
              // Neither can be subscribed to (HubSpot docs, Webhooks).
              propertyName: { type: 'string', not: { enum: ['hs_lastmodifieddate', 'num_unique_conversion_events'] } },
              active: { type: 'boolean' },
            },
            if: { properties: { subscriptionType: { const: 'object.propertyChange' } } },
            // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
            then: { required: ['propertyName'] },
          },
        },
        legacyCrmObjects: { type: 'array' },
        hubEvents: {
          type: 'array',
          items: {
            type: 'object',
            required: ['subscriptionType', 'active'],
            properties: {
              subscriptionType: { enum: ['contact.privacyDeletion', 'conversation.creation', 'conversation.deletion'] },
              active: { type: 'boolean' },
            },
          },
        },
      },
    },
  },
} as const;

/** By the component type of the parsing library's representation. */
export const COMPONENT_SCHEMAS = {
  APPLICATION: application,
  CARD: card,
  SETTINGS: settings,
  WEBHOOKS: webhooks,
} as const;
