/** The states every surface shares: loading, failed, and a write that did not succeed. */
import { Alert, Button, ButtonRow, ErrorState, Flex, LoadingSpinner, Text } from '@hubspot/ui-extensions';
import type { CardFailure } from '@counterpart/app/core/card-failure.ts';
import { failureMessageKey } from '@counterpart/app/core/card-failure.ts';
import type { CardWriteHandle } from '../hooks/use-card-write.ts';
import { useHost } from './card-frame.tsx';

export function LoadingCard({ label }: { readonly label: string }) {
  return <LoadingSpinner label={label} showLabel layout="centered" size="md" testId="loading" />;
}

export function FailedCard({ failure, onRetry }: { readonly failure: CardFailure; readonly onRetry: () => void }) {
  const { t } = useHost().presenter;
  const locked = failure.kind === 'forbidden' || failure.kind === 'not_connected';
  return (
    <ErrorState title={t('failure.title')} type={locked ? 'lock' : 'error'} testId="failed">
      <Flex direction="column" align="center" gap="sm">
        <Text>{t(failureMessageKey(failure))}</Text>
        <Button variant="secondary" onClick={onRetry} testId="retry">
          {t('card.retry')}
        </Button>
      </Flex>
    </ErrorState>
  );
}

/** Data on the screen is older than wished, because asking again failed. */
export function StaleNotice({ failure, onRetry }: { readonly failure: CardFailure; readonly onRetry: () => void }) {
  const { t } = useHost().presenter;
  return (
    <Alert title={t('failure.title')} variant="warning" testId="stale">
      <Flex direction="row" justify="between" align="center" gap="sm" wrap>
        <Text>{t(failureMessageKey(failure))}</Text>
        <Button variant="secondary" size="xs" onClick={onRetry}>
          {t('card.retry')}
        </Button>
      </Flex>
    </Alert>
  );
}

export function WriteFailure({ write }: { readonly write: CardWriteHandle }) {
  const { t, moveRefusal } = useHost().presenter;
  const { failed, retry } = write;
  if (failed === null) return null;
  const { failure } = failed;
  return (
    <Alert title={t('failure.writeTitle')} variant="danger" testId="write-failed">
      <Text>{moveRefusal(failure.reason) ?? t(failureMessageKey(failure))}</Text>
      <ButtonRow disableDropdown>
        {retry === null ? null : (
          <Button variant="secondary" size="xs" onClick={retry} testId="write-retry">
            {t('card.retry')}
          </Button>
        )}
        <Button variant="transparent" size="xs" onClick={write.dismiss}>
          {t('card.dismiss')}
        </Button>
      </ButtonRow>
    </Alert>
  );
}
