/** Bringing a contract register in: choose a file, see what each column means, see what will happen, then let it happen or not. */
import {
  importCheck,
  IMPORT_FIELDS,
  type ImportCheck,
  type ImportOptions,
  type ImportView,
  importView,
} from '@counterpart/app/wire/workspace.ts';
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  FileButton,
  Group,
  Progress,
  Select,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { skipToken, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, query } from '../api/workspace-api.ts';
import { Failed, PageTitle } from '../parts/States.tsx';
import { useWords } from '../words.tsx';

const ACCEPTED = '.csv,.tsv,.txt,.xlsx,.json';
const POLL_MS = 700;

export default function Import() {
  const { t } = useWords();
  const [started, setStarted] = useState<ImportView | null>(null);
  const upload = useMutation({
    mutationFn: (file: File) =>
      call(`/v1/imports${query({ fileName: file.name })}`, importView, { method: 'POST', file }),
    onSuccess: setStarted,
  });
  return (
    <>
      <PageTitle>{t('nav.import')}</PageTitle>
      {started === null ? (
        <Stack className="cp-panel" p="xl" align="flex-start">
          <Title order={2}>{t('import.title')}</Title>
          <Text maw={640}>{t('import.body')}</Text>
          <FileButton
            accept={ACCEPTED}
            onChange={(file) => file !== null && upload.mutate(file)}
            inputProps={{ 'aria-label': t('import.choose') }}
          >
            {(props) => (
              <Button {...props} loading={upload.isPending}>
                {t('import.choose')}
              </Button>
            )}
          </FileButton>
          {upload.isError && <Failed error={upload.error} />}
        </Stack>
      ) : (
        <Steps key={started.id} uploaded={started} onLeave={() => setStarted(null)} />
      )}
    </>
  );
}

function Steps({ uploaded, onLeave }: { readonly uploaded: ImportView; readonly onLeave: () => void }) {
  const { t } = useWords();
  const [options, setOptions] = useState<ImportOptions>(uploaded.options);
  const [skipInvalid, setSkipInvalid] = useState(false);
  const check = useQuery({
    queryKey: ['import-check', uploaded.id, options],
    queryFn: () => call(`/v1/imports/${uploaded.id}/check`, importCheck, { method: 'POST', json: options }),
    placeholderData: (before) => before,
  });
  const commit = useMutation({
    mutationFn: () =>
      call(`/v1/imports/${uploaded.id}/commit`, importView, { method: 'POST', json: { options, skipInvalid } }),
  });
  const current = useQuery({
    queryKey: ['imports', uploaded.id],
    queryFn: () => call(`/v1/imports/${uploaded.id}`, importView),
    initialData: uploaded,
    refetchInterval: ({ state }) => (commit.isSuccess && state.data?.state === 'committing' ? POLL_MS : false),
  });
  const progress = useQuery<{ readonly done: number; readonly total: number }>({
    queryKey: ['import-progress', uploaded.id],
    queryFn: skipToken,
  });
  const outcome = current.data.state === 'uploaded' ? commit.data : current.data;
  if (outcome !== undefined && outcome.state !== 'uploaded') return <Outcome outcome={outcome} onLeave={onLeave} />;
  return (
    <Stack gap="md">
      <Text>
        <b>{uploaded.fileName}</b> · {t('import.rows', { count: uploaded.rows })}
        {uploaded.encoding === null ? '' : ` · ${uploaded.encoding}`}
      </Text>
      {uploaded.format !== 'ocds' && <Mapping uploaded={uploaded} options={options} onChange={setOptions} />}
      <Choices options={options} onChange={setOptions} />
      {check.isError && <Failed error={check.error} onRetry={() => void check.refetch()} />}
      {check.data !== undefined && <Preview check={check.data} />}
      {commit.isError && <Failed error={commit.error} />}
      {commit.isPending && (
        <Progress
          value={progress.data === undefined ? 0 : (100 * progress.data.done) / Math.max(1, progress.data.total)}
          animated
          aria-label={t('import.committing')}
        />
      )}
      <Group>
        {check.data !== undefined && check.data.invalid > 0 && (
          <Checkbox
            checked={skipInvalid}
            onChange={(event) => setSkipInvalid(event.currentTarget.checked)}
            label={t('import.skipInvalid', { count: check.data.invalid })}
          />
        )}
        <Button
          loading={commit.isPending}
          disabled={
            check.data === undefined ||
            check.data.create + check.data.update === 0 ||
            (check.data.invalid > 0 && !skipInvalid)
          }
          onClick={() => commit.mutate()}
        >
          {t('import.commit', { count: (check.data?.create ?? 0) + (check.data?.update ?? 0) })}
        </Button>
        <Button variant="default" onClick={onLeave}>
          {t('cancel')}
        </Button>
      </Group>
    </Stack>
  );
}

type OptionsProps = { readonly options: ImportOptions; readonly onChange: (next: ImportOptions) => void };

function Mapping({ uploaded, options, onChange }: OptionsProps & { readonly uploaded: ImportView }) {
  const { t } = useWords();
  const chosenFor = (position: number) => IMPORT_FIELDS.find((field) => options.mapping[field] === position) ?? null;
  const choose = (position: number, field: string | null) => {
    const kept = Object.entries(options.mapping).filter(([name, at]) => at !== position && name !== field);
    onChange({ ...options, mapping: Object.fromEntries(field === null ? kept : [...kept, [field, position]]) });
  };
  return (
    <Table.ScrollContainer minWidth={700} className="cp-panel">
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('import.column')}</Table.Th>
            <Table.Th>{t('import.sample')}</Table.Th>
            <Table.Th>{t('import.means')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {uploaded.columns.map((column) => (
            <Table.Tr key={column.position}>
              <Table.Td fw={560}>{column.header}</Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed" lineClamp={1}>
                  {column.sample.join(' · ')}
                </Text>
              </Table.Td>
              <Table.Td>
                <Select
                  aria-label={t('import.meansFor', { column: column.header })}
                  value={chosenFor(column.position)}
                  onChange={(field) => choose(column.position, field)}
                  data={IMPORT_FIELDS.map((value) => ({ value, label: t(`import.field.${value}`) }))}
                  placeholder={t('import.leftOut')}
                  clearable
                  searchable
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Choices({ options, onChange }: OptionsProps) {
  const { t } = useWords();
  const formats = ['unambiguous', 'day_first', 'month_first'] as const;
  const duplicates = ['skip', 'update'] as const;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
      <Select
        label={t('import.dates')}
        allowDeselect={false}
        value={options.dateFormat}
        data={formats.map((value) => ({ value, label: t(`import.dates.${value}`) }))}
        onChange={(value) =>
          onChange({ ...options, dateFormat: formats.find((format) => format === value) ?? 'unambiguous' })
        }
      />
      <Select
        label={t('import.duplicates')}
        allowDeselect={false}
        value={options.duplicates}
        data={duplicates.map((value) => ({ value, label: t(`import.duplicates.${value}`) }))}
        onChange={(value) => onChange({ ...options, duplicates: value === 'update' ? 'update' : 'skip' })}
      />
    </SimpleGrid>
  );
}

const ACTION_COLOURS = { create: 'green', update: 'blue', skip: 'gray', invalid: 'red' } as const;

function Preview({ check }: { readonly check: ImportCheck }) {
  const { t, day, money, code, number } = useWords();
  const actions = ['create', 'update', 'skip', 'invalid'] as const;
  return (
    <>
      <Group gap="lg" role="status">
        {actions.map((action) => (
          <Text key={action}>
            <b>{number(check[action])}</b> {t(`import.action.${action}`)}
          </Text>
        ))}
      </Group>
      {check.errors.length > 0 && (
        <Alert color="red" title={t('import.errors')}>
          <Stack gap={4} mah={220} style={{ overflowY: 'auto' }} tabIndex={0}>
            {check.errors.map((error) => (
              <Text size="sm" key={`${error.row}${error.column}${error.code}`}>
                {t('import.errorAt', { row: error.row, column: error.column ?? '–' })} {code('importError', error.code)}
                {error.value === null ? '' : ` (“${error.value}”)`}
              </Text>
            ))}
            {check.moreErrors > 0 && <Text size="sm">{t('import.moreErrors', { count: check.moreErrors })}</Text>}
          </Stack>
        </Alert>
      )}
      <Table.ScrollContainer minWidth={820} className="cp-panel">
        <Table verticalSpacing={6}>
          <Table.Tbody>
            {check.preview.map((row) => (
              <Table.Tr key={row.row}>
                <Table.Td>{row.row}</Table.Td>
                <Table.Td>
                  <Badge variant="light" color={ACTION_COLOURS[row.action]} tt="none">
                    {t(`import.action.${row.action}`)}
                  </Badge>
                </Table.Td>
                <Table.Td>{row.number ?? '–'}</Table.Td>
                <Table.Td>{row.title ?? '–'}</Table.Td>
                <Table.Td>{row.counterparty ?? '–'}</Table.Td>
                <Table.Td>{row.stage === null ? '–' : code('stage', row.stage)}</Table.Td>
                <Table.Td className="cp-nowrap">{day(row.endDate)}</Table.Td>
                <Table.Td className="cp-number">{money(row.value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}

function Outcome({ outcome, onLeave }: { readonly outcome: ImportView; readonly onLeave: () => void }) {
  const { t } = useWords();
  if (outcome.state === 'committing') return <Progress value={100} animated aria-label={t('import.committing')} />;
  const counts = outcome.counts;
  return (
    <Alert
      color={outcome.state === 'committed' ? 'green' : 'red'}
      title={t(outcome.state === 'committed' ? 'import.done' : 'import.failed')}
    >
      {counts !== null && (
        <Text mb="sm">
          {t('import.result', {
            created: counts.created,
            updated: counts.updated,
            skipped: counts.skipped + counts.invalid,
          })}
        </Text>
      )}
      <Group>
        <Button component={Link} href="/contracts?sort=updated">
          {t('import.see')}
        </Button>
        <Button variant="default" onClick={onLeave}>
          {t('import.another')}
        </Button>
      </Group>
    </Alert>
  );
}
