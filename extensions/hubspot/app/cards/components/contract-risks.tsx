/** Each risk with what to do about it; a risk that cannot be judged says so instead of passing as fine. */
import { EmptyState, Flex, StatusTag, Table, TableBody, TableCell, TableRow, Text } from '@hubspot/ui-extensions';
import { risksInOrder } from '@counterpart/app/core/risk-order.ts';
import type { ContractCardView } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';
import { STATUS_TAG_VARIANTS } from './tone.ts';

export function ContractRisks({ contract }: { readonly contract: ContractCardView }) {
  const { t } = useHost().presenter;
  if (contract.risks.length === 0) {
    return (
      <EmptyState title={t('risk.empty.title')} layout="vertical" imageName="target" imageWidth={120} flush>
        <Text>{t('risk.empty.body')}</Text>
      </EmptyState>
    );
  }
  return (
    <Table density="condensed" flush testId="risks">
      <TableBody>
        {risksInOrder(contract.risks).map((risk) => (
          <RiskRow key={risk.code} risk={risk} />
        ))}
      </TableBody>
    </Table>
  );
}

function RiskRow({ risk }: { readonly risk: ContractCardView['risks'][number] }) {
  const { t, riskTitle, riskAdvice, severity } = useHost().presenter;
  const shown = severity(risk.severity);
  const isOpen = risk.state === 'open';
  const advice = isOpen ? riskAdvice(risk.code) : t('risk.unknownInputs');
  return (
    <TableRow>
      <TableCell width="max">
        <Flex direction="column" gap="flush">
          <Text format={{ fontWeight: isOpen ? 'demibold' : 'regular' }}>{riskTitle(risk.code)}</Text>
          {advice === null ? null : <Text variant="microcopy">{advice}</Text>}
        </Flex>
      </TableCell>
      <TableCell width="min" align="right">
        <StatusTag variant={isOpen ? STATUS_TAG_VARIANTS[shown.tone] : 'default'} hollow={!isOpen}>
          {isOpen ? shown.text : t('health.unknown')}
        </StatusTag>
      </TableCell>
    </TableRow>
  );
}
