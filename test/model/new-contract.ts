/** Makes contracts of a few telling kinds, from a card or from the workspace. */
import type { Contract, PlainDate } from '../../server/domain/contract.ts';
import { attach } from './model-acts.ts';
import { dayFrom, newKey, type Run } from './model-run.ts';
import { recordAt, recorded, withContract } from './possible-world.ts';
import { Disagreement } from './possible-worlds.ts';
import { at } from '../support/practice.ts';

type Kind = {
  readonly effective: number;
  readonly end: number | null;
  readonly renewalKind: 'auto' | 'none' | 'evergreen';
  readonly renewalMonths: number | null;
};

/** Days from today: renews by itself, ends the day after tomorrow, begins tomorrow, never ends. */
const KINDS: readonly Kind[] = [
  { effective: -400, end: 200, renewalKind: 'auto', renewalMonths: 12 },
  { effective: -100, end: 2, renewalKind: 'none', renewalMonths: null },
  { effective: 1, end: 1, renewalKind: 'auto', renewalMonths: 1 },
  { effective: -10, end: null, renewalKind: 'evergreen', renewalMonths: null },
];

const NOTICE = { count: 60, unit: 'days', countedFrom: 'before_expiry' } as const;

export async function newContract(
  run: Run,
  { kind, key }: { readonly kind: number; readonly key: string | null },
): Promise<string> {
  const chosen = KINDS[kind % KINDS.length] ?? KINDS[0];
  if (chosen === undefined) throw new Error('no kinds');
  const number = `M-${String(run.contracts.length + 1).padStart(3, '0')}`;
  const effectiveDate = dayFrom(run, chosen.effective);
  const endDate = chosen.end === null ? null : dayFrom(run, chosen.end);
  const { renewalKind, renewalMonths } = chosen;
  const contract = {
    title: `Contract ${number}`,
    number,
    side: 'buy',
    counterparty: `Vendor ${number}`,
    effectiveDate,
    endDate,
    renewalKind,
    renewalMonths,
    notice: NOTICE,
    calendarId: 'weekends',
    value: null,
  };
  const moment = run.moment();
  const id = key === null ? await byPage(run, contract) : await byCard(run, key, contract);
  run.contracts.push(id);
  const made = modelOf({ id, number, effectiveDate, endDate, renewalKind, renewalMonths });
  run.worlds.act((world) => {
    const next = withContract(
      world,
      recorded(null, made, () => moment.now),
    );
    return key === null ? next : attach(next, key, id);
  });
  return id;
}

async function byPage(run: Run, contract: unknown): Promise<string> {
  const answer = await run.page('POST', '/v1/contracts', { contract });
  const id = at(answer.body, 'contract', 'contract', 'id');
  if (typeof id !== 'string') throw new Disagreement(`a new contract: ${JSON.stringify(answer.body)}`);
  return id;
}

async function byCard(run: Run, key: string, contract: unknown): Promise<string> {
  const { type, id: recordId } = recordAt(run.worlds.any(), key);
  const body = { idempotencyKey: newKey(), record: { objectType: type, recordId }, contract };
  const answer = await run.card('POST', key, '/v1/card/contracts', body);
  const id = at(answer.body, 'contractId');
  if (typeof id !== 'string') throw new Disagreement(`a new contract: ${JSON.stringify(answer.body)}`);
  return id;
}

type Given = {
  readonly id: string;
  readonly number: string;
  readonly effectiveDate: PlainDate;
  readonly endDate: PlainDate | null;
  readonly renewalKind: Kind['renewalKind'];
  readonly renewalMonths: number | null;
};

function modelOf({ id, number, effectiveDate, endDate, renewalKind, renewalMonths }: Given): Contract {
  return {
    id,
    number,
    title: `Contract ${number}`,
    side: 'buy',
    stage: 'draft',
    term: {
      effectiveDate,
      endDate,
      renewalKind,
      renewalMonths,
      renewalsLeft: null,
      notice: NOTICE,
      calendarId: 'weekends',
    },
    signedDate: null,
    value: null,
    renewalDecision: 'undecided',
    parties: [
      { organisationId: 'us', legalName: 'Us', role: 'buyer', sideLabel: null },
      { organisationId: number, legalName: `Vendor ${number}`, role: 'supplier', sideLabel: null },
    ],
    ownerEmail: null,
    archived: false,
    revision: 0,
  };
}
