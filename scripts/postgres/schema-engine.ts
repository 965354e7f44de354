/**
 * Prisma's schema engine as WebAssembly, so that a new migration can be written and the schema compared with a database without
 * downloading a native engine. Used by `node scripts/postgres/new-migration.ts` and by the test that schema and migrations agree.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { DiffTarget, SchemaEngine } from '@prisma/schema-engine-wasm';
import type { PoolConfig } from 'pg';

const GLUE = './schema_engine_bg.js';
const SET_WASM = '__wbg_set_wasm';

type Glue = {
  readonly SchemaEngine: {
    new: (options: unknown, log: (line: string) => void, adapter: unknown) => Promise<SchemaEngine>;
  };
  readonly [SET_WASM]: (exports: unknown) => void;
};



async function loadSchemaEngine(database: PoolConfig): Promise<SchemaEngine> {
  const directory = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  // The package's own entry imports the .wasm file as a module, which Node does not do without a flag; this is the same by hand.
  const glue = (await import(pathToFileURL(join(directory, 'schema_engine_bg.js')).href)) as Glue &
    WebAssembly.ModuleImports;
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
    bindMigrationAwareSqlAdapterFactory(new PrismaPg(database)),
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
  const engine = await loadSchemaEngine(options.database);
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
  return result.stdout ?? '';
}
