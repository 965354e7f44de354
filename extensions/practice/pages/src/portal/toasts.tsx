import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import type { GlyphName } from '../kit/glyph-paths.ts';
import { useLanguage } from './language.tsx';

export const TOAST_TONES = ['info', 'success', 'warning', 'danger', 'tip'] as const;
type ToastTone = (typeof TOAST_TONES)[number];
export type Toast = {
  readonly tone: ToastTone;
  readonly title?: string;
  readonly message: string;
  readonly action?: { readonly label: string; readonly run: () => void };
};
type ShownToast = Toast & { readonly id: number };

const GLYPH: Record<ToastTone, GlyphName> = {
  info: 'info',
  success: 'check-circle',
  warning: 'warning',
  danger: 'x-circle',
  tip: 'bulb',
};
/** Long enough to read and to press Undo; failures stay until dismissed. */
const SHOWN_MS = 7_000;
const TOASTS_MAX = 4;

const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

export const useToast = (): ((toast: Toast) => void) => useContext(ToastContext);

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const { t } = useLanguage();
  const [toasts, setToasts] = useState<readonly ShownToast[]>([]);
  const count = useRef(0);
  const stack = useRef<HTMLDivElement>(null);
  const dismiss = useCallback((id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)), []);
  const show = useCallback(
    (toast: Toast) => {
      count.current += 1;
      const id = count.current;
      setToasts((shown) => [...shown, { ...toast, id }].slice(-TOASTS_MAX));
      if (toast.tone !== 'danger') setTimeout(() => dismiss(id), SHOWN_MS);
    },
    [dismiss],
  );
  useEffect(() => {
    const element = stack.current;
    if (!element) return;
    element.popover = 'manual';
    // Shown again for each toast, so that it stands above a dialog opened in between.
    if (element.matches(':popover-open')) element.hidePopover();
    if (toasts.length > 0) element.showPopover();
  }, [toasts]);
  const value = useMemo(() => show, [show]);
  return (
    <ToastContext.Provider value={value}>
      {children}
      <div ref={stack} className="toasts" role="region" aria-label={t('toast.region')} aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={`toast ${toast.tone}`}>
            <Glyph name={GLYPH[toast.tone]} size={18} />
            <div className="toast-text">
              {toast.title && <strong>{toast.title}</strong>}
              <span>{toast.message}</span>
            </div>
            {toast.action && (
              <button
                type="button"
                className="toast-action"
                onClick={() => {
                  toast.action?.run();
                  dismiss(toast.id);
                }}
              >
                {toast.action.label}
              </button>
            )}
            <button
              type="button"
              className="icon-button"
              aria-label={t('action.dismiss')}
              onClick={() => dismiss(toast.id)}
            >
              <Glyph name="close" size={15} />
            </button>
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}
