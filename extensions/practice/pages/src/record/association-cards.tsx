import { useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS, OBJECT_TYPES } from '../portal/object-types.ts';
import { usePortal } from '../portal/portal-context.tsx';
import type { CrmRecord } from '../portal/portal-schema.ts';
import { linkTo, recordPath } from '../portal/route.ts';
import { standardLabel } from '../portal/standard-labels.ts';

const SHOWN_MAX = 6;

/** The records this one is associated with, per type, as links. */
export function AssociationCards({ record }: { readonly record: CrmRecord }) {
  const { t, language } = useLanguage();
  const { portal } = usePortal();
  const [expanded, setExpanded] = useState(false);
  return (
    <>
      {OBJECT_TYPES.map((type) => {
        const related = record.associations[type];
        const shown = expanded ? related : related.slice(0, SHOWN_MAX);
        return (
          <section key={type} className="side-card">
            <h2 className="side-card-head static">
              {t(OBJECT_TYPE_FACTS[type].plural)} <span className="count-pill">{related.length}</span>
            </h2>
            <div className="side-card-body">
              {related.length === 0 && <p className="muted small">{t('association.none')}</p>}
              <ul className="association-list">
                {shown.map((other) => (
                  <li key={other.id}>
                    <a {...linkTo(recordPath(portal.id, type, other.id))}>{other.name ?? other.id}</a>
                    {other.label && (
                      <span className="association-label">{standardLabel(language, other.label) ?? other.label}</span>
                    )}
                  </li>
                ))}
              </ul>
              {related.length > shown.length && (
                <button type="button" className="text-button" onClick={() => setExpanded(true)}>
                  <Glyph name="add" size={13} />
                  {t('association.more', { n: related.length - shown.length })}
                </button>
              )}
            </div>
          </section>
        );
      })}
    </>
  );
}
