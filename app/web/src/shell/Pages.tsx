/** Which page stands at which address. Pages are loaded when they are first opened. */
import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { useWords } from '../words.tsx';

const Overview = lazy(() => import('../pages/Overview.tsx'));
const Contracts = lazy(() => import('../pages/Contracts.tsx'));
const Contract = lazy(() => import('../pages/Contract.tsx'));
const Vendors = lazy(() => import('../pages/Vendors.tsx'));
const Import = lazy(() => import('../pages/Import.tsx'));
const Connections = lazy(() => import('../pages/Connections.tsx'));
const RecordMatches = lazy(() => import('../pages/RecordMatches.tsx'));
const Conflicts = lazy(() => import('../pages/Conflicts.tsx'));
const Audit = lazy(() => import('../pages/Audit.tsx'));

export function Pages() {
  const { t } = useWords();
  return (
    <Suspense
      fallback={
        <Center h={240}>
          <Loader aria-label={t('loading')} />
        </Center>
      }
    >
      <Switch>
        <Route path="/">
          <Overview />
        </Route>
        <Route path="/contracts">
          <Contracts />
        </Route>
        <Route path="/contracts/:id">{({ id }) => <Contract id={id} />}</Route>
        <Route path="/vendors">
          <Vendors />
        </Route>
        <Route path="/import">
          <Import />
        </Route>
        <Route path="/connections">
          <Connections />
        </Route>
        <Route path="/matches">
          <RecordMatches />
        </Route>
        <Route path="/conflicts">
          <Conflicts />
        </Route>
        <Route path="/audit">
          <Audit />
        </Route>
        <Route>{t('notFound')}</Route>
      </Switch>
    </Suspense>
  );
}
