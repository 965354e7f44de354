/**
 * The environment, read once and checked once. Nothing configured means practice mode; a whole configuration means live mode; half of
 * one is refused with a single sentence that names the variable and what belongs in it. No sentence contains a value.
 */
import { z } from 'zod';

export type HubSpotSettings = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The secret before the last rotation, still accepted on signatures; null when there is none. */
  readonly clientSecretPrevious: string | null;
  readonly appId: string;
  /** Origin of the API, e.g. `https://api.hubapi.com`. */
  readonly apiBase: string;
  /** Where a browser goes to authorise, e.g. `https://app.hubspot.com/oauth/authorize`. */
  readonly authorizeUrl: string;
};

export type SalesforceSettings = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Origin of the usual sign-in page, e.g. `https://login.salesforce.com`. */
  readonly loginUrl: string;
  /** `host:port` of the Pub/Sub API; on this machine it is spoken to without TLS. */
  readonly pubSubEndpoint: string;
};

type CommonConfig = {
  readonly port: number;
  readonly bindAddress: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** How many reverse proxies stand in front; their forwarded address is believed only this far. */
  readonly trustedProxies: number;
  /** Bearer token that `/metrics` asks for; null serves it to loopback callers only. */
  readonly metricsToken: string | null;
  readonly dataDir: string;
};

export type LiveConfig = CommonConfig & {
  readonly mode: 'live';
  readonly publicUrl: string;
  readonly databaseUrl: string;
  /** Null: this server does not offer the CRM. At least one of the two is there. */
  readonly hubspot: HubSpotSettings | null;
  readonly salesforce: SalesforceSettings | null;
  readonly masterKey: Uint8Array;
  readonly sessionSecret: string;
};
export type PracticeConfig = CommonConfig & {
  readonly mode: 'practice';
  /** A database of one's own instead of the embedded one; set together with COUNTERPART_MODE=practice only. */
  readonly databaseUrl: string | null;
  readonly publicUrl: string | null;
};
export type Config = LiveConfig | PracticeConfig;

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly variable: string; readonly message: string };

const PORT_DEFAULT = 4600;
const SESSION_SECRET_LENGTH_MIN = 32;
const MASTER_KEY_BYTES = 32;

/** What each variable should look like, in the words of the sentence that asks for it. */
const EXPECTED = {
  PORT: 'a port number between 1 and 65535, or 0 for any free one',
  BIND_ADDRESS: 'an address to listen on, for example 127.0.0.1 or 0.0.0.0',
  LOG_LEVEL: 'one of debug, info, warn, error, silent',
  TRUSTED_PROXIES: 'the number of reverse proxies in front of this server, 0 to 5',
  METRICS_TOKEN: 'at least 16 characters that the metrics collector sends as bearer token',
  DATA_DIR: 'a folder that this process may write to',
  COUNTERPART_MODE: 'practice or live',
  PUBLIC_URL: 'the https origin under which this server is reached, for example https://contracts.example.com',
  DATABASE_URL: 'a PostgreSQL address, for example postgresql://user:password@host:5432/counterpart',
  HUBSPOT_CLIENT_ID: "the client id on the HubSpot app's Auth page",
  HUBSPOT_CLIENT_SECRET: "the client secret on the HubSpot app's Auth page",
  HUBSPOT_CLIENT_SECRET_PREVIOUS: 'the client secret before the last rotation',
  HUBSPOT_APP_ID: 'the numeric id of the HubSpot app',
  HUBSPOT_API_BASE: 'an origin such as https://api.hubapi.com',
  HUBSPOT_AUTHORIZE_URL: 'an address such as https://app.hubspot.com/oauth/authorize',
  SALESFORCE_CLIENT_ID: 'the consumer key of the External Client App',
  SALESFORCE_CLIENT_SECRET: 'the consumer secret of the External Client App',
  SALESFORCE_LOGIN_URL: 'an origin such as https://login.salesforce.com',
  SALESFORCE_PUBSUB_ENDPOINT: 'a host and port such as api.pubsub.salesforce.com:7443',
  COUNTERPART_MASTER_KEY: '32 random bytes in base64, for example from: openssl rand -base64 32',
  SESSION_SECRET: 'at least 32 random characters, for example from: openssl rand -base64 32',
} as const;
type Variable = keyof typeof EXPECTED;
const isVariable = (name: PropertyKey | undefined): name is Variable => typeof name === 'string' && name in EXPECTED;

const SERVER_VARIABLES = [
  'PUBLIC_URL',
  'DATABASE_URL',
  'COUNTERPART_MASTER_KEY',
  'SESSION_SECRET',
] as const satisfies readonly Variable[];
/** What each CRM's app needs: all of them, or none where the CRM is not offered. */
const HOST_VARIABLES = {
  HubSpot: ['HUBSPOT_CLIENT_ID', 'HUBSPOT_CLIENT_SECRET', 'HUBSPOT_APP_ID'],
  Salesforce: ['SALESFORCE_CLIENT_ID', 'SALESFORCE_CLIENT_SECRET'],
} as const satisfies Record<string, readonly Variable[]>;
const LIVE_VARIABLES = [...SERVER_VARIABLES, ...HOST_VARIABLES.HubSpot, ...HOST_VARIABLES.Salesforce] as const;

const origin = z.url({ protocol: /^https?$/ }).refine((text) => URL.canParse(text) && new URL(text).pathname === '/');
const endpoint = z.string().regex(/^[A-Za-z0-9.-]{1,253}:\d{1,5}$/);
const masterKey = z.base64().transform((text, context) => {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  if (bytes.length !== MASTER_KEY_BYTES) context.addIssue('the key has another length');
  return bytes;
});

const environmentSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(PORT_DEFAULT),
  BIND_ADDRESS: z.string().min(2).max(255).optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(5).default(0),
  METRICS_TOKEN: z.string().min(16).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  COUNTERPART_MODE: z.enum(['practice', 'live']).optional(),
  PUBLIC_URL: origin.optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  HUBSPOT_CLIENT_ID: z.string().min(8).optional(),
  HUBSPOT_CLIENT_SECRET: z.string().min(16).optional(),
  HUBSPOT_CLIENT_SECRET_PREVIOUS: z.string().min(16).optional(),
  HUBSPOT_APP_ID: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  HUBSPOT_API_BASE: origin.default('https://api.hubapi.com'),
  HUBSPOT_AUTHORIZE_URL: z.url({ protocol: /^https?$/ }).default('https://app.hubspot.com/oauth/authorize'),
  SALESFORCE_CLIENT_ID: z.string().min(8).optional(),
  SALESFORCE_CLIENT_SECRET: z.string().min(16).optional(),
  SALESFORCE_LOGIN_URL: origin.default('https://login.salesforce.com'),
  SALESFORCE_PUBSUB_ENDPOINT: endpoint.default('api.pubsub.salesforce.com:7443'),
  COUNTERPART_MASTER_KEY: masterKey.optional(),
  SESSION_SECRET: z.string().min(SESSION_SECRET_LENGTH_MIN).optional(),
});
type Environment = z.infer<typeof environmentSchema>;

/** Parses the environment. An empty variable counts as absent, as shells and container files leave them. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): ConfigResult {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const name = parsed.error.issues[0]?.path[0];
    return isVariable(name)
      ? refuse(name, `${name} must be ${EXPECTED[name]}.`)
      : refuse('PORT', 'The environment could not be read.');
  }
  const values = parsed.data;
  const set = LIVE_VARIABLES.filter((name) => values[name] !== undefined);
  if (values.COUNTERPART_MODE === 'practice' || (set.length === 0 && values.COUNTERPART_MODE === undefined)) {
    return { ok: true, config: practiceConfig(values) };
  }
  return liveConfig(values, set[0]);
}

function practiceConfig(values: Environment): PracticeConfig {
  return {
    ...commonConfig(values, '127.0.0.1'),
    mode: 'practice',
    databaseUrl: values.DATABASE_URL ?? null,
    publicUrl: values.PUBLIC_URL === undefined ? null : new URL(values.PUBLIC_URL).origin,
  };
}

function liveConfig(values: Environment, because: Variable | undefined): ConfigResult {
  const missing = SERVER_VARIABLES.find((name) => values[name] === undefined) ?? missingOfHosts(values);
  const { PUBLIC_URL, DATABASE_URL, COUNTERPART_MASTER_KEY, SESSION_SECRET } = values;
  if (
    missing !== null ||
    PUBLIC_URL === undefined ||
    DATABASE_URL === undefined ||
    COUNTERPART_MASTER_KEY === undefined ||
    SESSION_SECRET === undefined
  ) {
    const name = missing ?? 'PUBLIC_URL';
    const why = because === undefined ? 'COUNTERPART_MODE is live' : `${because} is set`;
    return refuse(name, `${name} is missing (${why}, so this is a live server): set it to ${EXPECTED[name]}.`);
  }
  if (!isSafeOrigin(PUBLIC_URL)) return refuse('PUBLIC_URL', `PUBLIC_URL must be ${EXPECTED.PUBLIC_URL}.`);
  return {
    ok: true,
    config: {
      ...commonConfig(values, '0.0.0.0'),
      mode: 'live',
      publicUrl: new URL(PUBLIC_URL).origin,
      databaseUrl: DATABASE_URL,
      masterKey: COUNTERPART_MASTER_KEY,
      sessionSecret: SESSION_SECRET,
      hubspot: hubSpotSettings(values),
      salesforce: salesforceSettings(values),
    },
  };
}

/** The first variable that a CRM's app lacks; where none of either is set, HubSpot's first one. */
function missingOfHosts(values: Environment): Variable | null {
  const begun = Object.values(HOST_VARIABLES).filter((names) => names.some((name) => values[name] !== undefined));
  if (begun.length === 0) return HOST_VARIABLES.HubSpot[0];
  return begun.flat().find((name) => values[name] === undefined) ?? null;
}

function hubSpotSettings(values: Environment): HubSpotSettings | null {
  const { HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET, HUBSPOT_APP_ID } = values;
  if (HUBSPOT_CLIENT_ID === undefined || HUBSPOT_CLIENT_SECRET === undefined || HUBSPOT_APP_ID === undefined)
    return null;
  return {
    clientId: HUBSPOT_CLIENT_ID,
    clientSecret: HUBSPOT_CLIENT_SECRET,
    clientSecretPrevious: values.HUBSPOT_CLIENT_SECRET_PREVIOUS ?? null,
    appId: HUBSPOT_APP_ID,
    apiBase: new URL(values.HUBSPOT_API_BASE).origin,
    authorizeUrl: values.HUBSPOT_AUTHORIZE_URL,
  };
}

function salesforceSettings(values: Environment): SalesforceSettings | null {
  const { SALESFORCE_CLIENT_ID, SALESFORCE_CLIENT_SECRET } = values;
  if (SALESFORCE_CLIENT_ID === undefined || SALESFORCE_CLIENT_SECRET === undefined) return null;
  return {
    clientId: SALESFORCE_CLIENT_ID,
    clientSecret: SALESFORCE_CLIENT_SECRET,
    loginUrl: new URL(values.SALESFORCE_LOGIN_URL).origin,
    pubSubEndpoint: values.SALESFORCE_PUBSUB_ENDPOINT,
  };
}

function commonConfig(values: Environment, bindAddressDefault: string): CommonConfig {
  return {
    port: values.PORT,
    bindAddress: values.BIND_ADDRESS ?? bindAddressDefault,
    logLevel: values.LOG_LEVEL,
    trustedProxies: values.TRUSTED_PROXIES,
    metricsToken: values.METRICS_TOKEN ?? null,
    dataDir: values.DATA_DIR,
  };
}

/** Signatures, cookies and OAuth redirects need https; a loopback address is let through for trials on one machine. */
function isSafeOrigin(text: string): boolean {
  const url = new URL(text);
  return url.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

function refuse(variable: Variable, message: string): ConfigResult {
  return { ok: false, variable, message };
}
