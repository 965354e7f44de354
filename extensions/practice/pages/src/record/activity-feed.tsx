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

/** Changes that one source made in the same second are one event: a sync writes a dozen properties at once. */
type ActivityEvent = {
  readonly who: string;
  readonly byApp: boolean;
  readonly at: number;
  readonly changes: readonly Change[];
};

function groupChanges(changes: readonly Change[], whoOf: (change: Change) => string): readonly ActivityEvent[] {
  const events: ActivityEvent[] = [];
  for (const change of changes) {
    const who = whoOf(change);
    const last = events.at(-1);
    const again = last?.changes.some((other) => other.property.name === change.property.name);
    if (last && !again && last.who === who && Math.floor(last.at / 1_000) === Math.floor(change.at / 1_000)) {
      events[events.length - 1] = { ...last, changes: [...last.changes, change] };
    } else {
      events.push({ who, byApp: change.entry.sourceType === 'INTEGRATION', at: change.at, changes: [change] });
    }
  }
  return events;
}

type ActivityFeedProps = {
  readonly type: ObjectType;
  readonly record: CrmRecord;
  readonly catalogue: Catalogue;
  readonly context: FormatContext;
};

export function ActivityFeed({ type, record, catalogue, context }: ActivityFeedProps) {
  const { t } = useLanguage();
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
  const events = groupChanges(changes ?? [], (change) => sourceText(change.entry, state, t));
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
        {events.map((event) => (
          <FeedEntry
            key={`${event.at}-${event.who}-${event.changes[0]?.property.name}`}
            event={event}
            context={context}
          />
        ))}
      </ol>
    </section>
  );
}

const LINES_SHOWN_MAX = 5;

function FeedEntry({ event, context }: { readonly event: ActivityEvent; readonly context: FormatContext }) {
  const { t, language } = useLanguage();
  const { portal } = usePortal();
  const [expanded, setExpanded] = useState(false);
  const [first] = event.changes;
  const shown = expanded ? event.changes : event.changes.slice(0, LINES_SHOWN_MAX);
  const hidden = event.changes.length - shown.length;
  const value = (change: Change) => (
    <PropertyValue property={change.property} value={change.entry.value} context={context} />
  );
  return (
    <li className="feed-entry">
      <span className={`feed-dot ${event.byApp ? 'app' : 'person'}`} aria-hidden="true" />
      <div>
        <p>
          <strong>{event.who}</strong>{' '}
          {event.changes.length === 1 && first ? (
            <>
              {t('activity.set', { property: propertyLabel(first.property, language) })} {value(first)}
            </>
          ) : (
            t('activity.setMany', { n: event.changes.length })
          )}
        </p>
        {event.changes.length > 1 && (
          <dl className="feed-changes">
            {shown.map((change) => (
              <div key={change.property.name}>
                <dt>{propertyLabel(change.property, language)}</dt>
                <dd>{value(change)}</dd>
              </div>
            ))}
          </dl>
        )}
        {hidden > 0 && (
          <button type="button" className="text-button" onClick={() => setExpanded(true)}>
            {t('activity.more', { n: hidden })}
          </button>
        )}
        <time dateTime={new Date(event.at).toISOString()}>{formatInstant(event.at, language, portal.timeZone)}</time>
      </div>
    </li>
  );
}
