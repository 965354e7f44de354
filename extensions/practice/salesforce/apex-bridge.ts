/** How Apex classes of the package are played: the pages post to `/apex/<Class>/<method>`, and a handler answers as the class would. */
export interface ApexCall {
  readonly className: string;
  readonly method: string;
  /** Named arguments of the `@AuraEnabled` method. */
  readonly params: Readonly<Record<string, unknown>>;
  /** 18-character id of the running user. */
  readonly userId: string;
}

/** A value the wire or the promise resolves with, or an `AuraHandledException`. */
export type ApexAnswer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'exception'; readonly message: string };

/** What Apex in this org can do on behalf of the running user. */
export interface ApexOrg {
  readonly orgId: string;
  user(userId: string): { readonly id: string; readonly email: string; readonly name: string } | undefined;
  /** Runs a query in user mode; null when the user may not read a field or object that it names, or the query is wrong. */
  query(userId: string, soql: string): readonly Readonly<Record<string, unknown>>[] | null;
  /** Sends a request through a named credential, with the headers its external credential adds. */
  callout(request: {
    /** `callout:counterpart__Counterpart/v1/card/…` */
    readonly endpoint: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }): Promise<CalloutAnswer>;
}

export type CalloutAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** Timed out, unreachable, or the credential holds no secret: `System.CalloutException`. */
  | { readonly kind: 'exception'; readonly message: string };

/** Answers undefined for a class or method that does not exist. */
export type ApexHandler = (call: ApexCall, org: ApexOrg) => Promise<ApexAnswer | undefined>;
