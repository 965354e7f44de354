import { Glyph } from '../kit/glyph.tsx';
import { Picture } from '../kit/picture.tsx';
import { useLanguage } from '../portal/language.tsx';

export function LoadingState() {
  const { t } = useLanguage();
  return (
    <div className="page-state" role="status">
      <span className="spinner" aria-hidden="true" />
      <p>{t('state.loading')}</p>
    </div>
  );
}

export function FailedState({ message, onRetry }: { readonly message: string; readonly onRetry?: () => void }) {
  const { t } = useLanguage();
  return (
    <div className="page-state" role="alert">
      <Picture name="errorGeneral" alt="" width={150} />
      <h2>{t('state.failed')}</h2>
      <p>{message}</p>
      {onRetry && (
        <button type="button" className="button secondary" onClick={onRetry}>
          <Glyph name="refresh" size={15} />
          {t('action.retry')}
        </button>
      )}
    </div>
  );
}

type EmptyStateProps = {
  readonly title: string;
  readonly text: string;
  readonly picture: string;
  readonly action?: { label: string; run: () => void };
};

export function EmptyState({ title, text, picture, action }: EmptyStateProps) {
  return (
    <div className="page-state">
      <Picture name={picture} alt="" width={150} />
      <h2>{title}</h2>
      <p>{text}</p>
      {action && (
        <button type="button" className="button secondary" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  );
}
