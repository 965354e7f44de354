/** What a developer project declares about an app, as far as the portal acts on it (HubSpot docs, App configuration, Webhooks, Cards). */
export interface WebhookSubscription {
  /** Classic (`deal.propertyChange`) or generic (`object.propertyChange`, with `objectType`). */
  readonly subscriptionType: string;
  /** Singular name, for `object.*` subscriptions only. */
  readonly objectType?: string;
  /** For `*.propertyChange` only. */
  readonly propertyName?: string;
}

export interface ExtensionManifest {
  readonly uid: string;
  readonly title: string;
  readonly location: string;
  /** Lower-case plurals, as in a card's configuration. */
  readonly objectTypes: readonly string[];
  /** File name of the built bundle below `/bundles/`. */
  readonly bundle: string;
  readonly previewImage?: string;
}

export interface AppManifest {
  readonly appId: number;
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUrls: readonly string[];
  readonly requiredScopes: readonly string[];
  readonly optionalScopes: readonly string[];
  /** `permittedUrls.fetch`: https origins that a card may call. */
  readonly permittedUrls: readonly string[];
  readonly webhooks?: { readonly targetUrl: string; readonly subscriptions: readonly WebhookSubscription[] };
  readonly extensions: readonly ExtensionManifest[];
}
