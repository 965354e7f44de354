/** What the register is narrowed by: fields for what is asked most, and marks for what a link brought along. */
import { lastDayOf } from '@counterpart/app/core/plain-date.ts';
import { contractStage, health, renewalDecision, slaVerdict } from '@counterpart/app/wire/card.ts';
import { CONTRACT_SORTS } from '@counterpart/app/wire/workspace.ts';
import { Button, Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useWords, type Words } from '../words.tsx';

const SEARCH_DELAY_MS = 250;
const VERDICTS = slaVerdict.options.filter((verdict) => verdict !== 'none');

/** By name of the query parameter. */
type Filters = Readonly<Record<string, string>>;
type FieldProps = {
  readonly filters: Filters;
  /** `null` takes a filter away. */
  readonly onChange: (values: Readonly<Record<string, string | null>>) => void;
};

export function FilterFields({ filters, onChange }: FieldProps) {
  const { t, code } = useWords();
  const set = (name: string, value: string | null) => onChange({ [name]: value });
  const options = (group: string, values: readonly string[]) =>
    values.map((value) => ({ value, label: code(group, value) }));
  return (
    <Group gap="sm" mb="md" align="flex-end">
      <SearchBox value={filters['text'] ?? ''} onChange={(text) => set('text', text)} />
      <Many
        label={t('contracts.stage')}
        value={filters['stage']}
        data={options('stage', contractStage.options)}
        onChange={(value) => set('stage', value)}
      />
      <Many
        label={t('contracts.decision')}
        value={filters['decision']}
        data={options('decision', renewalDecision.options)}
        onChange={(value) => set('decision', value)}
      />
      <Many
        label={t('contracts.sla')}
        value={filters['sla']}
        data={options('sla', VERDICTS)}
        onChange={(value) => set('sla', value)}
      />
      <Many
        label={t('contracts.col.health')}
        value={filters['health']}
        data={options('health', health.options)}
        onChange={(value) => set('health', value)}
      />
      <TextInput
        type="date"
        label={t('contracts.noticeBefore')}
        value={filters['noticeDueBefore'] ?? ''}
        onChange={(event) => set('noticeDueBefore', event.currentTarget.value)}
      />
      <Select
        label={t('contracts.sort')}
        data={CONTRACT_SORTS.map((value) => ({ value, label: t(`contracts.sort.${value}`) }))}
        value={filters['sort'] ?? 'notice'}
        onChange={(value) => onChange({ sort: value, direction: null })}
        w={150}
        allowDeselect={false}
      />
    </Group>
  );
}

type UnseenProps = FieldProps & { readonly counterparty: string | null; readonly onClear: () => void };

export function UnseenFilters({ filters, counterparty, onChange, onClear }: UnseenProps) {
  const words = useWords();
  const { t } = words;
  return (
    <Group gap="xs" mb="md">
      {unseenFilters(filters, words, counterparty).map(({ label, names }) => (
        <Button
          key={names.join()}
          size="compact-sm"
          variant="light"
          radius="xl"
          rightSection={<IconX size={12} aria-hidden />}
          aria-label={t('contracts.filter.remove', { name: label })}
          onClick={() => onChange(Object.fromEntries(names.map((name) => [name, null])))}
        >
          {label}
        </Button>
      ))}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {t('contracts.clear')}
      </Button>
    </Group>
  );
}

type UnseenFilter = { readonly label: string; readonly names: readonly string[] };

/** Filters of the address that no field of the page shows, each with the words for it. */
function unseenFilters(
  filters: Readonly<Record<string, string>>,
  { t, code, day, month }: Words,
  counterparty: string | null,
): readonly UnseenFilter[] {
  const { organisationId, noticeDueFrom, renewalFrom, renewalTo, side, renewalKind } = filters;
  const wholeMonth =
    renewalFrom !== undefined && renewalFrom.endsWith('-01') && renewalTo === lastDayOf(renewalFrom.slice(0, 7));
  const organisation =
    counterparty === null
      ? t('contracts.filter.organisationAny')
      : t('contracts.filter.organisation', { name: counterparty });
  return [
    ...(organisationId === undefined ? [] : [{ label: organisation, names: ['organisationId'] }]),
    ...(side === undefined ? [] : [{ label: code('side', side), names: ['side'] }]),
    ...(renewalKind === undefined
      ? []
      : [
          {
            label: renewalKind
              .split(',')
              .map((kind) => code('renewalKind', kind))
              .join(', '),
            names: ['renewalKind'],
          },
        ]),
    ...(noticeDueFrom === undefined
      ? []
      : [{ label: t('contracts.filter.noticeFrom', { day: day(noticeDueFrom) }), names: ['noticeDueFrom'] }]),
    ...(wholeMonth
      ? [
          {
            label: t('contracts.filter.renewalMonth', { month: month(renewalFrom.slice(0, 7)) }),
            names: ['renewalFrom', 'renewalTo'],
          },
        ]
      : [
          ...(renewalFrom === undefined
            ? []
            : [{ label: t('contracts.filter.renewalFrom', { day: day(renewalFrom) }), names: ['renewalFrom'] }]),
          ...(renewalTo === undefined
            ? []
            : [{ label: t('contracts.filter.renewalTo', { day: day(renewalTo) }), names: ['renewalTo'] }]),
        ]),
  ];
}

function SearchBox({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }) {
  const { t } = useWords();
  const [text, setText] = useState(value);
  const report = useDebouncedCallback(onChange, SEARCH_DELAY_MS);
  // Cleared, or gone back to: the field follows the address.
  useEffect(() => setText(value), [value]);
  return (
    <TextInput
      label={t('contracts.search')}
      placeholder={t('contracts.searchHint')}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        report(event.currentTarget.value);
      }}
      w={200}
    />
  );
}

type ManyProps = {
  readonly label: string;
  readonly value: string | undefined;
  readonly data: { value: string; label: string }[];
  readonly onChange: (value: string | null) => void;
};

/** Several choices in the room of one: the field says what or how many, and its list ticks them. */
function Many({ label, value, data, onChange }: ManyProps) {
  const { t, locale } = useWords();
  const chosen = value === undefined ? [] : value.split(',');
  const names = chosen.map((each) => data.find((option) => option.value === each)?.label ?? each);
  return (
    <MultiSelect
      label={label}
      data={data}
      value={chosen}
      onChange={(next) => onChange(next.join(','))}
      placeholder={names.length > 1 ? t('contracts.chosen', { count: names.length }) : (names[0] ?? t('contracts.any'))}
      title={names.join(locale === 'zh-CN' ? '、' : ', ')}
      classNames={{ pill: 'cp-hidden', inputField: names.length === 0 ? '' : 'cp-chosen' }}
      w={142}
      clearable
    />
  );
}
