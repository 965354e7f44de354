/** Where each value comes from, what the two sides disagreed on, and the stages so far (sync rules S2 and S13). */
import { Alert, Flex, Heading, Link, List, Text } from '@hubspot/ui-extensions';
import type { ContractDetail } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';

const ENTRIES_MAX = 20;

export type ContractHistoryProps = {
  readonly detail: ContractDetail;
  /** The contract in the workspace, where a value that was set aside is restored. */
  readonly url: string;
};

export function ContractHistory({ detail, url }: ContractHistoryProps) {
  const { t } = useHost().presenter;
  return (
    <Flex direction="column" gap="md">
      {detail.conflicts.length === 0 ? null : (
        <Flex direction="column" gap="sm">
          <Heading>{t('history.conflicts')}</Heading>
          {detail.conflicts.slice(0, ENTRIES_MAX).map((conflict) => (
            <ConflictNote key={conflict.id} conflict={conflict} today={detail.today} />
          ))}
          {detail.conflicts.some((conflict) => !conflict.restored) ? (
            <Link href={{ url, external: true }}>{t('conflict.restore')}</Link>
          ) : null}
        </Flex>
      )}
      <Heading>{t('history.provenance')}</Heading>
      <Provenance detail={detail} />
      <Heading>{t('history.timeline')}</Heading>
      <Timeline detail={detail} />
    </Flex>
  );
}

type ConflictNoteProps = { readonly conflict: ContractDetail['conflicts'][number]; readonly today: string };

function ConflictNote({ conflict, today }: ConflictNoteProps) {
  const { t, field, value, conflictReason, instant } = useHost().presenter;
  const [kept, lost] = conflict.winner === 'ours' ? [conflict.ours, conflict.theirs] : [conflict.theirs, conflict.ours];
  const title = t('conflict.title', {
    field: field(conflict.field),
    kept: value(conflict.field, kept),
    lost: value(conflict.field, lost),
  });
  const sentences = [
    conflictReason(conflict.reason),
    conflict.restored ? t('conflict.restored') : null,
    instant(conflict.at, today),
  ];
  return (
    <Alert title={title} variant={conflict.restored ? 'info' : 'warning'} testId="conflict">
      {sentences.filter(Boolean).join(' ')}
    </Alert>
  );
}

function Provenance({ detail }: { readonly detail: ContractDetail }) {
  const { t, provenance, value } = useHost().presenter;
  if (detail.provenance.length === 0) return <Text>{t('history.empty')}</Text>;
  return (
    <List variant="unordered-styled" testId="provenance">
      {detail.provenance.slice(0, ENTRIES_MAX).map((entry) => (
        <Flex key={`${entry.field}-${entry.at}`} direction="column" gap="flush">
          <Text>{provenance(entry, detail.today)}</Text>
          {entry.previous === null ? null : (
            <Text variant="microcopy">{t('history.was', { value: value(entry.field, entry.previous) })}</Text>
          )}
        </Flex>
      ))}
    </List>
  );
}

function Timeline({ detail }: { readonly detail: ContractDetail }) {
  const { t, stage, instant } = useHost().presenter;
  if (detail.timeline.length === 0) return <Text>{t('history.empty')}</Text>;
  return (
    <List variant="unordered-styled" testId="timeline">
      {detail.timeline.slice(-ENTRIES_MAX).map((entry) => {
        const shown = { stage: stage(entry.stage).text, time: instant(entry.at, detail.today) };
        return (
          <Text key={`${entry.stage}-${entry.at}`}>
            {entry.actor === null
              ? t('history.timelineEntry', shown)
              : t('history.timelineEntryBy', { ...shown, actor: entry.actor })}
          </Text>
        );
      })}
    </List>
  );
}
