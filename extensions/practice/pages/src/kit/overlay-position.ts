import { useLayoutEffect } from 'react';
import type { RefObject } from 'react';

const GAP_PX = 6;
const EDGE_PX = 8;

export type Placement = 'bottom-start' | 'bottom-end' | 'top' | 'bottom' | 'left' | 'right';

function origin(anchor: DOMRect, size: DOMRect, placement: Placement): { left: number; top: number } {
  const centreX = anchor.left + (anchor.width - size.width) / 2;
  const centreY = anchor.top + (anchor.height - size.height) / 2;
  switch (placement) {
    case 'bottom-start':
      return { left: anchor.left, top: anchor.bottom + GAP_PX };
    case 'bottom-end':
      return { left: anchor.right - size.width, top: anchor.bottom + GAP_PX };
    case 'bottom':
      return { left: centreX, top: anchor.bottom + GAP_PX };
    case 'top':
      return { left: centreX, top: anchor.top - size.height - GAP_PX };
    case 'left':
      return { left: anchor.left - size.width - GAP_PX, top: centreY };
    case 'right':
      return { left: anchor.right + GAP_PX, top: centreY };
  }
}

function place(anchor: Element, floating: HTMLElement, placement: Placement): void {
  const rect = anchor.getBoundingClientRect();
  const size = floating.getBoundingClientRect();
  const wanted = origin(rect, size, placement);
  const below = wanted.top + size.height > window.innerHeight - EDGE_PX;
  const above = rect.top - size.height - GAP_PX;
  const top = below && above > EDGE_PX ? above : wanted.top;
  const left = Math.min(Math.max(wanted.left, EDGE_PX), window.innerWidth - size.width - EDGE_PX);
  floating.style.left = `${Math.round(Math.max(left, EDGE_PX))}px`;
  floating.style.top = `${Math.round(Math.max(top, EDGE_PX))}px`;
}

/** Keeps a floating element beside its anchor while it is open, and inside the window. */
export function useOverlayPosition(
  anchor: RefObject<Element | null>,
  floating: RefObject<HTMLElement | null>,
  options: { readonly open: boolean; readonly placement: Placement },
): void {
  const { open, placement } = options;
  useLayoutEffect(() => {
    if (!open) return;
    const follow = (): void => {
      if (anchor.current && floating.current) place(anchor.current, floating.current, placement);
    };
    follow();
    const size = new ResizeObserver(follow);
    if (floating.current) size.observe(floating.current);
    window.addEventListener('scroll', follow, true);
    window.addEventListener('resize', follow);
    return () => {
      size.disconnect();
      window.removeEventListener('scroll', follow, true);
      window.removeEventListener('resize', follow);
    };
  }, [anchor, floating, open, placement]);
}
