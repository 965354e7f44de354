import type { Property } from './portal-schema.ts';
import { choicesOf, formatValue } from './property-format.ts';
import type { FormatContext } from './property-format.ts';

type ValueTone = 'good' | 'warn' | 'bad' | 'plain';

/** Status words that HubSpot portals show as coloured badges; the tone comes from the option's internal value. */
const TONES: readonly (readonly [RegExp, ValueTone])[] = [
  [/^(missed|breached|expired|terminated|at_risk|closedlost|urgent|high)$/i, 'bad'],
  [/^(attention|undecided|renewing|provisional|disputed|renegotiate|exit|medium)$/i, 'warn'],
  [/^(met|good|active|renew|closedwon|low)$/i, 'good'],
];

function toneOf(value: string): ValueTone {
  return TONES.find(([pattern]) => pattern.test(value))?.[1] ?? 'plain';
}

/** Whether a value is shown as a link. */
export function isAddress(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && /^https?:\/\//.test(value);
}

const MULTI_SHOWN_MAX = 2;

/** A value as it stands in a table or beside its label: enumerations as badges, the rest as text. */
export function PropertyValue(props: {
  readonly property: Property;
  readonly value: string | null | undefined;
  readonly context: FormatContext;
}) {
  const { property, value, context } = props;
  if (value === null || value === undefined || value === '') return <span className="no-value">--</span>;
  if (property.type !== 'enumeration' || property.name === 'hubspot_owner_id' || property.options.length === 0) {
    const text = formatValue(property, value, context);
    return isAddress(value) ? (
      <a href={value} target="_blank" rel="noopener noreferrer" className="value-link">
        {value.replace(/^https?:\/\//, '')}
      </a>
    ) : (
      <span className="value-text">{text}</span>
    );
  }
  const wanted = property.fieldType === 'checkbox' ? value.split(';').filter((one) => one !== '') : [value];
  const choices = choicesOf(property, context) ?? [];
  const hidden = wanted.length - MULTI_SHOWN_MAX;
  return (
    <span className="badges" title={hidden > 0 ? formatValue(property, value, context) : undefined}>
      {wanted.slice(0, MULTI_SHOWN_MAX).map((one) => (
        <span key={one} className={`badge ${toneOf(one)}`}>
          {choices.find((choice) => choice.value === one)?.label ?? one}
        </span>
      ))}
      {hidden > 0 && <span className="badge plain">+{hidden}</span>}
    </span>
  );
}
