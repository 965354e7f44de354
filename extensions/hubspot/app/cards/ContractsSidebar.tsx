/** The sidebar card of deals and companies: the one contract that needs attention first, and its next step. */
import { hubspot } from '@hubspot/ui-extensions';
import { CardFrame } from './components/card-frame.tsx';
import { ContractAttention } from './components/contract-attention.tsx';
import { createCardHost } from './card-host.ts';

hubspot.extend<'crm.record.sidebar'>(({ context, actions }) => (
  <CardFrame host={createCardHost(context, actions)}>
    <ContractAttention />
  </CardFrame>
));
