/** What every page shows while it has nothing to show yet: loading, empty, failed with the reason and a way on. */
import { Alert, Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { failureKindOf } from '@counterpart/app/core/card-failure.ts';
import { isRefusal } from '../api/workspace-api.ts';
import { useWords, type Words } from '../words.tsx';

export function PageTitle({ children, aside }: { readonly children: ReactNode; readonly aside?: ReactNode }) {
  return (
    <div
      style={{
        display: 'flex',
        alignItems: 'center',
        justifyContent: 'space-between',
        gap: 16,
        marginBottom: 20,
        flexWrap: 'wrap',
      }}
    >
      <Title order={1}>{children}</Title>
      {aside}
    </div>
  );
}

export function Loaded<T>({
  of,
  children,
  rows = 6,
}: {
  readonly of: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
  readonly rows?: number;
}) {
  if (of.data !== undefined) return children(of.data);
  if (of.isPending) return <Loading rows={rows} />;
  return <Failed error={of.error} onRetry={() => void of.refetch()} />;
}

export function Loading({ rows }: { readonly rows: number }) {
  const { t } = useWords();
  return (
    <Stack gap="sm" aria-busy="true" aria-label={t('loading')}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={34} />
      ))}
    </Stack>
  );
}

export function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const words = useWords();
  return (
    <Alert color="red" title={words.t('failed.title')} role="alert">
      <Text size="sm" mb={onRetry ? 'sm' : 0}>
        {reasonOf(error, words)}
      </Text>
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          {words.t('retry')}
        </Button>
      )}
    </Alert>
  );
}

/** A refusal in the reader's language: the domain's own reason first, else what the problem code says. */
export function reasonOf(error: unknown, { code, t }: Words): string {
  if (!isRefusal(error)) return t('failed.offline');
  const { reason, code: problemCode } = error.problem;
  if (reason !== undefined) {
    for (const group of ['moveReason', 'importError', 'matchRefusal']) {
      const known = code(group, reason);
      if (known !== reason) return known;
    }
  }
  return code('failure', failureKindOf(problemCode));
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py={48} px="md" className="cp-panel">
      <Text fw={600}>{title}</Text>
      {children}
    </Stack>
  );
}
