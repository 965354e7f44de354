/**
 * The JSON between the practice org's pages and its server, below `/practice/api`. Every call may carry the header `X-Practice-User` with
 * the id of the person at the screen; without it the administrator acts. A refusal is status 400 (404 where the thing is not there) with
 * `PageRefusal` as the body.
 */
import type { FieldType, PicklistEntry } from './object-definition.ts';
import type { FieldValue } from './field-value.ts';

export interface PageUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly username: string;
  readonly isAdmin: boolean;
  /** `en_US` or `zh_CN`. */
  readonly language: string;
  readonly locale: string;
  readonly timeZone: string;
  readonly permissionSets: readonly string[];
}

/** GET /practice/api/me — PATCH takes any of language, theme and density and answers the same. */
export interface PageMe {
  readonly user: PageUser;
  readonly theme: 'light' | 'dark';
  readonly density: 'comfy' | 'compact';
  readonly org: {
    readonly id: string;
    readonly name: string;
    readonly instanceUrl: string;
    readonly timeZone: string;
    readonly currency: string;
    readonly packageInstalled: boolean;
  };
}
/** POST /practice/api/package installs or removes the package, administrators only, and answers `PageMe`. */
export interface PagePackage {
  readonly installed: boolean;
}
/** GET /practice/api/users */
export interface PageUsers {
  readonly users: readonly PageUser[];
}

export interface PageField {
  readonly name: string;
  /** In the reader's language. */
  readonly label: string;
  readonly type: FieldType;
  readonly length: number;
  readonly scale: number;
  readonly required: boolean;
  /** Whether this person may change it on this object. */
  readonly editable: boolean;
  readonly custom: boolean;
  readonly picklistValues: readonly PicklistEntry[];
  readonly restrictedPicklist: boolean;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
}
export interface PageObject {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  readonly nameField: string;
  /** What this person may see. */
  readonly fields: readonly PageField[];
  readonly listViews: readonly PageListView[];
  /** Lists of children a record page may show: `relationship` is the name to ask for. */
  readonly childRelationships: readonly {
    readonly relationship: string;
    readonly object: string;
    readonly field: string;
  }[];
  readonly createable: boolean;
  readonly deletable: boolean;
  readonly mergeable: boolean;
}
/** GET /practice/api/objects */
export interface PageObjects {
  readonly objects: readonly PageObject[];
}
export interface PageListView {
  /** Developer name, such as `AllOpportunities` or `counterpart__Renewals_due_in_90_days`. */
  readonly name: string;
  readonly label: string;
  readonly columns: readonly string[];
  /** What the view itself leaves out, for the panel beside it. */
  readonly filters: readonly PageFilter[];
}
export const PAGE_FILTER_OPERATORS = [
  'equals',
  'notEqual',
  'lessThan',
  'greaterThan',
  'lessOrEqual',
  'greaterOrEqual',
  'contains',
  'notContain',
  'startsWith',
  'includes',
  'excludes',
] as const;
export type PageFilterOperator = (typeof PAGE_FILTER_OPERATORS)[number];
/** Operators are those of list view metadata (Metadata API, ListView). A value holds several choices joined by `,`; dates may be TODAY or NEXT_N_DAYS:n. */
export interface PageFilter {
  readonly field: string;
  readonly operator: PageFilterOperator;
  readonly value: string;
}

/** A value and how it reads: names of parents, labels of picklist values. */
export interface PageValue {
  readonly value: FieldValue;
  readonly display: string;
}
export interface PageRow {
  readonly id: string;
  readonly object: string;
  readonly name: string;
  readonly isDeleted: boolean;
  readonly values: Readonly<Record<string, PageValue>>;
}
/**
 * GET /practice/api/objects/{object}/records?view=…&search=…&sort=Field&order=asc|desc&limit=…&offset=…&deleted=true
 * `filters` is a JSON list of `PageFilter`, all of which hold beside the view's own; at most 10. Columns are those of the view, or Name and the usual few without one.
 */
export interface PageList {
  readonly columns: readonly string[];
  readonly rows: readonly PageRow[];
  readonly total: number;
}

export interface PageHistoryEntry {
  readonly field: string;
  readonly label: string;
  readonly oldValue: FieldValue;
  readonly newValue: FieldValue;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly userId: string;
  readonly userName: string;
  /** Client id of `Sforce-Call-Options`, null for people. */
  readonly client: string | null;
}
/** GET /practice/api/objects/{object}/records/{id}; PATCH and POST (create, on /records) take `PageEdit` and answer it too. */
export interface PageRecord extends PageRow {
  /** Newest first. */
  readonly history: readonly PageHistoryEntry[];
  readonly related: readonly {
    readonly relationship: string;
    readonly object: string;
    readonly rows: readonly PageRow[];
  }[];
  /** The record that carries on, when this one was merged away. */
  readonly masterRecordId: string | null;
  readonly lastModifiedAt: number;
}
export interface PageEdit {
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Refuses with code `STALE` when the record was changed since; epoch milliseconds of `lastModifiedAt`. */
  readonly ifUnmodifiedSince?: number;
}
/** DELETE …/records/{id} and POST …/records/{id}/undelete answer 204. POST …/records/{id}/merge takes this and answers the master. */
export interface PageMerge {
  readonly mergedIds: readonly string[];
}
/** GET /practice/api/recent?limit=… — records of all objects, newest change first. */
export interface PageRecent {
  readonly rows: readonly PageRow[];
}
export interface PageRefusal {
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
}
/** GET /practice/api/events: server-sent events, each `data:` a `PageNews`. */
export type PageNews =
  | { readonly type: 'record'; readonly object: string; readonly ids: readonly string[] }
  | { readonly type: 'package'; readonly installed: boolean };
/** POST /apex/{Class}/{method} with the named arguments as JSON: 200 with the value, or 500 with `{body: {message}}`. */
export interface ApexFailure {
  readonly body: { readonly message: string };
}
