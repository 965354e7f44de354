import { useCallback, useEffect, useState } from 'react';
import { ListPage } from '../list/list-page.tsx';
import { useLanguage } from '../portal/language.tsx';
import { portalApi } from '../portal/portal-api.ts';
import { PortalProvider } from '../portal/portal-context.tsx';
import type { Portal } from '../portal/portal-schema.ts';
import { parseRoute, useAddress } from '../portal/route.ts';
import type { Route } from '../portal/route.ts';
import { RecordPage } from '../record/record-page.tsx';
import { AppPage } from './app-page.tsx';
import { FailedState, LoadingState } from './page-states.tsx';
import { PortalHome } from './portal-home.tsx';
import { PortalShell } from './portal-shell.tsx';

type Portals =
  | { readonly status: 'loading' }
  | { readonly status: 'failed'; readonly message: string }
  | { readonly status: 'ready'; readonly portals: readonly Portal[] };

/** Reads the portals once, then shows the page the address names. */
export function PortalApp() {
  const { t } = useLanguage();
  const { path } = useAddress();
  const [state, setState] = useState<Portals>({ status: 'loading' });
  const load = useCallback(async () => {
    const answer = await portalApi.portals();
    setState(answer.ok ? { status: 'ready', portals: answer.data } : { status: 'failed', message: answer.message });
  }, []);
  const reload = useCallback(() => void load(), [load]);
  useEffect(reload, [reload]);

  if (state.status === 'loading') return <LoadingState />;
  if (state.status === 'failed') return <FailedState message={state.message} onRetry={reload} />;
  const route = parseRoute(path);
  if (route.page === 'home') return <PortalHome portals={state.portals} />;
  const portal = state.portals.find((candidate) => candidate.id === route.portalId);
  if (!portal) return <FailedState message={t('state.noPortal')} />;
  return (
    <PortalProvider key={portal.id} portal={portal} portals={state.portals} onInstall={reload}>
      <PortalShell route={route}>
        <Page route={route} />
      </PortalShell>
    </PortalProvider>
  );
}

function Page({ route }: { readonly route: Exclude<Route, { page: 'home' }> }) {
  const { t } = useLanguage();
  switch (route.page) {
    case 'list':
      return <ListPage key={route.type} type={route.type} view={route.view} />;
    case 'record':
      return <RecordPage key={`${route.type}-${route.id}`} type={route.type} id={route.id} />;
    case 'app':
      return <AppPage key={route.uid} uid={route.uid} />;
    case 'unknown':
      return <FailedState message={t('state.noPage')} />;
  }
}
