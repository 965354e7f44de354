/** Finds a contract that exists in Counterpart and attaches it to this record. The search waits for a pause in typing. */
import { useEffect, useState } from 'react';
import {
  Alert,
  EmptyState,
  Flex,
  LoadingButton,
  LoadingSpinner,
  SearchInput,
  StatusTag,
  Table,
  TableBody,
  TableCell,
  TableRow,
  Text,
} from '@hubspot/ui-extensions';
import { failureMessageKey } from '@counterpart/app/core/card-failure.ts';
import type { ContractSearch } from '@counterpart/app/wire/card.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useContractSearch } from '../hooks/use-contract-search.ts';
import { useHost } from './card-frame.tsx';
import { SurfaceHead } from './surface-head.tsx';
import { STATUS_TAG_VARIANTS } from './tone.ts';

const TYPING_PAUSE_MS = 300;
/** Pixels that keep a day and an amount on one line each. */
const FACTS_WIDTH = 130;

export type AttachContractProps = { readonly write: CardWriteHandle; readonly onBack: () => void };

export function AttachContract({ write, onBack }: AttachContractProps) {
  const { t } = useHost().presenter;
  const { schedule } = useHost();
  const [typed, setTyped] = useState('');
  const [query, setQuery] = useState('');
  const state = useContractSearch(query);
  useEffect(() => schedule(() => setQuery(typed.trim()), TYPING_PAUSE_MS), [typed, schedule]);
  return (
    <Flex direction="column" gap="md">
      <SurfaceHead title={t('attach.title')} onBack={onBack} />
      <SearchInput
        name="attach-search"
        label={t('attach.search')}
        placeholder={t('list.searchPlaceholder')}
        value={typed}
        clearable
        onInput={setTyped}
        onChange={setTyped}
        testId="attach-search"
      />
      {state.status === 'loading' ? (
        <LoadingSpinner label={t('attach.searching')} showLabel size="sm" layout="centered" />
      ) : state.status === 'failed' ? (
        <Alert title={t('failure.title')} variant="danger">
          {t(failureMessageKey(state.failure))}
        </Alert>
      ) : (
        <FoundContracts found={state.data} query={query} write={write} onAttached={onBack} />
      )}
    </Flex>
  );
}

type FoundContractsProps = {
  readonly found: ContractSearch;
  readonly query: string;
  readonly write: CardWriteHandle;
  readonly onAttached: () => void;
};

function FoundContracts({ found, query, write, onAttached }: FoundContractsProps) {
  const { t } = useHost().presenter;
  if (found.results.length === 0) {
    return (
      <EmptyState
        title={query === '' ? t('attach.empty') : t('attach.none', { query })}
        layout="vertical"
        imageName="voteAndSearch"
        imageWidth={120}
        flush
      >
        <Text variant="microcopy">{t('attach.emptyHelp')}</Text>
      </EmptyState>
    );
  }
  return (
    <Flex direction="column" gap="xs">
      {query === '' ? <Text variant="microcopy">{t('attach.recent')}</Text> : null}
      <Table density="condensed" testId="found">
        <TableBody>
          {found.results.map((result) => (
            <FoundRow key={result.id} result={result} write={write} onAttached={onAttached} />
          ))}
        </TableBody>
      </Table>
      {found.more ? <Text variant="microcopy">{t('attach.more')}</Text> : null}
    </Flex>
  );
}

type FoundRowProps = Pick<FoundContractsProps, 'write' | 'onAttached'> & {
  readonly result: ContractSearch['results'][number];
};

function FoundRow({ result, write, onAttached }: FoundRowProps) {
  const host = useHost();
  const { t, stage, dateOr, money } = host.presenter;
  const shownStage = stage(result.stage);
  const attach = (): void =>
    write.send({ kind: 'attach', contractId: result.id }, () => {
      host.addAlert('success', t('attach.done', { title: result.title }));
      onAttached();
    });
  return (
    <TableRow>
      <TableCell>
        <Flex direction="column" gap="flush">
          <Text format={{ fontWeight: 'demibold' }}>{result.title}</Text>
          <Text variant="microcopy">{[result.number, result.counterparty].filter(Boolean).join(' · ')}</Text>
        </Flex>
      </TableCell>
      <TableCell>
        <StatusTag variant={STATUS_TAG_VARIANTS[shownStage.tone]}>{shownStage.text}</StatusTag>
      </TableCell>
      <TableCell width={FACTS_WIDTH}>
        <Flex direction="column" gap="flush">
          <Text variant="microcopy">{dateOr(result.renewalDate, t('list.noRenewal'))}</Text>
          <Text variant="microcopy">{result.value === null ? t('card.none') : money(result.value)}</Text>
        </Flex>
      </TableCell>
      <TableCell width="min" align="right">
        <LoadingButton
          variant="secondary"
          size="xs"
          disabled={result.alreadyAttached || write.pending !== null}
          loading={write.pending?.kind === 'attach' && write.pending.contractId === result.id}
          onClick={attach}
          testId={`attach-${result.id}`}
        >
          {result.alreadyAttached ? t('attach.already') : t('attach.button')}
        </LoadingButton>
      </TableCell>
    </TableRow>
  );
}
