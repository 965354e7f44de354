/** The English catalogue, which also defines the keys. */
import { enCard } from './en-card.ts';
import { enTerms } from './en-terms.ts';

export const en = { ...enTerms, ...enCard } as const;
