/** Who wins when both sides changed a value, and the answer where a person decides. */
import { z } from 'zod';

/** POST /v1/conflicts/{id}/answer: which value counts from now on. Both values are sent as they were shown, so that nobody answers what they did not see */
export const answerConflictRequest = z.strictObject({
  choose: z.enum(['ours', 'theirs']),
  ours: z.string().max(200).nullable(),
  theirs: z.string().max(200).nullable(),
});

/** GET and PATCH /v1/conflict-policy: who wins when both sides changed a value, for each field that both sides may change */
export const CONFLICT_CHOICES = ['newest', 'host', 'ours', 'ask'] as const;
const conflictChoice = z.enum(CONFLICT_CHOICES);
export const conflictPolicy = z.strictObject({
  stage: conflictChoice,
  renewalDate: conflictChoice,
  renewalDecision: conflictChoice,
});
export type ConflictPolicyView = z.infer<typeof conflictPolicy>;
