import type {
  AlertProps,
  DescriptionListItemProps,
  DescriptionListProps,
  EmptyStateProps,
  ErrorStateProps,
  HeadingProps,
  IconProps,
  IllustrationProps,
  LoadingSpinnerProps,
  ProgressBarProps,
  ScoreProps,
  StatisticsItemProps,
  StatisticsProps,
  StatisticsTrendProps,
  StatusTagProps,
  TextProps,
} from '@hubspot/ui-extensions';
import { useId } from 'react';
import { Glyph } from '../../kit/glyph.tsx';
import type { GlyphName } from '../../kit/glyph-paths.ts';
import { Picture } from '../../kit/picture.tsx';
import { useCardWords } from '../card-words.ts';
import { glyphForIcon } from '../icon-glyphs.ts';
import { parseSize } from '../sizes.ts';

type AlertVariant = NonNullable<AlertProps['variant']>;
const ALERT_GLYPH: Record<AlertVariant, GlyphName> = {
  info: 'info',
  warning: 'warning',
  success: 'check-circle',
  error: 'x-circle',
  danger: 'x-circle',
  tip: 'bulb',
};

export function Alert({ title, variant = 'info', children }: AlertProps) {
  const urgent = variant === 'danger' || variant === 'error';
  return (
    <div className={`c-alert ${variant}`} role={urgent ? 'alert' : 'status'}>
      <Glyph name={ALERT_GLYPH[variant]} size={18} />
      <div>
        <strong>{title}</strong>
        {children && <div className="c-alert-body">{children}</div>}
      </div>
    </div>
  );
}

export function Heading({ inline, children }: HeadingProps) {
  return <h3 className={`c-heading${inline ? ' inline' : ''}`}>{children}</h3>;
}

const WEIGHT: Readonly<Record<string, number>> = { regular: 400, demibold: 600, bold: 700 };
const DECORATION: Readonly<Record<string, string>> = { underline: 'underline', strikethrough: 'line-through' };

function transformClass(transform: string | undefined): string {
  return transform === 'sentenceCase' ? ' sentence-case' : '';
}

export function Text({ variant = 'bodytext', inline, format = {}, truncate, children }: TextProps) {
  const maxWidth = typeof truncate === 'object' ? truncate.maxWidth : undefined;
  const tooltip = typeof truncate === 'object' ? truncate.tooltipText : undefined;
  const { fontWeight, italic, lineDecoration, textTransform } = format;
  const style = {
    fontWeight: WEIGHT[fontWeight ?? 'regular'],
    fontStyle: italic ? 'italic' : undefined,
    textDecoration: DECORATION[lineDecoration ?? 'none'],
    textTransform: textTransform === 'sentenceCase' ? undefined : textTransform,
    maxWidth,
  };
  const name = `c-text ${variant}${inline ? ' inline' : ''}${truncate ? ' truncate' : ''}${transformClass(textTransform)}`;
  const content = typeof children === 'string' || truncate === undefined ? children : <>{children}</>;
  const title = tooltip ?? (truncate && typeof content === 'string' ? content : undefined);
  return inline ? (
    <span className={name} style={style} title={title}>
      {content}
    </span>
  ) : (
    <div className={name} style={style} title={title}>
      {content}
    </div>
  );
}

const ICON_PX = { flush: 16, xs: 14, sm: 16, md: 20, lg: 28, xl: 28 } as const;

export function Icon({ name, size, color = 'inherit', screenReaderText }: IconProps) {
  return (
    <span className={`c-icon ${color}`} data-icon={name}>
      <Glyph name={glyphForIcon(name)} size={ICON_PX[parseSize(size, 'sm')]} text={screenReaderText} />
    </span>
  );
}

export function LoadingSpinner({ label, showLabel, size, layout = 'inline' }: LoadingSpinnerProps) {
  return (
    <div className={`c-spinner ${layout} ${parseSize(size, 'sm')}`} role="status">
      <span className="spinner" aria-hidden="true" />
      <span className={showLabel ? '' : 'visually-hidden'}>{label}</span>
    </div>
  );
}

export function ProgressBar(props: ProgressBarProps) {
  const max = props.maxValue ?? props.valueMax ?? 100;
  const value = props.value ?? 0;
  const percent = max > 0 ? Math.min(100, Math.max(0, (value / max) * 100)) : 0;
  const labelId = useId();
  const label = props['aria-label'] ?? props.title ?? props.valueDescription;
  return (
    <div className="c-progress">
      {(props.title || props.showPercentage) && (
        <div className="c-progress-head">
          <span id={labelId}>{props.title}</span>
          {props.showPercentage && <span className="c-progress-percent">{Math.round(percent)}%</span>}
        </div>
      )}
      <div
        className={`c-progress-track ${props.variant ?? 'success'}`}
        role="progressbar"
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuetext={props.valueDescription}
        aria-label={label ?? `${Math.round(percent)}%`}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
      {props.valueDescription && <div className="c-microcopy">{props.valueDescription}</div>}
    </div>
  );
}

export function StatusTag({
  variant = 'default',
  hollow,
  onClick,
  showRemoveIcon,
  onRemoveClick,
  children,
}: StatusTagProps) {
  const t = useCardWords();
  const dot = <span className={`c-dot${hollow ? ' hollow' : ''}`} aria-hidden="true" />;
  return (
    <span className={`c-status-tag ${variant}`}>
      {onClick ? (
        <button type="button" className="c-bare" onClick={() => onClick()}>
          {dot}
          {children}
        </button>
      ) : (
        <>
          {dot}
          {children}
        </>
      )}
      {showRemoveIcon && (
        <button type="button" className="c-bare" aria-label={t('card.remove')} onClick={() => onRemoveClick?.()}>
          <Glyph name="close" size={12} />
        </button>
      )}
    </span>
  );
}

export function DescriptionList({ direction = 'column', children }: DescriptionListProps) {
  return <dl className={`c-description-list ${direction}`}>{children}</dl>;
}

export function DescriptionListItem({ label, children }: DescriptionListItemProps) {
  return (
    <div className="c-description-item">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Statistics({ children }: StatisticsProps) {
  return <dl className="c-statistics">{children}</dl>;
}

export function StatisticsItem({ label, number, children }: StatisticsItemProps) {
  return (
    <div className="c-statistic">
      <dt>{label}</dt>
      <dd>
        <span className="c-statistic-number">{number}</span>
        {children}
      </dd>
    </div>
  );
}

export function StatisticsTrend({ value, direction, color }: StatisticsTrendProps) {
  const tone = color ?? (direction === 'increase' ? 'green' : 'red');
  return (
    <span className={`c-trend ${tone}`}>
      <span aria-hidden="true">{direction === 'increase' ? '▲' : '▼'}</span> {value}
    </span>
  );
}

const SCORE_CIRCUMFERENCE = 2 * Math.PI * 20;

export function ScoreCircle({ score }: ScoreProps) {
  const value = Math.round(Math.min(100, Math.max(0, score)));
  const tone = value >= 67 ? 'high' : value >= 34 ? 'middle' : 'low';
  return (
    <svg className={`c-score ${tone}`} width="48" height="48" viewBox="0 0 48 48" role="img" aria-label={String(value)}>
      <circle cx="24" cy="24" r="20" className="c-score-track" />
      <circle
        cx="24"
        cy="24"
        r="20"
        className="c-score-value"
        strokeDasharray={`${(SCORE_CIRCUMFERENCE * value) / 100} ${SCORE_CIRCUMFERENCE}`}
        transform="rotate(-90 24 24)"
      />
      <text x="24" y="29" textAnchor="middle">
        {value}
      </text>
    </svg>
  );
}

export function EmptyState({
  title,
  children,
  layout = 'horizontal',
  reverseOrder,
  imageName,
  ...rest
}: EmptyStateProps) {
  return (
    <div className={`c-state ${layout}${reverseOrder ? ' reverse' : ''}${rest.flush ? ' flush' : ''}`}>
      <div className="c-state-text">
        {title && <h4>{title}</h4>}
        <div>{children}</div>
      </div>
      <Picture name={imageName ?? 'building'} width={rest.imageWidth ?? 160} alt="" />
    </div>
  );
}

export function ErrorState({ title, type = 'error', children }: ErrorStateProps) {
  const t = useCardWords();
  return (
    <div className="c-state vertical" role="alert">
      <Picture
        name={type === 'lock' ? 'lock' : type === 'support' ? 'customerSupport' : 'errorGeneral'}
        width={140}
        alt=""
      />
      <div className="c-state-text">
        <h4>{title ?? t('card.errorTitle')}</h4>
        <div>{children}</div>
      </div>
    </div>
  );
}

export function Illustration({ name, alt, width, height }: IllustrationProps) {
  return <Picture name={name} alt={alt} width={width ?? 160} {...(height === undefined ? {} : { height })} />;
}
