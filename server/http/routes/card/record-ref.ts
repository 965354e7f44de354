/** What every card request says of where it stands: the record, to be checked against the portal that signed. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { objectType } from '../../../../app/wire/card.ts';
import type { CardAct } from '../../../services/card-writes.ts';
import type { CardCaller, RouteContext, RouteInput } from '../../route.ts';

const recordId = z.string().regex(/^[A-Za-z0-9]{1,32}$/);
export const recordRef = z.strictObject({ objectType, recordId });
export const contractParams = z.strictObject({ contractId: z.uuid() });

/** The act that a write stands for. The hash covers path and body, so that a key cannot be used for another act. */
export function actOf(
  input: RouteInput<unknown, unknown, unknown>,
  { caller, signal }: RouteContext<CardCaller>,
  operationId: string,
): CardAct {
  const hash = createHash('sha256').update(JSON.stringify([operationId, caller.hostUserId, input.params, input.body]));
  return {
    connection: caller.connection,
    hostUserId: caller.hostUserId,
    email: caller.email,
    requestHash: hash.digest('hex'),
    signal,
  };
}
