/** Reads the HubSpot project's own files, so that the practice portal installs the very app that would be uploaded. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { AppManifest, ExtensionManifest, WebhookSubscription } from './hubspot/manifest.ts';

const appFile = z.object({
  config: z.object({
    name: z.string(),
    auth: z.object({ requiredScopes: z.array(z.string()), optionalScopes: z.array(z.string()) }),
  }),
});
const cardFile = z.object({
  uid: z.string(),
  config: z.object({
    name: z.string(),
    location: z.string(),
    objectTypes: z.array(z.string()),
    entrypoint: z.string(),
  }),
});
const crmSubscription = z.object({
  subscriptionType: z.string(),
  objectType: z.string().optional(),
  propertyName: z.string().optional(),
  active: z.boolean(),
});
const webhooksFile = z.object({
  config: z.object({
    subscriptions: z.object({
      crmObjects: z.array(crmSubscription).default([]),
      legacyCrmObjects: z.array(crmSubscription).default([]),
      hubEvents: z.array(crmSubscription).default([]),
    }),
  }),
});

export type AppSecrets = { readonly appId: number; readonly clientId: string; readonly clientSecret: string };

/**
 * @param projectDir the HubSpot project's source folder.
 * @param origins where the app is reached: `public` as HubSpot would know it, `browser` as this machine's browser does.
 */
export function readAppManifest(
  projectDir: string,
  secrets: AppSecrets,
  origins: { readonly public: string; readonly browser: string },
): AppManifest {
  const app = appFile.parse(readJson(path.join(projectDir, 'app/app-hsmeta.json')));
  const { subscriptions } = webhooksFile.parse(readJson(onlyMetaFile(path.join(projectDir, 'app/webhooks')))).config;
  const all = [...subscriptions.crmObjects, ...subscriptions.legacyCrmObjects, ...subscriptions.hubEvents];
  return {
    ...secrets,
    name: app.config.name,
    redirectUrls: [`${origins.browser}/oauth/hubspot/callback`],
    requiredScopes: app.config.auth.requiredScopes,
    optionalScopes: app.config.auth.optionalScopes,
    permittedUrls: [origins.public],
    webhooks: {
      targetUrl: `${origins.public}/webhooks/hubspot`,
      subscriptions: all.filter(({ active }) => active).map(subscription),
    },
    extensions: metaFiles(path.join(projectDir, 'app/cards')).map((file) => extension(cardFile.parse(readJson(file)))),
  };
}

function subscription({
  subscriptionType,
  objectType,
  propertyName,
}: z.infer<typeof crmSubscription>): WebhookSubscription {
  return {
    subscriptionType,
    ...(objectType === undefined ? {} : { objectType }),
    ...(propertyName === undefined ? {} : { propertyName }),
  };
}

function extension({ uid, config }: z.infer<typeof cardFile>): ExtensionManifest {
  return {
    uid,
    title: config.name,
    location: config.location,
    objectTypes: config.objectTypes,
    bundle: `${path.basename(config.entrypoint, path.extname(config.entrypoint))}.js`,
  };
}

const metaFiles = (folder: string): string[] =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('-hsmeta.json'))
    .toSorted()
    .map((name) => path.join(folder, name));

function onlyMetaFile(folder: string): string {
  const [file] = metaFiles(folder);
  if (file === undefined) throw new Error(`${folder} declares no feature`);
  return file;
}

const readJson = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'));
