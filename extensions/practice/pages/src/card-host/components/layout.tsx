import type {
  AutoGridProps,
  BoxProps,
  CardProps,
  DividerProps,
  FlexProps,
  InlineProps,
  ListProps,
  SpacerProps,
  StackProps,
  TileProps,
} from '@hubspot/ui-extensions';
import { Children } from 'react';
import type { CSSProperties } from 'react';
import { parseSize } from '../sizes.ts';

const JUSTIFY: Readonly<Record<string, string>> = {
  start: 'flex-start',
  end: 'flex-end',
  center: 'center',
  around: 'space-around',
  between: 'space-between',
};
const ALIGN: Readonly<Record<string, string>> = { start: 'flex-start', end: 'flex-end' };

const justifyOf = (value: string | undefined): string => JUSTIFY[value ?? 'start'] ?? 'flex-start';
const alignOf = (value: string | undefined, fallback: string): string => ALIGN[value ?? ''] ?? value ?? fallback;
const gapOf = (value: string | undefined, fallback: 'flush' | 'sm'): string =>
  `var(--space-${parseSize(value, fallback)})`;

export function Flex(props: FlexProps) {
  const style: CSSProperties = {
    flexDirection: props.direction ?? 'row',
    justifyContent: justifyOf(props.justify),
    alignItems: alignOf(props.align, 'stretch'),
    gap: gapOf(props.gap, 'flush'),
    flexWrap: props.wrap === true || props.wrap === 'wrap' ? 'wrap' : 'nowrap',
    ...(props.alignSelf ? { alignSelf: alignOf(props.alignSelf, 'auto') } : {}),
  };
  return (
    <div className="c-flex" style={style} data-test-id={props.testId}>
      {props.children}
    </div>
  );
}

export function Stack(props: StackProps) {
  const style: CSSProperties = {
    flexDirection: props.direction ?? 'column',
    justifyContent: justifyOf(props.justify),
    alignItems: alignOf(props.align, 'stretch'),
    gap: gapOf(props.distance, 'flush'),
    width: props.width ?? 'auto',
  };
  return (
    <div className="c-flex" style={style}>
      {props.children}
    </div>
  );
}

export function Inline(props: InlineProps) {
  const style: CSSProperties = {
    flexWrap: 'wrap',
    justifyContent: justifyOf(props.justify),
    alignItems: alignOf(props.align, 'center'),
    gap: gapOf(props.gap, 'flush'),
  };
  return (
    <div className="c-flex" style={style}>
      {props.children}
    </div>
  );
}

export function Box(props: BoxProps) {
  const style: CSSProperties = {
    ...(props.alignSelf ? { alignSelf: alignOf(props.alignSelf, 'auto') } : {}),
    flex: props.flex === undefined || props.flex === 'initial' ? '0 1 auto' : props.flex,
    minWidth: 0,
  };
  return <div style={style}>{props.children}</div>;
}

export function AutoGrid(props: AutoGridProps) {
  const width = `min(${props.columnWidth}px, 100%)`;
  const style: CSSProperties = {
    gridTemplateColumns: props.flexible ? `repeat(auto-fit, minmax(${width}, 1fr))` : `repeat(auto-fill, ${width})`,
    gap: gapOf(props.gap, 'flush'),
  };
  return (
    <div className="c-auto-grid" style={style}>
      {props.children}
    </div>
  );
}

export function Card({ children }: CardProps) {
  return <section className="c-card">{children}</section>;
}

export function Tile({ compact, flush, children }: TileProps) {
  return <div className={`c-tile${compact ? ' compact' : ''}${flush ? ' flush' : ''}`}>{children}</div>;
}

export function Divider({ size, distance }: DividerProps) {
  return <hr className="c-divider" style={{ marginBlock: `var(--space-${parseSize(size ?? distance, 'sm')})` }} />;
}

export function Spacer({ size }: SpacerProps) {
  return <div aria-hidden="true" style={{ height: `var(--space-${parseSize(size, 'sm')})`, flex: 'none' }} />;
}

export function List({ variant = 'unordered', children }: ListProps) {
  const items = Children.map(children, (child) => <li>{child}</li>);
  return variant.startsWith('ordered') ? (
    <ol className={`c-list ${variant}`}>{items}</ol>
  ) : (
    <ul className={`c-list ${variant}`}>{items}</ul>
  );
}
