import type {
  ButtonProps,
  ButtonRowProps,
  DropdownButtonItemProps,
  DropdownProps,
  HeaderActionButtonProps,
  HeaderActionsProps,
  HrefProp,
  ImageProps,
  LinkProps,
  LoadingButtonProps,
  TagProps,
} from '@hubspot/ui-extensions';
import { Children, createContext, useContext, useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode, RefObject } from 'react';
import { Glyph } from '../../kit/glyph.tsx';
import { Popover } from '../../kit/popover.tsx';
import { useCardWords } from '../card-words.ts';
import { glyphForIcon } from '../icon-glyphs.ts';
import { useClick, useOverlay } from '../overlay.tsx';
import { parseSize } from '../sizes.ts';

type Target = { readonly url: string; readonly external: boolean };

/** An address leaves the portal unless it is relative or on this host; then it opens in a new tab, as HubSpot does. */
function targetOf(href: HrefProp | undefined): Target | null {
  if (href === undefined) return null;
  const { url, external } = typeof href === 'string' ? { url: href, external: undefined } : href;
  const inside = new URL(url, location.href).origin === location.origin;
  return { url, external: external ?? !inside };
}

function followTarget(target: Target | null): void {
  if (target === null) return;
  if (target.external) window.open(target.url, '_blank', 'noopener');
  else location.assign(target.url);
}

export function Button(props: ButtonProps & { readonly loading?: boolean; readonly resultGlyph?: ReactNode }) {
  const tooltipId = useId();
  const { anchor, events, press, overlayNode, describedBy } = useOverlay(props.overlay, tooltipId);
  const click = useClick(props.onClick);
  const menu = useContext(MenuContext);
  const target = targetOf(props.href);
  const look = menu
    ? 'menu-item'
    : `c-button ${props.variant ?? 'secondary'} ${parseSize(props.size, 'md')}${props.truncate ? ' truncate' : ''}`;
  const content = (
    <>
      {props.loading && <span className="spinner small" aria-hidden="true" />}
      <span className="c-button-text">{props.children}</span>
      {props.resultGlyph}
      {target?.external && <Glyph name="external" size={13} />}
    </>
  );
  return (
    <>
      <button
        ref={anchor as RefObject<HTMLButtonElement>}
        type={props.type ?? 'button'}
        className={look}
        role={menu ? 'menuitem' : undefined}
        disabled={props.disabled || props.loading}
        aria-busy={props.loading || undefined}
        aria-describedby={describedBy}
        data-test-id={props.testId}
        {...events}
        onClick={() => {
          press();
          void click();
          followTarget(target);
          if (!props.overlay) menu?.close();
        }}
      >
        {content}
      </button>
      {overlayNode}
    </>
  );
}

/** The menu a pressable stands in, if any; a button folded into one becomes an item of it. */
const MenuContext = createContext<{ readonly close: () => void } | null>(null);

/** How long the result icon stays after a loading button has finished. */
const RESULT_SHOWN_MS = 1_600;

export function LoadingButton({ loading, resultIconName, ...props }: LoadingButtonProps) {
  const [finished, setFinished] = useState(false);
  const was = useRef(loading);
  useEffect(() => {
    const justFinished = was.current && !loading;
    was.current = loading;
    if (!justFinished) return;
    setFinished(true);
    const timer = setTimeout(() => setFinished(false), RESULT_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [loading]);
  const result = finished ? <Glyph name={resultIconName ? glyphForIcon(resultIconName) : 'check'} size={14} /> : null;
  return <Button {...props} loading={loading ?? false} resultGlyph={result} />;
}

export function ButtonRow({ children, disableDropdown, dropDownButtonOptions = {} }: ButtonRowProps) {
  const t = useCardWords();
  const all = Children.toArray(children);
  const shown = disableDropdown ? all : all.slice(0, BUTTONS_SHOWN);
  const hidden = all.slice(shown.length);
  return (
    <div className="c-button-row">
      {shown}
      {hidden.length > 0 && (
        <Dropdown
          buttonText={dropDownButtonOptions.text ?? t('card.more')}
          variant={dropDownButtonOptions.variant ?? 'secondary'}
        >
          {hidden}
        </Dropdown>
      )}
    </div>
  );
}
/** A row folds what does not fit into a "More" menu; four buttons fit the middle column of a record. */
const BUTTONS_SHOWN = 4;

export function Link({ href, variant = 'primary', onClick, preventDefault, overlay, children }: LinkProps) {
  const tooltipId = useId();
  const { anchor, events, press, overlayNode, describedBy } = useOverlay(overlay, tooltipId);
  const click = useClick(onClick);
  const target = targetOf(href);
  return (
    <>
      <a
        ref={anchor as RefObject<HTMLAnchorElement>}
        className={`c-link ${variant}`}
        href={target?.url ?? '#'}
        aria-describedby={describedBy}
        {...(target?.external ? { target: '_blank', rel: 'noopener' } : {})}
        {...events}
        onClick={(event) => {
          if (preventDefault || overlay || target === null) event.preventDefault();
          press();
          void click();
        }}
      >
        {children}
        {target?.external && <Glyph name="external" size={13} />}
      </a>
      {overlayNode}
    </>
  );
}

export function Tag({ variant = 'default', onClick, overlay, inline, children }: TagProps) {
  const tooltipId = useId();
  const { anchor, events, press, overlayNode, describedBy } = useOverlay(overlay, tooltipId);
  const click = useClick(onClick);
  const name = `c-tag ${variant}${inline ? ' inline' : ''}`;
  const pressable = onClick !== undefined || Boolean(overlay);
  return (
    <>
      {pressable ? (
        <button
          ref={anchor as RefObject<HTMLButtonElement>}
          type="button"
          className={`${name} pressable`}
          aria-describedby={describedBy}
          {...events}
          onClick={() => {
            press();
            void click();
          }}
        >
          {children}
        </button>
      ) : (
        <span className={name}>{children}</span>
      )}
      {overlayNode}
    </>
  );
}

export function Image({ src, alt = '', href, onClick, overlay, width, height }: ImageProps) {
  const tooltipId = useId();
  const { anchor, events, press, overlayNode } = useOverlay(overlay, tooltipId);
  const click = useClick(onClick);
  const target = targetOf(href);
  const image = <img className="c-image" src={src} alt={alt} width={width} height={height} />;
  const pressable = onClick !== undefined || target !== null || Boolean(overlay);
  if (!pressable) return image;
  return (
    <>
      <button
        ref={anchor as RefObject<HTMLButtonElement>}
        type="button"
        className="c-bare"
        aria-label={alt || undefined}
        {...events}
        onClick={() => {
          press();
          void click();
          followTarget(target);
        }}
      >
        {image}
      </button>
      {overlayNode}
    </>
  );
}

function moveFocus(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=menuitem]')];
  const index = items.findIndex((item) => item === document.activeElement);
  const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 };
  const next = steps[event.key];
  if (event.key === 'Tab') close();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}

export function Dropdown(props: DropdownProps) {
  const t = useCardWords();
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const close = (): void => {
    setOpen(false);
    anchor.current?.focus();
  };
  useEffect(() => {
    if (open) menu.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }, [open]);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={`c-button ${props.variant ?? 'secondary'} ${parseSize(props.buttonSize, 'md')}`}
        aria-haspopup="menu"
        aria-expanded={open}
        disabled={props.disabled}
        onClick={() => setOpen(!open)}
      >
        <span className="c-button-text">{props.buttonText ?? t('card.more')}</span>
        <Glyph name="chevron-down" size={13} />
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)}>
          <MenuContext.Provider value={{ close }}>
            <div ref={menu} className="menu" role="menu" onKeyDown={(event) => moveFocus(event, () => setOpen(false))}>
              {props.options?.map((option, index) => (
                <DropdownButtonItem key={`${index}-${option.label}`} onClick={() => option.onClick?.()}>
                  {option.label}
                </DropdownButtonItem>
              ))}
              {props.children}
            </div>
          </MenuContext.Provider>
        </Popover>
      )}
    </>
  );
}

export function DropdownButtonItem({ onClick, overlay, children }: DropdownButtonItemProps) {
  const tooltipId = useId();
  const menu = useContext(MenuContext);
  const { anchor, events, press, overlayNode } = useOverlay(overlay, tooltipId);
  const click = useClick(onClick);
  return (
    <>
      <button
        ref={anchor as RefObject<HTMLButtonElement>}
        type="button"
        role="menuitem"
        className="menu-item"
        {...events}
        onClick={() => {
          press();
          void click();
          if (!overlay) menu?.close();
        }}
      >
        {children}
      </button>
      {overlayNode}
    </>
  );
}

export function HeaderActions({ children }: HeaderActionsProps) {
  return <div className="c-header-actions">{children}</div>;
}

export function PrimaryHeaderActionButton(props: HeaderActionButtonProps) {
  return <Button {...props} variant="primary" />;
}

export function SecondaryHeaderActionButton(props: HeaderActionButtonProps) {
  return <Button {...props} variant="secondary" />;
}
