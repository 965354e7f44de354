import { useId } from 'react';
import type { ReactNode } from 'react';
import { Glyph } from '../../kit/glyph.tsx';
import { useCardWords } from '../card-words.ts';

type FieldFrameProps = {
  readonly label?: string | undefined;
  readonly required?: boolean | undefined;
  readonly description?: string | undefined;
  readonly tooltip?: string | undefined;
  readonly error?: boolean | undefined;
  readonly validationMessage?: string | undefined;
  readonly group?: boolean;
  readonly children: (ids: FieldIds) => ReactNode;
};
type FieldIds = { readonly id: string; readonly labelId: string; readonly describedBy: string | undefined };

/** Label, required mark, help, description and validation message around any input of a card. */
export function FieldFrame(props: FieldFrameProps) {
  const t = useCardWords();
  const id = useId();
  const labelId = `${id}-label`;
  const described = [
    props.description ? `${id}-description` : null,
    props.validationMessage ? `${id}-message` : null,
    props.tooltip ? `${id}-help` : null,
  ].filter((part) => part !== null);
  const describedBy = described.length > 0 ? described.join(' ') : undefined;
  const label = (
    <>
      {props.label}
      {props.required && (
        <span className="required-mark" title={t('field.required')}>
          {' '}
          *
        </span>
      )}
    </>
  );
  return (
    <div className="c-field">
      {props.label && (
        <div className="c-field-label">
          {props.group ? (
            <span id={labelId}>{label}</span>
          ) : (
            <label htmlFor={id} id={labelId}>
              {label}
            </label>
          )}
          {props.tooltip && (
            <span className="c-help" title={props.tooltip}>
              <Glyph name="info" size={13} />
              <span id={`${id}-help`} className="visually-hidden">
                {props.tooltip}
              </span>
            </span>
          )}
        </div>
      )}
      {props.description && (
        <div id={`${id}-description`} className="c-microcopy">
          {props.description}
        </div>
      )}
      {props.children({ id, labelId, describedBy })}
      {props.validationMessage && (
        <div
          id={`${id}-message`}
          className={props.error ? 'field-error' : 'field-success'}
          role={props.error ? 'alert' : undefined}
        >
          {props.validationMessage}
        </div>
      )}
    </div>
  );
}
