/** Decides what the visitor sees first: the workspace, the sign-in page, or why neither can be shown. */
import { me, signInHosts } from '@counterpart/app/wire/workspace.ts';
import { Alert, Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
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
            <SignInNotice />
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

/** Asked of a server that does not answer it, HubSpot alone is offered: most have it, and its own page says what is wrong. */
const USUAL = { hubspot: '/oauth/hubspot/start', salesforce: null };

function SignIn() {
  const { t } = useWords();
  const hosts = useQuery({ queryKey: ['sign-in-hosts'], queryFn: () => call('/oauth/hosts', signInHosts) });
  const { hubspot, salesforce } = hosts.data ?? (hosts.isError ? USUAL : NONE);
  const returnTo = `?returnPath=${encodeURIComponent(window.location.pathname + window.location.search)}`;
  return (
    <Center h="100vh" p="md">
      <Stack maw={420} gap="md">
        <Title order={1}>{t('signIn.title')}</Title>
        <Text>{t('signIn.body')}</Text>
        <SignInNotice />
        {hubspot !== null && (
          <Button component="a" href={`${hubspot}${returnTo}`} size="md">
            {t('signIn.hubspot')}
          </Button>
        )}
        {salesforce !== null && (
          <Button
            component="a"
            href={`${salesforce}${returnTo}`}
            size="md"
            variant={hubspot === null ? 'filled' : 'default'}
          >
            {t('signIn.salesforce')}
          </Button>
        )}
      </Stack>
    </Center>
  );
}

/** Why a sign-in that came back did not end well: title and what to do. */
const NOTICES = {
  app_not_installed: ['signIn.notInstalled', 'signIn.installFirst'],
  declined: ['signIn.declined', 'signIn.declinedHint'],
  oauth_state: ['signIn.tooLate', 'signIn.againHere'],
  code_refused: ['signIn.codeRefused', 'signIn.again'],
  host_unavailable: ['signIn.hostUnavailable', 'signIn.later'],
  portal_of_another_workspace: ['signIn.taken', 'signIn.takenHint'],
} as const;
const isNotice = (why: string): why is keyof typeof NOTICES => Object.hasOwn(NOTICES, why);

function SignInNotice() {
  const { t } = useWords();
  const why = new URLSearchParams(window.location.search).get('signIn');
  if (why === null) return null;
  const [title, hint] = isNotice(why) ? NOTICES[why] : (['signIn.failed', 'signIn.again'] as const);
  return (
    <Alert color="orange" title={t(title)} mb="md">
      {t(hint)}
    </Alert>
  );
}
const NONE = { hubspot: null, salesforce: null };

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
