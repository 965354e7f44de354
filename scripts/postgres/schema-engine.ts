/**
 * Prisma's schema engine as WebAssembly, so that a new migration can be written and the schema compared with a database without
 * downloading a native engine. Used by `node scripts/postgres/new-migration.ts` and by the test that schema and migrations agree.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum, type SqlQuery } from '@prisma/driver-adapter-utils';
import type { DiffTarget, SchemaEngine } from '@prisma/schema-engine-wasm';
import { Pool, type PoolConfig, type QueryArrayConfig } from 'pg';

/** The part of the JavaScript API that is used here; the server's type libraries leave it out. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(
    module: object,
    imports: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
};

const GLUE = './schema_engine_bg.js';
const SET_WASM = '__wbg_set_wasm';

type Glue = {
  readonly SchemaEngine: {
    new: (options: unknown, log: (line: string) => void, adapter: unknown) => Promise<SchemaEngine>;
  };
  readonly [SET_WASM]: (exports: unknown) => void;
};

const OID_CHAR = 18;
const OID_MONEY = 790;

/**
 * The adapter does not know PostgreSQL's internal "char" type, which catalogues are full of and the engine wants as a character. No
 * catalogue has a money column, so money stands in for it on the way through the adapter.
 */
class CatalogueAdapterFactory extends PrismaPg {
  constructor(pool: Pool) {
    const query = pool.query.bind(pool);
    const announcing = Object.assign(pool, {
      query: async (config: QueryArrayConfig) => {
        const result = await query(config);
        for (const field of result.fields) if (field.dataTypeID === OID_CHAR) field.dataTypeID = OID_MONEY;
        return result;
      },
    });
    super(announcing);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      queryRaw: async (query: SqlQuery) => {
        const result = await queryRaw(query);
        const columnTypes = result.columnTypes.map((type) =>
          type === ColumnTypeEnum.Numeric ? ColumnTypeEnum.Character : type,
        );
        return { ...result, columnTypes };
      },
    });
  }
}

async function loadSchemaEngine(pool: Pool): Promise<SchemaEngine> {
  const directory = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  // The package's own entry imports the .wasm file as a module, which Node does not do without a flag; this is the same by hand.
  const glue = (await import(pathToFileURL(join(directory, 'schema_engine_bg.js')).href)) as Glue;
  const wasm = await WebAssembly.compile(await readFile(join(directory, 'schema_engine_bg.wasm')));
  const instance = await WebAssembly.instantiate(wasm, { [GLUE]: glue });
  glue[SET_WASM](instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => process.stderr.write(`${text}\n`) },
  });
  return await glue.SchemaEngine.new(
    { datamodels: undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new CatalogueAdapterFactory(pool)),
  );
}

/**
 * SQL that turns `from` into the schema file: `empty`, or the database given. An empty script means that they agree.
 * `reverse` gives the SQL that would turn the schema file into the database.
 */
export async function diffSchema(options: {
  readonly schemaPath: string;
  readonly from: 'empty' | 'database';
  readonly database: PoolConfig;
  readonly reverse?: boolean;
}): Promise<string> {
  const pool = new Pool({ ...options.database, max: 2 });
  const engine = await loadSchemaEngine(pool);
  const files = [{ path: options.schemaPath, content: await readFile(options.schemaPath, 'utf8') }];
  const schema: DiffTarget = { tag: 'schemaDatamodel', files };
  const other: DiffTarget =
    options.from === 'empty'
      ? { tag: 'empty' }
      : { tag: 'schemaDatasource', files, configDir: dirname(options.schemaPath) };
  const result = await engine.diff({
    from: options.reverse ? schema : other,
    to: options.reverse ? other : schema,
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  await pool.end();
  return result.stdout ?? '';
}
