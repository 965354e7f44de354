// Overlays of a card: a Modal, Panel or Tooltip sits in the `overlay` of a button, link, tag or image and opens with it;
// modals and panels can also be opened and closed by their id (reactions, closeOverlay).
import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode, RefObject } from 'react';

type OverlayTools = { readonly open: () => void; readonly close: () => void };

export class OverlayRegistry {
  readonly #byId = new Map<string, OverlayTools>();

  register(id: string, tools: OverlayTools): () => void {
    this.#byId.set(id, tools);
    return () => {
      if (this.#byId.get(id) === tools) this.#byId.delete(id);
    };
  }

  open(id: string): void {
    this.#byId.get(id)?.open();
  }

  close(id: string): void {
    this.#byId.get(id)?.close();
  }
}

export const OverlayRegistryContext = createContext(new OverlayRegistry());

type Trigger = {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly pressCount: number;
  readonly hovered: boolean;
  readonly tooltipId: string;
};
const TriggerContext = createContext<Trigger | null>(null);

export const useTrigger = (): Trigger | null => useContext(TriggerContext);

/** Event and reactions as the SDK hands them to a click handler. Both must survive the crossing to the worker. */
export function useClick(handler: unknown): () => Promise<void> {
  const registry = useContext(OverlayRegistryContext);
  return async () => {
    if (typeof handler !== 'function') return;
    const reactions = {
      openModal: (id: string) => registry.open(id),
      closeModal: (id: string) => registry.close(id),
      openPanel: (id: string) => registry.open(id),
      closePanel: (id: string) => registry.close(id),
    };
    await handler(extensionEvent('click'), reactions);
  };
}

let eventCount = 0;

/** The four serialisable fields of the SDK's ExtensionEvent. */
export function extensionEvent(type: string): { type: string; bubbles: boolean; timeStamp: number; id: string } {
  eventCount += 1;
  return { type, bubbles: true, timeStamp: performance.now(), id: `event-${eventCount}` };
}

/** Wires an element to the overlay in its props: returns what the element needs and the overlay to render beside it. */
export function useOverlay(overlay: ReactNode, tooltipId: string) {
  const anchor = useRef<HTMLElement>(null);
  const [pressCount, setPressCount] = useState(0);
  const [hovered, setHovered] = useState(false);
  const trigger = useMemo(() => ({ anchor, pressCount, hovered, tooltipId }), [pressCount, hovered, tooltipId]);
  const events = overlay
    ? {
        onPointerEnter: () => setHovered(true),
        onPointerLeave: () => setHovered(false),
        onFocus: () => setHovered(true),
        onBlur: () => setHovered(false),
      }
    : {};
  return {
    anchor,
    events,
    press: () => setPressCount((count) => count + 1),
    overlayNode: overlay ? <TriggerContext.Provider value={trigger}>{overlay}</TriggerContext.Provider> : null,
    describedBy: overlay && hovered ? tooltipId : undefined,
  };
}

type OverlayLife = { readonly id: string; readonly onOpen?: unknown; readonly onClose?: unknown };

/** Open state of a modal or panel: opened by its trigger's press or by its id; tells the card when it opens or closes. */
export function useOverlayLife({ id, onOpen, onClose }: OverlayLife): OverlayTools & { readonly isOpen: boolean } {
  const registry = useContext(OverlayRegistryContext);
  const trigger = useTrigger();
  const [isOpen, setOpen] = useState(false);
  const handlers = useRef({ onOpen, onClose });
  handlers.current = { onOpen, onClose };
  const tools = useMemo(() => ({ open: () => setOpen(true), close: () => setOpen(false) }), []);
  const seenPresses = useRef(trigger?.pressCount ?? 0);
  const wasOpen = useRef(false);

  useEffect(() => registry.register(id, tools), [registry, id, tools]);
  useEffect(() => {
    if (!trigger || trigger.pressCount === seenPresses.current) return;
    seenPresses.current = trigger.pressCount;
    setOpen(true);
  }, [trigger]);
  useEffect(() => {
    if (isOpen === wasOpen.current) return;
    wasOpen.current = isOpen;
    const handler = isOpen ? handlers.current.onOpen : handlers.current.onClose;
    if (typeof handler === 'function') handler();
  }, [isOpen]);
  return { ...tools, isOpen };
}
