import { useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { portalApi } from '../portal/portal-api.ts';
import { usePortal } from '../portal/portal-context.tsx';
import { navigate, recordPath } from '../portal/route.ts';

/** Asks for the name only; everything else is edited on the record itself. */
export function CreateRecord({ type, onClose }: { readonly type: ObjectType; readonly onClose: () => void }) {
  const { t } = useLanguage();
  const { portal } = usePortal();
  const [name, setName] = useState('');
  const [error, setError] = useState<string | null>(null);
  const facts = OBJECT_TYPE_FACTS[type];
  const create = async (): Promise<void> => {
    const answer = await portalApi.create(portal.id, type, { [facts.nameProperty]: name.trim() });
    if (!answer.ok) return setError(answer.message);
    onClose();
    navigate(recordPath(portal.id, type, answer.data.id));
  };
  return (
    <Dialog
      title={t('create.title', { object: t(facts.singular) })}
      closeLabel={t('action.close')}
      width="sm"
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <div className="dialog-body">
          <label className="form-label">
            {t('create.name')}
            <input
              className="field-control"
              autoFocus
              required
              value={name}
              aria-invalid={error !== null}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
          {error && (
            <p className="field-error" role="alert">
              {error}
            </p>
          )}
        </div>
        <footer className="dialog-foot">
          <button type="submit" className="button primary" disabled={name.trim() === ''}>
            {t('list.create')}
          </button>
          <button type="button" className="button secondary" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
