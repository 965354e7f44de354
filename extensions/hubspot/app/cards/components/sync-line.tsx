/** One quiet line: whether the CRM and Counterpart agree, and the way to the workspace. */
import { Flex, Link, LoadingSpinner, Text } from '@hubspot/ui-extensions';
import type { RecordCard } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';

export type SyncLineProps = {
  readonly sync: RecordCard['sync'];
  readonly today: string;
  readonly refreshing: boolean;
  readonly url: string;
};

export function SyncLine({ sync, today, refreshing, url }: SyncLineProps) {
  const { t, sync: syncText } = useHost().presenter;
  return (
    <Flex direction="row" justify="between" align="center" gap="sm" wrap>
      {refreshing || sync.state === 'pending' ? (
        <LoadingSpinner
          label={refreshing ? t('card.refreshing') : syncText(sync, today)}
          showLabel
          size="xs"
          layout="inline"
        />
      ) : (
        <Text variant="microcopy">{syncText(sync, today)}</Text>
      )}
      <Link href={{ url, external: true }}>{t('card.open')}</Link>
    </Flex>
  );
}

/** The address of one contract; `workspaceUrl` is the address of the workspace's list of contracts. */
export function contractUrl(workspaceUrl: string, contractId: string): string {
  return `${workspaceUrl.replace(/\/+$/, '')}/${encodeURIComponent(contractId)}`;
}
