import type {
  AccordionProps,
  ModalBodyProps,
  ModalFooterProps,
  ModalProps,
  PanelBodyProps,
  PanelFooterProps,
  PanelProps,
  PanelSectionProps,
  StepIndicatorProps,
  TabProps,
  TabsProps,
  TooltipProps,
} from '@hubspot/ui-extensions';
import { createContext, useContext, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { Dialog } from '../../kit/dialog.tsx';
import { Glyph } from '../../kit/glyph.tsx';
import { useOverlayPosition } from '../../kit/overlay-position.ts';
import { useCardWords } from '../card-words.ts';
import { useLocalValue } from '../local-value.ts';
import { useOverlayLife, useTrigger } from '../overlay.tsx';
import { parseSize } from '../sizes.ts';

export function Accordion({ title, children, defaultOpen, disabled, open, size, onClick }: AccordionProps) {
  const [shown, setShown] = useLocalValue(open, defaultOpen ?? false);
  const bodyId = useId();
  return (
    <div className={`c-accordion ${parseSize(size, 'md')}`}>
      <button
        type="button"
        className="c-accordion-head"
        aria-expanded={shown}
        aria-controls={bodyId}
        disabled={disabled}
        onClick={() => {
          if (open === undefined) setShown(!shown);
          onClick?.();
        }}
      >
        <Glyph name={shown ? 'chevron-down' : 'chevron-right'} size={14} />
        <span>{title}</span>
      </button>
      <div id={bodyId} className="c-accordion-body" hidden={!shown}>
        {children}
      </div>
    </div>
  );
}

type TabEntry = {
  readonly id: string | number;
  readonly title: string;
  readonly disabled: boolean;
  readonly tooltip: string | undefined;
  readonly panelId: string;
  readonly tabElementId: string;
};
type TabSet = {
  readonly selected: string | number | null;
  readonly register: (entry: TabEntry) => () => void;
};
const TabsContext = createContext<TabSet | null>(null);

/** Tabs keep the order their panels have in the document, also when the card adds one later. */
function inDocumentOrder(entries: readonly TabEntry[]): TabEntry[] {
  return [...entries].sort((a, b) => {
    const first = document.getElementById(a.panelId);
    const second = document.getElementById(b.panelId);
    if (!first || !second) return 0;
    return first.compareDocumentPosition(second) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  });
}

export function Tabs({ children, onSelectedChange, defaultSelected, selected, variant = 'default', fill }: TabsProps) {
  const [entries, setEntries] = useState<readonly TabEntry[]>([]);
  const [chosen, setChosen] = useLocalValue<string | number | null>(selected, defaultSelected ?? null);
  const list = useRef<HTMLDivElement>(null);
  const current = entries.some((entry) => entry.id === chosen)
    ? chosen
    : (entries.find((entry) => !entry.disabled)?.id ?? null);
  const tabs = useMemo<TabSet>(
    () => ({
      selected: current,
      register(entry) {
        setEntries((before) => inDocumentOrder([...before.filter((other) => other.panelId !== entry.panelId), entry]));
        return () => setEntries((before) => before.filter((other) => other.panelId !== entry.panelId));
      },
    }),
    [current],
  );
  const choose = (id: string | number): void => {
    if (selected === undefined) setChosen(id);
    // The SDK types the callback by the kind of id the card uses; what we hand back is that very id.
    (onSelectedChange as ((id: string | number) => void) | undefined)?.(id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const usable = entries.filter((entry) => !entry.disabled);
    const index = usable.findIndex((entry) => entry.id === current);
    const steps: Record<string, number> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: usable.length - 1,
    };
    const step = steps[event.key];
    const next = step === undefined ? undefined : usable.at(step % usable.length);
    if (!next) return;
    event.preventDefault();
    choose(next.id);
    document.getElementById(next.tabElementId)?.focus();
  };
  return (
    <TabsContext.Provider value={tabs}>
      <div className="c-tabs">
        <div ref={list} className={`c-tab-list ${variant}${fill ? ' fill' : ''}`} role="tablist" onKeyDown={onKeyDown}>
          {entries.map((entry) => (
            <button
              key={entry.panelId}
              id={entry.tabElementId}
              type="button"
              role="tab"
              className="c-tab"
              aria-selected={entry.id === current}
              aria-controls={entry.panelId}
              tabIndex={entry.id === current ? 0 : -1}
              disabled={entry.disabled}
              title={entry.tooltip}
              onClick={() => choose(entry.id)}
            >
              {entry.title}
            </button>
          ))}
        </div>
        {children}
      </div>
    </TabsContext.Provider>
  );
}

export function Tab({ tabId, title, disabled, tooltip, children }: TabProps) {
  const tabs = useContext(TabsContext);
  const own = useId();
  const id = tabId ?? own;
  const panelId = `${own}-panel`;
  const tabElementId = `${own}-tab`;
  const register = useRef(tabs?.register);
  register.current = tabs?.register;
  useEffect(
    () => register.current?.({ id, title: title ?? '', disabled: disabled ?? false, tooltip, panelId, tabElementId }),
    [id, title, disabled, tooltip, panelId, tabElementId],
  );
  return (
    <div
      id={panelId}
      className="c-tab-panel"
      role="tabpanel"
      aria-labelledby={tabElementId}
      hidden={tabs?.selected !== id}
    >
      {children}
    </div>
  );
}

type DialogWidth = 'sm' | 'md' | 'lg';
function dialogWidth(width: string | undefined): DialogWidth {
  const size = parseSize(width, 'sm');
  return size === 'md' || size === 'lg' ? size : 'sm';
}

export function Modal(props: ModalProps) {
  const t = useCardWords();
  const { isOpen, close } = useOverlayLife(props);
  if (!isOpen) return null;
  return (
    <Dialog
      title={props.title ?? ''}
      label={props['aria-label']}
      closeLabel={t('action.close')}
      width={dialogWidth(props.width)}
      tone={props.variant ?? 'default'}
      onClose={close}
    >
      {props.children}
    </Dialog>
  );
}

export function ModalBody({ children }: ModalBodyProps) {
  return <div className="dialog-body">{children}</div>;
}

export function ModalFooter({ children }: ModalFooterProps) {
  return <footer className="dialog-foot">{children}</footer>;
}

export function Panel(props: PanelProps) {
  const t = useCardWords();
  const { isOpen, close } = useOverlayLife(props);
  if (!isOpen) return null;
  return (
    <Dialog
      kind="drawer"
      title={props.title ?? ''}
      label={props['aria-label']}
      closeLabel={t('action.close')}
      width={dialogWidth(props.width)}
      onClose={close}
    >
      {props.children}
    </Dialog>
  );
}

export function PanelBody({ children }: PanelBodyProps) {
  return <div className="dialog-body">{children}</div>;
}

export function PanelFooter({ children }: PanelFooterProps) {
  return <footer className="dialog-foot">{children}</footer>;
}

export function PanelSection({ flush, children }: PanelSectionProps) {
  return <section className={`c-panel-section${flush ? ' flush' : ''}`}>{children}</section>;
}

export function Tooltip(props: TooltipProps) {
  const trigger = useTrigger();
  return trigger?.hovered ? <ShownTooltip {...props} anchor={trigger.anchor} id={trigger.tooltipId} /> : null;
}

type ShownTooltipProps = TooltipProps & { readonly anchor: RefObject<HTMLElement | null>; readonly id: string };

function ShownTooltip({ children, placement = 'top', anchor, id }: ShownTooltipProps) {
  const surface = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!surface.current) return;
    surface.current.popover = 'manual';
    surface.current.showPopover();
  }, []);
  useOverlayPosition(anchor, surface, { open: true, placement });
  return (
    <div ref={surface} id={id} className="c-tooltip" role="tooltip">
      {children}
    </div>
  );
}

export function StepIndicator(props: StepIndicatorProps) {
  const { stepNames, currentStep = 0, direction = 'horizontal', variant = 'default', onClick } = props;
  const size = parseSize(props.circleSize, 'sm');
  return (
    <ol className={`c-steps ${direction} ${variant} ${size}`}>
      {stepNames.map((name, index) => {
        const state = index < currentStep ? 'done' : index === currentStep ? 'current' : 'ahead';
        const content = (
          <>
            <span className="c-step-circle" aria-hidden="true">
              {state === 'done' && <Glyph name="check" size={11} />}
            </span>
            <span className={variant !== 'default' && state !== 'current' ? 'visually-hidden' : 'c-step-name'}>
              {name}
            </span>
          </>
        );
        return (
          <li
            key={`${index}-${name}`}
            className={`c-step ${state}`}
            aria-current={state === 'current' ? 'step' : undefined}
          >
            {onClick ? (
              <button type="button" className="c-bare" onClick={() => onClick(index)}>
                {content}
              </button>
            ) : (
              <span className="c-bare">{content}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
