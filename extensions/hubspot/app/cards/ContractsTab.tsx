/** The tab card of deals and companies: every contract of the record, and one of them in full. */
import { hubspot } from '@hubspot/ui-extensions';
import { CardFrame } from './components/card-frame.tsx';
import { ContractsTab } from './components/contracts-tab.tsx';
import { createCardHost } from './card-host.ts';

hubspot.extend<'crm.record.tab'>(({ context, actions }) => (
  <CardFrame host={createCardHost(context, actions)}>
    <ContractsTab />
  </CardFrame>
));
