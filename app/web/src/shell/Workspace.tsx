/** Decides what the visitor sees first: the workspace, the sign-in page, or why neither can be shown. */
import { me } from '@counterpart/app/wire/workspace.ts';
import { Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { call, isRefusal } from '../api/workspace-api.ts';
import { useWords, WordsProvider } from '../words.tsx';
import { Boundary } from './Boundary.tsx';
import { Frame } from './Frame.tsx';
import { Pages } from './Pages.tsx';
import { SessionProvider } from './session.tsx';

export function Workspace() {
  const session = useQuery({ queryKey: ['me'], queryFn: () => call('/v1/me', me), staleTime: 60_000 });
  const locale = session.data?.user.locale ?? navigator.language;
  return (
    <WordsProvider locale={locale}>
      {session.data !== undefined ? (
        <SessionProvider me={session.data}>
          <Frame>
            <Boundary>
              <Pages />
            </Boundary>
          </Frame>
        </SessionProvider>
      ) : session.isPending ? (
        <Center h="100vh">
          <Loader aria-label="Counterpart" />
        </Center>
      ) : isRefusal(session.error) && session.error.problem.code === 'not_signed_in' ? (
        <SignIn />
      ) : (
        <Unreachable onRetry={() => void session.refetch()} />
      )}
    </WordsProvider>
  );
}

function SignIn() {
  const { t } = useWords();
  return (
    <Center h="100vh" p="md">
      <Stack maw={420} gap="md">
        <Title order={1}>{t('signIn.title')}</Title>
        <Text>{t('signIn.body')}</Text>
        <Button
          component="a"
          href={`/oauth/hubspot/start?returnPath=${encodeURIComponent(window.location.pathname + window.location.search)}`}
          size="md"
        >
          {t('signIn.hubspot')}
        </Button>
      </Stack>
    </Center>
  );
}

function Unreachable({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = useWords();
  return (
    <Center h="100vh" p="md">
      <Stack maw={420} gap="md" role="alert">
        <Title order={1}>{t('unreachable.title')}</Title>
        <Text>{t('unreachable.body')}</Text>
        <Button onClick={onRetry}>{t('retry')}</Button>
      </Stack>
    </Center>
  );
}
