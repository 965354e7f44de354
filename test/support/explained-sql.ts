/** Statements as the store sends them, with the plan of each: for tests that say which index a query uses and for benchmarks of queries alone. */
import type { Database, Sql } from '../../server/store/prisma/database.ts';

type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
};
type Explained = {
  readonly text: string;
  readonly plan: PlanNode;
  /** Milliseconds inside PostgreSQL; null when the statement was planned only. */
  readonly executionMs: number | null;
  readonly planningMs: number | null;
};

/** Runs `work` as the product does, row-level security included, and explains each statement that reads. */
export async function explainIn(
  database: Database,
  workspaceId: string,
  { analyze, work }: { readonly analyze: boolean; readonly work: (sql: Sql) => Promise<unknown> },
): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  await database.inWorkspace(workspaceId, async (sql) => {
    const explaining: Sql = {
      run: (text, values) => sql.run(text, values),
      rows: async (text, values) => {
        const [row] = await sql.rows<{
          'QUERY PLAN': readonly [{ Plan: PlanNode; 'Execution Time'?: number; 'Planning Time'?: number }];
        }>(`EXPLAIN (${analyze ? 'ANALYZE, ' : ''}FORMAT JSON) ${text}`, values);
        const top = row?.['QUERY PLAN'][0];
        if (top !== undefined)
          explained.push({
            text,
            plan: top.Plan,
            executionMs: top['Execution Time'] ?? null,
            planningMs: top['Planning Time'] ?? null,
          });
        return await sql.rows(text, values);
      },
    };
    await work(explaining);
  });
  return explained;
}

/** The node and all below it. */
export function nodesOf(plan: PlanNode): readonly PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
