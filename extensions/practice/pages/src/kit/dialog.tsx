import { useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';
import { Glyph } from './glyph.tsx';

type DialogProps = {
  readonly title: string;
  readonly closeLabel: string;
  readonly onClose: () => void;
  readonly kind?: 'modal' | 'drawer';
  readonly width?: 'sm' | 'md' | 'lg';
  readonly tone?: 'default' | 'danger';
  readonly label?: string | undefined;
  readonly children: ReactNode;
};

/**
 * A modal dialog or a drawer from the right, on the browser's own dialog element: it keeps the focus inside, closes on
 * Escape and on a press outside, and gives the focus back. Mount it to open it.
 */
export function Dialog({
  title,
  closeLabel,
  onClose,
  kind = 'modal',
  width = 'md',
  tone = 'default',
  ...rest
}: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={`dialog ${kind} ${width} ${tone}`}
      aria-labelledby={rest.label ? undefined : titleId}
      aria-label={rest.label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div className="dialog-frame">
        <header className="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" className="icon-button" aria-label={closeLabel} onClick={onClose}>
            <Glyph name="close" size={18} />
          </button>
        </header>
        {rest.children}
      </div>
    </dialog>
  );
}
