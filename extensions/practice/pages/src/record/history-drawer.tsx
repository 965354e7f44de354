import { useEffect, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { Translate } from '../portal/language.tsx';
import type { MessageKey } from '../portal/messages-en.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { portalApi } from '../portal/portal-api.ts';
import type { Answer } from '../portal/portal-api.ts';
import { usePortal } from '../portal/portal-context.tsx';
import type { PortalState } from '../portal/portal-context.tsx';
import type { HistoryEntry, Property } from '../portal/portal-schema.ts';
import { formatInstant, ownerName, propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { PropertyValue } from '../portal/property-value.tsx';
import { FailedState, LoadingState } from '../shell/page-states.tsx';

const SOURCE_WORDS: Readonly<Record<string, MessageKey>> = {
  CRM_UI: 'source.person',
  INTEGRATION: 'source.app',
  API: 'source.app',
  IMPORT: 'source.import',
  MERGE_OBJECTS: 'source.merge',
  MERGE_COMPANIES: 'source.merge',
  MERGE_CONTACTS: 'source.merge',
  CALCULATED: 'source.calculated',
};

/** Who wrote a value: a person by name, an app by its name, else the kind of source. */
export function sourceText(entry: HistoryEntry, state: PortalState, t: Translate): string {
  const userId = entry.updatedByUserId ?? Number(/userId:(\d+)/.exec(entry.sourceId ?? '')?.[1]);
  const app = state.extensions.find((extension) => String(extension.appId) === entry.sourceId);
  if (entry.sourceType === 'INTEGRATION') return app?.appName ?? t('source.app');
  const { user } = state.portal;
  if (userId === user.id) return ownerName(user);
  const owner = state.owners.find((candidate) => candidate.userId === userId);
  if (owner) return ownerName(owner);
  const words = SOURCE_WORDS[entry.sourceType];
  return words ? t(words) : entry.sourceType;
}

type HistoryDrawerProps = {
  readonly type: ObjectType;
  readonly recordId: string;
  readonly property: Property;
  readonly context: FormatContext;
  readonly onClose: () => void;
};

/** Every value a property has had: what, when, by whom and through which source. */
export function HistoryDrawer({ type, recordId, property, context, onClose }: HistoryDrawerProps) {
  const { t, language } = useLanguage();
  const state = usePortal();
  const { portal } = state;
  const [answer, setAnswer] = useState<Answer<readonly HistoryEntry[]> | null>(null);
  useEffect(() => {
    void portalApi
      .histories(portal.id, type, recordId, [property.name])
      .then((read) => setAnswer(read.ok ? { ok: true, data: read.data[property.name] ?? [] } : read));
  }, [portal.id, type, recordId, property.name]);
  const title = t('history.of', { property: propertyLabel(property, language) });
  return (
    <Dialog kind="drawer" width="sm" title={title} closeLabel={t('action.close')} onClose={onClose}>
      <div className="dialog-body">
        {answer === null && <LoadingState />}
        {answer && !answer.ok && <FailedState message={answer.message} />}
        {answer?.ok && answer.data.length === 0 && <p className="muted">{t('history.none')}</p>}
        {answer?.ok && (
          <ol className="history">
            {answer.data.map((entry, index) => (
              <li key={`${entry.timestamp}-${index}`} className="history-entry">
                <div className="history-value">
                  <PropertyValue property={property} value={entry.value} context={context} />
                  {index === 0 && <span className="badge">{t('history.now')}</span>}
                </div>
                <div className="history-facts">
                  <strong>{sourceText(entry, state, t)}</strong>
                  <span>{formatInstant(entry.timestamp, language, portal.timeZone)}</span>
                  <span className="mono">
                    {entry.sourceType}
                    {entry.sourceId ? ` · ${entry.sourceId}` : ''}
                  </span>
                </div>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Dialog>
  );
}
