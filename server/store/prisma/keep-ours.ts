/** The answer to a question that leaves the contract as it is: only the row, the record's mirror and the audit trail change. */
import type { ContractStore } from '../contract-port.ts';
import { recordAdminEvent } from './audit-chain.ts';
import type { Database } from './database.ts';
import { addMarks } from './dirty-marks.ts';
import { answerQuestion } from './questions.ts';

class Stale extends Error {}

export async function keepOurs(
  database: Database,
  workspaceId: string,
  answer: Parameters<ContractStore['keepOurs']>[1],
): ReturnType<ContractStore['keepOurs']> {
  const { actor, at } = answer;
  try {
    await database.inWorkspace(workspaceId, async (sql) => {
      const marks = await answerQuestion(sql, answer, { workspaceId, actor, now: at });
      if (marks === null) throw new Stale('asked no more');
      await addMarks(sql, marks, at);
      await recordAdminEvent(sql, {
        workspaceId,
        actor,
        action: 'question_answered',
        subjectType: 'conflict',
        subjectId: answer.conflictId,
        detail: { kept: answer.ours, setAside: answer.theirs },
        at,
      });
    });
    return 'answered';
  } catch (error) {
    if (error instanceof Stale) return 'stale';
    throw error;
  }
}
