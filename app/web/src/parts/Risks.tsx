/** Each risk of a contract with what to do about it; one that cannot be judged says so instead of passing as fine. */
import { risksInOrder } from '@counterpart/app/core/risk-order.ts';
import type { ContractCardView } from '@counterpart/app/wire/card.ts';
import { Badge, Group, Stack, Text } from '@mantine/core';
import { useWords } from '../words.tsx';

type Risk = ContractCardView['risks'][number];

const COLOURS: Record<Risk['severity'], string> = { critical: 'red', high: 'orange', medium: 'yellow', low: 'gray' };

export function Risks({ risks }: { readonly risks: readonly Risk[] }) {
  const { c, code } = useWords();
  if (risks.length === 0) return <Text c="dimmed">{c('risk.empty.title')}</Text>;
  return (
    <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {risksInOrder(risks).map((risk) => {
        const isOpen = risk.state === 'open';
        return (
          <Group key={risk.code} component="li" justify="space-between" align="flex-start" wrap="nowrap">
            <div>
              <Text size="sm" fw={isOpen ? 560 : 400}>
                {code('risk', `${risk.code}.title`)}
              </Text>
              <Text size="xs" c="dimmed">
                {isOpen ? code('risk', `${risk.code}.advice`) : c('risk.unknownInputs')}
              </Text>
            </div>
            <Badge variant="light" color={isOpen ? COLOURS[risk.severity] : 'gray'} radius="sm" tt="none">
              {isOpen ? code('severity', risk.severity) : code('health', 'unknown')}
            </Badge>
          </Group>
        );
      })}
    </Stack>
  );
}
