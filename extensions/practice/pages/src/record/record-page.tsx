import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { CardFrame } from '../card-host/card-frame.tsx';
import type { CardRecord } from '../card-host/host-api.ts';
import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS, parseObjectType } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { useCatalogue, usePortal } from '../portal/portal-context.tsx';
import type { Catalogue } from '../portal/portal-context.tsx';
import type { CrmRecord, Extension, Property } from '../portal/portal-schema.ts';
import { propertyLabel } from '../portal/property-format.ts';
import type { FormatContext } from '../portal/property-format.ts';
import { PropertyValue } from '../portal/property-value.tsx';
import { linkTo, listPath, navigate, recordPath, useAddress } from '../portal/route.ts';
import { useToast } from '../portal/toasts.tsx';
import { EmptyState, FailedState, LoadingState } from '../shell/page-states.tsx';
import { ActivityFeed } from './activity-feed.tsx';
import { AssociationCards } from './association-cards.tsx';
import { PropertyPanel } from './property-panel.tsx';
import { RecordActions } from './record-actions.tsx';
import { useRecord } from './record-state.ts';
import type { RecordTools } from './record-state.ts';

export function RecordPage({ type, id }: { readonly type: ObjectType; readonly id: string }) {
  const { t } = useLanguage();
  const { portal } = usePortal();
  const catalogue = useCatalogue(type);
  const tools = useRecord(type, id);
  const { state } = tools;
  // After a merge the address still names the old record; HubSpot sends the browser to the one that lives on.
  const movedTo = state.status === 'ready' && state.record.id !== id ? state.record.id : null;
  useEffect(() => {
    if (movedTo !== null) navigate(recordPath(portal.id, type, movedTo), { replace: true });
  }, [movedTo, portal.id, type]);

  if (state.status === 'failed') {
    return state.missing ? (
      <EmptyState title={t('record.missing')} text={t('record.missingText')} picture="missedGoal" />
    ) : (
      <FailedState message={state.message} onRetry={() => void tools.reload()} />
    );
  }
  if (state.status === 'loading' || catalogue === null) return <LoadingState />;
  if (typeof catalogue === 'string') return <FailedState message={catalogue} />;
  return <ReadyRecord type={type} record={state.record} catalogue={catalogue} tools={tools} />;
}

type ReadyRecordProps = {
  readonly type: ObjectType;
  readonly record: CrmRecord;
  readonly catalogue: Catalogue;
  readonly tools: RecordTools;
};

/** Saves a property and offers to take it back; answers the reason when the server refuses. */
function useSaveProperty(record: CrmRecord, tools: RecordTools) {
  const { t, language } = useLanguage();
  const showToast = useToast();
  return async (property: Property, value: string): Promise<string | null> => {
    const before = record.properties[property.name] ?? '';
    const answer = await tools.edit({ [property.name]: value });
    if (!answer.ok) return answer.message;
    const label = propertyLabel(property, language);
    const undo = async (): Promise<void> => {
      const undone = await tools.edit({ [property.name]: before });
      if (!undone.ok) showToast({ tone: 'danger', title: t('action.failed'), message: undone.message });
    };
    showToast({
      tone: 'success',
      message: t('property.saved', { property: label }),
      action: { label: t('action.undo'), run: () => void undo() },
    });
    return null;
  };
}

function ReadyRecord({ type, record, catalogue, tools }: ReadyRecordProps) {
  const { t, language } = useLanguage();
  const { portal, owners, extensions } = usePortal();
  const save = useSaveProperty(record, tools);
  const facts = OBJECT_TYPE_FACTS[type];
  const context = useMemo<FormatContext>(
    () => ({ language, timeZone: portal.timeZone, currency: portal.currency, owners, catalogue }),
    [language, portal, owners, catalogue],
  );
  const revision = useRevision(record);
  const cardRecord = useCardRecord(type, record, tools);
  const here = extensions.filter((extension) => extension.objectTypes.some((name) => parseObjectType(name) === type));
  const sidebar = here.filter((extension) => extension.location === 'crm.record.sidebar');
  const name = record.properties[facts.nameProperty] || record.id;
  useEffect(() => {
    document.title = `${name} · ${t('portal.title')}`;
  }, [name, t]);
  return (
    <div className="record-page">
      <aside className="record-side" aria-label={t('record.properties')}>
        <div className="record-nav">
          <a className="back-link" {...linkTo(listPath(portal.id, type))}>
            <Glyph name="chevron-left" size={14} />
            {t(facts.plural)}
          </a>
          <RecordActions type={type} record={record} onChanged={tools.reload} />
        </div>
        <RecordHeader type={type} record={record} name={name} context={context} changed={tools.changed} />
        <PropertyPanel
          type={type}
          record={record}
          catalogue={catalogue}
          context={context}
          changed={tools.changed}
          onSave={save}
        />
      </aside>
      <div className="record-middle">
        {record.archived && (
          <p className="c-alert warning" role="status">
            <Glyph name="archive" size={18} />
            <span>{t('record.archived')}</span>
          </p>
        )}
        <RecordTabs
          cards={here.filter((extension) => extension.location === 'crm.record.tab')}
          cardRecord={cardRecord}
          revision={revision}
        >
          <Overview type={type} record={record} catalogue={catalogue} context={context} changed={tools.changed} />
        </RecordTabs>
      </div>
      <aside className="record-side right" aria-label={t('record.related')}>
        {sidebar.map((extension) => (
          <CardFrame key={extension.uid} extension={extension} record={cardRecord} revision={revision} />
        ))}
        <AssociationCards record={record} />
      </aside>
    </div>
  );
}

/** A number that grows with every change of the record's values. */
function useRevision(record: CrmRecord): number {
  const seen = useRef({ key: '', count: 0 });
  const key = JSON.stringify(record.properties);
  if (key !== seen.current.key) seen.current = { key, count: seen.current.count + 1 };
  return seen.current.count;
}

function useCardRecord(type: ObjectType, record: CrmRecord, tools: RecordTools): CardRecord {
  const latest = useRef(record);
  latest.current = record;
  const { reload } = tools;
  return useMemo(
    () => ({
      type,
      id: record.id,
      properties: () => latest.current.properties,
      associations: () => latest.current.associations,
      refresh: reload,
    }),
    [type, record.id, reload],
  );
}

type RecordHeaderProps = {
  readonly type: ObjectType;
  readonly record: CrmRecord;
  readonly name: string;
  readonly context: FormatContext;
  readonly changed: ReadonlySet<string>;
};

function RecordHeader({ type, record, name, context, changed }: RecordHeaderProps) {
  const { language } = useLanguage();
  const facts = OBJECT_TYPE_FACTS[type];
  const shown = facts.keyProperties
    .slice(1, 3)
    .flatMap((wanted) => context.catalogue?.properties.find((property) => property.name === wanted) ?? []);
  return (
    <header className="record-header">
      <span className={`record-icon ${type}`} aria-hidden="true">
        <Glyph name={type === 'deals' ? 'deal' : type === 'companies' ? 'building' : 'ticket'} size={22} />
      </span>
      <div>
        <h1>{name}</h1>
        {shown.map((property) => (
          <p key={property.name} className={changed.has(property.name) ? 'changed' : undefined}>
            <span>{propertyLabel(property, language)}:</span>{' '}
            <PropertyValue property={property} value={record.properties[property.name]} context={context} />
          </p>
        ))}
      </div>
    </header>
  );
}

function Overview({
  type,
  record,
  catalogue,
  context,
  changed,
}: Omit<RecordHeaderProps, 'name'> & { readonly catalogue: Catalogue }) {
  const { t, language } = useLanguage();
  const words = ['stage', 'notice_deadline', 'renewal_date', 'sla_status', 'contract_value', 'health'];
  const highlights = words.flatMap(
    (word) => catalogue.properties.find((property) => property.name === `counterpart_${word}`) ?? [],
  );
  return (
    <>
      {highlights.length > 0 && (
        <section className="highlights" aria-label={t('overview.contract')}>
          <h2 className="section-title">{t('overview.contract')}</h2>
          <dl>
            {highlights.map((property) => (
              <div key={property.name} className={changed.has(property.name) ? 'changed' : undefined}>
                <dt>{propertyLabel(property, language)}</dt>
                <dd>
                  <PropertyValue property={property} value={record.properties[property.name]} context={context} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <ActivityFeed type={type} record={record} catalogue={catalogue} context={context} />
    </>
  );
}

type RecordTabsProps = {
  readonly cards: readonly Extension[];
  readonly cardRecord: CardRecord;
  readonly revision: number;
  readonly children: ReactNode;
};

/** The Overview and one tab per installed tab card. The chosen tab is in the address. A card starts when first opened. */
function RecordTabs({ cards, cardRecord, revision, children }: RecordTabsProps) {
  const { t } = useLanguage();
  const { path, search } = useAddress();
  const wanted = new URLSearchParams(search).get('tab') ?? 'overview';
  const current = cards.some((card) => card.uid === wanted) ? wanted : 'overview';
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set([current]));
  const tabs = [
    { id: 'overview', title: t('record.overview') },
    ...cards.map((card) => ({ id: card.uid, title: card.title })),
  ];
  useEffect(() => setOpened((before) => new Set([...before, current])), [current]);
  const choose = (id: string): void => {
    const params = new URLSearchParams(search);
    if (id === 'overview') params.delete('tab');
    else params.set('tab', id);
    const text = params.toString();
    navigate(text === '' ? path : `${path}?${text}`, { replace: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === current);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const step = steps[event.key];
    const next = step === undefined ? undefined : tabs.at(step % tabs.length);
    if (!next) return;
    event.preventDefault();
    choose(next.id);
    document.getElementById(`record-tab-${next.id}`)?.focus();
  };
  return (
    <div className="record-tabs">
      <div className="record-tab-list" role="tablist" aria-label={t('record.tabs')} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`record-tab-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab.id === current}
            aria-controls={`record-panel-${tab.id}`}
            tabIndex={tab.id === current ? 0 : -1}
            onClick={() => choose(tab.id)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div
        id="record-panel-overview"
        role="tabpanel"
        aria-labelledby="record-tab-overview"
        hidden={current !== 'overview'}
      >
        {children}
      </div>
      {cards.map((card) => (
        <div
          key={card.uid}
          id={`record-panel-${card.uid}`}
          role="tabpanel"
          aria-labelledby={`record-tab-${card.uid}`}
          hidden={current !== card.uid}
        >
          {opened.has(card.uid) && <CardFrame extension={card} record={cardRecord} revision={revision} />}
        </div>
      ))}
    </div>
  );
}
