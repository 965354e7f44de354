/** What the importer asks of durable storage: uploaded rows are kept until they are committed or expire. */
import type { CreateContract, NewOrganisation, UpdateContract, WriteContext } from './contract-port.ts';

export const IMPORT_STATES = ['uploaded', 'committing', 'committed', 'failed', 'expired'] as const;
type ImportState = (typeof IMPORT_STATES)[number];

export type ImportJobRow = {
  readonly id: string;
  readonly state: ImportState;
  readonly fileName: string;
  readonly format: 'csv' | 'xlsx' | 'ocds';
  readonly encoding: string | null;
  readonly headers: readonly string[];
  /** As last chosen; parsed by its owner. */
  readonly options: unknown;
  readonly rows: number;
  readonly counts: ImportCounts | null;
  readonly createdBy: string | null;
  readonly createdAt: number;
};
export type ImportCounts = {
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly invalid: number;
};

type ImportRowOutcome = {
  readonly row: number;
  readonly action: 'create' | 'update' | 'skip' | 'invalid';
  readonly contractId: string | null;
  readonly errors: unknown;
};

export interface ImportStore {
  createImport(
    workspaceId: string,
    job: Omit<ImportJobRow, 'state' | 'counts'>,
    rows: readonly { readonly row: number; readonly cells: readonly string[] }[],
  ): Promise<void>;
  findImport(workspaceId: string, importId: string): Promise<ImportJobRow | null>;
  listImports(workspaceId: string, limit: number): Promise<readonly ImportJobRow[]>;
  loadImportRows(
    workspaceId: string,
    importId: string,
  ): Promise<readonly { readonly row: number; readonly cells: readonly string[] }[]>;
  loadOutcomes(workspaceId: string, importId: string): Promise<readonly ImportRowOutcome[]>;
  /** By number: which contracts exist already. */
  findByNumber(
    workspaceId: string,
    numbers: readonly string[],
  ): Promise<readonly { readonly number: string; readonly contractId: string }[]>;
  /**
   * All of it in one transaction, or nothing. `stale`: a contract changed or appeared since the rows were judged. `onRows` hears how many
   * contracts are written so far; it begins anew when the transaction does.
   */
  commitImport(
    context: WriteContext,
    importId: string,
    work: {
      readonly creates: readonly CreateContract[];
      readonly updates: readonly UpdateContract[];
      /** Organisations named for the first time. */
      readonly newOrganisations: readonly NewOrganisation[];
      readonly outcomes: readonly ImportRowOutcome[];
      readonly counts: ImportCounts;
      readonly options: unknown;
    },
    onRows: (done: number) => void,
  ): Promise<'committed' | 'stale' | 'not_open'>;
}
