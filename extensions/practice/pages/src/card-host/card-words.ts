import { createContext, useContext } from 'react';
import { translate } from '../portal/language.tsx';
import type { Translate } from '../portal/language.tsx';

/** The few words the host itself adds to a card (close, search, required …), in the language of the page. */
export const CardWordsContext = createContext<Translate>(translate('en'));

export const useCardWords = (): Translate => useContext(CardWordsContext);
