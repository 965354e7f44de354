/** The Simplified Chinese catalogue; the types hold it to exactly the English keys. */
import type { en } from './en.ts';
import { zhCNCard } from './zh-CN-card.ts';
import { zhCNTerms } from './zh-CN-terms.ts';

export const zhCN: Readonly<Record<keyof typeof en, string>> = { ...zhCNTerms, ...zhCNCard };
