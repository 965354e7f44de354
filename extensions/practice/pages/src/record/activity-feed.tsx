import { useEffect, useState } from 'react';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { portalApi } from '../portal/portal-api.ts';
import type { Catalogue } from '../portal/portal-context.tsx';
import { usePortal } from '../portal/portal-context.tsx';
import type { CrmRecord, HistoryEntry, Property } from '../portal/portal-schema.ts';
import { formatInstant, propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { PropertyValue } from '../portal/property-value.tsx';
import { sourceText } from './history-drawer.tsx';

type Change = { readonly property: Property; readonly entry: HistoryEntry; readonly at: number };

const CHANGES_SHOWN_MAX = 30;
const PROPERTIES_READ_MAX = 40;

const instant = (timestamp: string | number): number => new Date(timestamp).getTime();

/** The latest changes of the properties people work with, newest first. Bookkeeping properties stay out. */
async function readChanges(
  portalId: number,
  type: ObjectType,
  record: CrmRecord,
  catalogue: Catalogue,
): Promise<readonly Change[]> {
  const { keyProperties } = OBJECT_TYPE_FACTS[type];
  const followed = catalogue.properties
    .filter(
      (property) =>
        !property.hidden && (keyProperties.includes(property.name) || property.name.startsWith('counterpart_')),
    )
    .slice(0, PROPERTIES_READ_MAX);
  const answer = await portalApi.histories(
    portalId,
    type,
    record.id,
    followed.map((property) => property.name),
  );
  if (!answer.ok) return [];
  const changes = followed.flatMap((property) =>
    (answer.data[property.name] ?? []).map((entry) => ({ property, entry, at: instant(entry.timestamp) })),
  );
  return changes.sort((a, b) => b.at - a.at).slice(0, CHANGES_SHOWN_MAX);
}

type ActivityFeedProps = {
  readonly type: ObjectType;
  readonly record: CrmRecord;
  readonly catalogue: Catalogue;
  readonly context: FormatContext;
};

export function ActivityFeed({ type, record, catalogue, context }: ActivityFeedProps) {
  const { t, language } = useLanguage();
  const state = usePortal();
  const { portal } = state;
  const [changes, setChanges] = useState<readonly Change[] | null>(null);
  const revision = JSON.stringify(record.properties);
  useEffect(() => {
    let current = true;
    void readChanges(portal.id, type, record, catalogue).then((read) => current && setChanges(read));
    return () => {
      current = false;
    };
  }, [portal.id, type, record.id, catalogue, revision]);
  return (
    <section className="feed" aria-label={t('activity.title')}>
      <h2 className="section-title">{t('activity.title')}</h2>
      {changes === null && (
        <div className="skeleton" role="status" aria-label={t('state.loading')}>
          <span />
          <span />
          <span />
        </div>
      )}
      {changes?.length === 0 && <p className="muted">{t('activity.none')}</p>}
      <ol className="feed-list">
        {changes?.map((change, index) => (
          <li key={`${change.property.name}-${change.at}-${index}`} className="feed-entry">
            <span
              className={`feed-dot ${change.entry.sourceType === 'INTEGRATION' ? 'app' : 'person'}`}
              aria-hidden="true"
            />
            <div>
              <p>
                <strong>{sourceText(change.entry, state, t)}</strong>{' '}
                {t('activity.set', { property: propertyLabel(change.property, language) })}{' '}
                <PropertyValue property={change.property} value={change.entry.value} context={context} />
              </p>
              <time dateTime={new Date(change.at).toISOString()}>
                {formatInstant(change.at, language, portal.timeZone)}
              </time>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
