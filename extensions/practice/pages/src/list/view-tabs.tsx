import { useRef, useState } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import { Popover } from '../kit/popover.tsx';
import { useLanguage } from '../portal/language.tsx';
import { parseObjectType } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { usePortal } from '../portal/portal-context.tsx';
import { linkTo, listPath } from '../portal/route.ts';
import { useToast } from '../portal/toasts.tsx';
import { EMPTY_VIEW, listViewSearch, readSavedViews, writeSavedViews } from './list-query.ts';
import type { ListView, SavedView } from './list-query.ts';

type Tab = {
  readonly id: string;
  readonly name: string;
  readonly to: string;
  readonly size?: number | undefined;
  readonly own: boolean;
};

type ViewTabsProps = {
  readonly type: ObjectType;
  readonly viewId: string;
  readonly view: ListView;
  readonly onOpen: () => void;
};

/** Views as tabs: all, mine, the lists the installed app created, and those saved in this browser. */
export function ViewTabs({ type, viewId, view, onOpen }: ViewTabsProps) {
  const { t } = useLanguage();
  const { portal, lists, owners } = usePortal();
  const showToast = useToast();
  const [saved, setSaved] = useState(() => readSavedViews(portal.id, type));
  const me = owners.find((owner) => owner.email === portal.user.email);
  const at = (id: string, shown: ListView): string => `${listPath(portal.id, type, id)}${listViewSearch(shown)}`;
  const mine: ListView = {
    ...EMPTY_VIEW,
    filters: [{ property: 'hubspot_owner_id', operator: 'IN', values: [me?.id ?? ''] }],
  };
  const tabs: readonly Tab[] = [
    { id: 'all', name: t('view.all'), to: at('all', EMPTY_VIEW), own: false },
    ...(me ? [{ id: 'my', name: t('view.mine'), to: at('my', mine), own: false }] : []),
    ...lists
      .filter((list) => parseObjectType(list.objectType) === type)
      .map((list) => ({ id: list.id, name: list.name, to: at(list.id, EMPTY_VIEW), size: list.size, own: false })),
    ...saved.map((one) => ({ id: one.id, name: one.name, to: at(one.id, one.view), own: true })),
  ];
  const store = (next: readonly SavedView[]): void => {
    writeSavedViews(portal.id, type, next);
    setSaved(next);
  };
  const save = (name: string): void => {
    store([...saved, { id: `saved-${Date.now().toString(36)}`, name, view }]);
    showToast({ tone: 'success', message: t('view.saved', { name }) });
  };
  return (
    <nav className="view-tabs" aria-label={t('view.label')}>
      {tabs.map((tab) => {
        const link = linkTo(tab.to);
        return (
          <span key={tab.id} className="view-tab" data-current={tab.id === viewId || undefined}>
            <a
              href={link.href}
              aria-current={tab.id === viewId ? 'page' : undefined}
              onClick={(event) => {
                link.onClick(event);
                onOpen();
              }}
            >
              {tab.name}
              {tab.size !== undefined && <span className="count-pill">{tab.size}</span>}
            </a>
            {tab.own && (
              <button
                type="button"
                className="icon-button tiny"
                aria-label={t('view.remove', { name: tab.name })}
                onClick={() => store(saved.filter((one) => one.id !== tab.id))}
              >
                <Glyph name="close" size={12} />
              </button>
            )}
          </span>
        );
      })}
      <SaveView onSave={save} />
    </nav>
  );
}

function SaveView({ onSave }: { readonly onSave: (name: string) => void }) {
  const { t } = useLanguage();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const anchor = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button ref={anchor} type="button" className="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Glyph name="add" size={14} />
        {t('view.save')}
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)}>
          <form
            className="popover-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim() === '') return;
              onSave(name.trim());
              setName('');
              setOpen(false);
            }}
          >
            <label className="form-label">
              {t('view.name')}
              <input
                className="field-control"
                value={name}
                autoFocus
                onChange={(event) => setName(event.target.value)}
              />
            </label>
            <button type="submit" className="button primary small" disabled={name.trim() === ''}>
              {t('action.save')}
            </button>
          </form>
        </Popover>
      )}
    </>
  );
}
