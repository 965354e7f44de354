import { useEffect, useRef, useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { Popover } from '../kit/popover.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS, OBJECT_TYPES } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { portalApi } from '../portal/portal-api.ts';
import { usePortal } from '../portal/portal-context.tsx';
import { linkTo, recordPath } from '../portal/route.ts';

type Hit = { readonly type: ObjectType; readonly id: string; readonly name: string };

const TYPING_PAUSE_MS = 220;
const HITS_PER_TYPE = 4;

/** Finds records of every type by their text. */
export function GlobalSearch() {
  const { t } = useLanguage();
  const { portal } = usePortal();
  const [text, setText] = useState('');
  const [hits, setHits] = useState<readonly Hit[] | null>(null);
  const anchor = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setHits(null);
    if (text.trim().length < 2) return;
    let current = true;
    const timer = setTimeout(async () => {
      const query = { q: text.trim(), filters: [], sort: null, direction: 'asc', after: null } as const;
      const answers = await Promise.all(
        OBJECT_TYPES.map((type) => portalApi.records(portal.id, type, query, HITS_PER_TYPE)),
      );
      const found = answers.flatMap((answer, index) => {
        const type = OBJECT_TYPES[index];
        if (!answer.ok || !type) return [];
        const { nameProperty } = OBJECT_TYPE_FACTS[type];
        return answer.data.results.map((row) => ({ type, id: row.id, name: row.properties[nameProperty] ?? row.id }));
      });
      if (current) setHits(found);
    }, TYPING_PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, portal.id]);
  const close = (): void => {
    setText('');
    setHits(null);
  };
  return (
    <div className="global-search" role="search">
      <Glyph name="search" size={15} />
      <input
        ref={anchor}
        value={text}
        placeholder={t('shell.search')}
        aria-label={t('shell.search')}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && close()}
      />
      {hits && (
        <Popover anchor={anchor} onClose={close} className="search-popover">
          {hits.length === 0 && <p className="choice-empty">{t('list.noMatch')}</p>}
          <ul className="portal-choices">
            {hits.map((hit) => {
              const link = linkTo(recordPath(portal.id, hit.type, hit.id));
              return (
                <li key={`${hit.type}-${hit.id}`}>
                  <a
                    className="menu-item"
                    href={link.href}
                    onClick={(event) => {
                      link.onClick(event);
                      close();
                    }}
                  >
                    <span className="portal-choice-name">{hit.name}</span>
                    <span className="choice-hint">{t(OBJECT_TYPE_FACTS[hit.type].singular)}</span>
                  </a>
                </li>
              );
            })}
          </ul>
        </Popover>
      )}
    </div>
  );
}
