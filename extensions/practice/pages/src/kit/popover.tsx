import { useEffect, useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import { useOverlayPosition } from './overlay-position.ts';
import type { Placement } from './overlay-position.ts';

type PopoverProps = {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly placement?: Placement;
  readonly className?: string;
  readonly children: ReactNode;
};

/**
 * A floating surface in the browser's top layer, so no scroller or dialog can clip it. A press outside, or Escape,
 * closes it; Escape gives the focus back to the anchor. Mount it to open it.
 */
export function Popover({ anchor, onClose, placement = 'bottom-start', className = '', children }: PopoverProps) {
  const surface = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    const element = surface.current;
    if (!element) return;
    element.popover = 'manual';
    element.showPopover();
    const onPress = (event: PointerEvent): void => {
      if (!(event.target instanceof Node)) return;
      if (!element.contains(event.target) && !anchor.current?.contains(event.target)) close.current();
    };
    document.addEventListener('pointerdown', onPress, true);
    return () => document.removeEventListener('pointerdown', onPress, true);
  }, [anchor]);
  useOverlayPosition(anchor, surface, { open: true, placement });

  return (
    <div
      ref={surface}
      className={`popover ${className}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
        anchor.current?.focus();
      }}
    >
      {children}
    </div>
  );
}
