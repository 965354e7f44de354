import { useEffect, useRef, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { Glyph } from '../kit/glyph.tsx';
import { Popover } from '../kit/popover.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { portalApi } from '../portal/portal-api.ts';
import { usePortal } from '../portal/portal-context.tsx';
import type { CrmRecord, RecordSummary } from '../portal/portal-schema.ts';
import { navigate, recordPath } from '../portal/route.ts';
import { useToast } from '../portal/toasts.tsx';

type RecordActionsProps = {
  readonly type: ObjectType;
  readonly record: CrmRecord;
  readonly onChanged: () => Promise<void>;
};

/** Archive, restore and merge: what a person does to a record as a whole. */
export function RecordActions({ type, record, onChanged }: RecordActionsProps) {
  const { t } = useLanguage();
  const { portal } = usePortal();
  const showToast = useToast();
  const [open, setOpen] = useState(false);
  const [merging, setMerging] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) menu.current?.querySelector('button')?.focus();
  }, [open]);

  const act = async (kind: 'archive' | 'restore'): Promise<void> => {
    setOpen(false);
    const answer = await portalApi[kind](portal.id, type, record.id);
    if (!answer.ok) return showToast({ tone: 'danger', title: t('action.failed'), message: answer.message });
    const undo = { label: t('action.undo'), run: () => void act(kind === 'archive' ? 'restore' : 'archive') };
    showToast({
      tone: 'success',
      message: t(kind === 'archive' ? 'record.archivedNow' : 'record.restoredNow'),
      action: undo,
    });
    await onChanged();
  };
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="button secondary small"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {t('record.actions')}
        <Glyph name="chevron-down" size={13} />
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)} placement="bottom-end">
          <div ref={menu} className="menu" role="menu">
            {record.archived ? (
              <button type="button" role="menuitem" className="menu-item" onClick={() => void act('restore')}>
                <Glyph name="undo" size={15} />
                {t('record.restore')}
              </button>
            ) : (
              <>
                <button
                  type="button"
                  role="menuitem"
                  className="menu-item"
                  onClick={() => {
                    setOpen(false);
                    setMerging(true);
                  }}
                >
                  <Glyph name="merge" size={15} />
                  {t('record.merge')}
                </button>
                <button type="button" role="menuitem" className="menu-item danger" onClick={() => void act('archive')}>
                  <Glyph name="trash" size={15} />
                  {t('record.archive')}
                </button>
              </>
            )}
          </div>
        </Popover>
      )}
      {merging && <MergeDialog type={type} record={record} onClose={() => setMerging(false)} />}
    </>
  );
}

type MergeDialogProps = { readonly type: ObjectType; readonly record: CrmRecord; readonly onClose: () => void };

const CANDIDATES_MAX = 8;

function MergeDialog({ type, record, onClose }: MergeDialogProps) {
  const { t } = useLanguage();
  const { portal } = usePortal();
  const showToast = useToast();
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly RecordSummary[]>([]);
  const [other, setOther] = useState<RecordSummary | null>(null);
  const [error, setError] = useState<string | null>(null);
  const facts = OBJECT_TYPE_FACTS[type];
  const nameOf = (row: RecordSummary): string => row.properties[facts.nameProperty] ?? row.id;
  useEffect(() => {
    let current = true;
    const query = { q: text, filters: [], sort: null, direction: 'asc', after: null } as const;
    void portalApi.records(portal.id, type, query, CANDIDATES_MAX + 1).then((answer) => {
      if (current && answer.ok)
        setFound(answer.data.results.filter((row) => row.id !== record.id).slice(0, CANDIDATES_MAX));
    });
    return () => {
      current = false;
    };
  }, [text, portal.id, type, record.id]);
  const merge = async (): Promise<void> => {
    if (!other) return;
    const answer = await portalApi.merge(portal.id, type, record.id, other.id);
    if (!answer.ok) return setError(answer.message);
    showToast({ tone: 'success', message: t('merge.done', { name: nameOf(record) }) });
    onClose();
    navigate(recordPath(portal.id, type, answer.data.id ?? record.id));
  };
  return (
    <Dialog title={t('merge.title', { name: nameOf(record) })} closeLabel={t('action.close')} onClose={onClose}>
      <div className="dialog-body">
        <p className="muted">{t('merge.text')}</p>
        <div className="choice-search boxed">
          <Glyph name="search" size={14} />
          <input
            autoFocus
            value={text}
            aria-label={t('merge.search')}
            placeholder={t('merge.search')}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <div className="merge-list" role="radiogroup" aria-label={t('merge.search')}>
          {found.map((row) => (
            <label key={row.id} className="merge-choice">
              <input type="radio" name="merge" checked={other?.id === row.id} onChange={() => setOther(row)} />
              <span>{nameOf(row)}</span>
              <span className="choice-hint">{row.id}</span>
            </label>
          ))}
        </div>
        {error && (
          <p className="field-error" role="alert">
            {error}
          </p>
        )}
      </div>
      <footer className="dialog-foot">
        <button type="button" className="button primary" disabled={other === null} onClick={() => void merge()}>
          {t('record.merge')}
        </button>
        <button type="button" className="button secondary" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </footer>
    </Dialog>
  );
}
