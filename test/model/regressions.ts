/** Histories that once told system and model apart, or that show one rule by themselves; each is named after what it shows. */
import type { Command } from './model-commands.ts';

const LINKED: readonly Command[] = [
  { act: 'install', portal: 'B' },
  { act: 'create', record: 0, kind: 0, advance: 4 },
  { act: 'attach', record: 2, contract: 0, repeat: false },
  { act: 'settle' },
  { act: 'attach', record: 3, contract: 0, repeat: false },
  { act: 'settle' },
];

export const REGRESSIONS: Readonly<Record<string, readonly Command[]>> = {
  'S9 a field of ours that nobody subscribes to is put back once a sweep has looked': [
    ...LINKED,
    { act: 'edit_ours', record: 2, field: 'contractCount' },
    { act: 'settle' },
  ],
  'S2 an edit right after a record was cleared is kept as a conflict or left alone, never taken over': [
    ...LINKED,
    { act: 'detach', record: 3, contract: 0, repeat: true },
    { act: 'turn', count: 2 },
    { act: 'edit', record: 3, field: 'renewalDate', value: 15 },
    { act: 'settle' },
  ],
  'S9 a contract taken off just before its record is merged leaves nothing behind': [
    ...LINKED,
    { act: 'detach', record: 3, contract: 0, repeat: false },
    { act: 'merge', record: 3, other: 1 },
    { act: 'settle' },
  ],
  'S2 the same decision changed in two portals and in the workspace keeps both that lost': [
    ...LINKED,
    { act: 'edit', record: 0, field: 'renewalDecision', value: 1 },
    { act: 'edit', record: 3, field: 'renewalDecision', value: 2 },
    { act: 'page_decision', contract: 0, value: 3 },
    { act: 'settle' },
    { act: 'undo', conflict: 0 },
    { act: 'settle' },
  ],
  'S11 a merge of which nothing was told is found by the daily check, with an edit that nobody saw': [
    ...LINKED,
    { act: 'edit', record: 0, field: 'renewalDate', value: 3 },
    { act: 'merge', record: 0, other: 1 },
    { act: 'lose' },
    { act: 'settle' },
  ],
  'S12 an uninstalled portal that comes back takes up where it stopped': [
    ...LINKED,
    { act: 'uninstall', portal: 'B' },
    { act: 'edit', record: 3, field: 'renewalDecision', value: 2 },
    { act: 'page_end_date', contract: 0, value: 4 },
    { act: 'turn', count: 3 },
    { act: 'install', portal: 'B' },
    { act: 'restart' },
    { act: 'settle' },
  ],
};
