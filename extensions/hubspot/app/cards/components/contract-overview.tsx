/** The terms people ask for first. */
import { DescriptionList, DescriptionListItem, Flex, Link, List, Text } from '@hubspot/ui-extensions';
import type { ContractCardView, ContractDetail } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';

export type ContractOverviewProps = { readonly detail: ContractDetail; readonly contract: ContractCardView };

export function ContractOverview({ detail, contract }: ContractOverviewProps) {
  const { t, dateOr, money, party, calendar } = useHost().presenter;
  const { terms } = detail;
  const unset = t('detail.notSet');
  const items: readonly (readonly [label: string, value: string])[] = [
    [t('detail.renewal'), dateOr(contract.renewalDate, t('list.noRenewal'))],
    [t('decision.label'), t(`decision.${contract.renewalDecision}`)],
    ...useNoticeItems(contract),
    [t('detail.renewalKind'), useRenewalText(detail, contract)],
    [t('detail.noticePeriod'), useNoticePeriod(detail)],
    [t('detail.effective'), dateOr(contract.effectiveDate, unset)],
    [t('detail.end'), dateOr(contract.endDate, t('detail.openEnded'))],
    [t('detail.signed'), dateOr(terms.signedDate, unset)],
    [t('detail.value'), contract.value === null ? unset : money(contract.value)],
    [t('detail.side'), t(`side.${contract.side}`)],
    [t('detail.calendar'), calendar(terms.calendarId)],
    [t('detail.owner'), terms.owner ?? unset],
  ];
  return (
    <Flex direction="column" gap="md">
      <DescriptionList direction="row">
        {items.map(([label, value]) => (
          <DescriptionListItem key={label} label={label}>
            <Text>{value}</Text>
          </DescriptionListItem>
        ))}
      </DescriptionList>
      <DescriptionList direction="column">
        <DescriptionListItem label={t('detail.parties')}>
          <List variant="unordered-styled">
            {terms.parties.map((each) => (
              <Text key={`${each.name}-${each.role}`}>
                {t('detail.party', { name: each.name, role: each.sideLabel ?? party(each.role) })}
              </Text>
            ))}
          </List>
        </DescriptionListItem>
        <OtherLinks detail={detail} />
      </DescriptionList>
    </Flex>
  );
}

function OtherLinks({ detail }: { readonly detail: ContractDetail }) {
  const { t } = useHost().presenter;
  if (detail.links.length < 2) return null;
  return (
    <DescriptionListItem label={t('detail.links')}>
      <List variant="unordered-styled">
        {detail.links.map((link) => {
          const name = link.name ?? link.recordId;
          return link.url === null ? (
            <Text key={link.recordId}>{name}</Text>
          ) : (
            <Link key={link.recordId} href={{ url: link.url, external: true }}>
              {name}
            </Link>
          );
        })}
      </List>
    </DescriptionListItem>
  );
}

function useNoticeItems(contract: ContractCardView): readonly (readonly [string, string])[] {
  const { t, date, notice } = useHost().presenter;
  if (contract.notice === null) return [[t('notice.label'), t('notice.none')]];
  const { safeDate, legalDate, decisionDueDate, provisional } = contract.notice;
  const lines = [
    safeDate === legalDate
      ? date(safeDate)
      : `${t('notice.safe', { date: date(safeDate) })} · ${t('notice.legal', { date: date(legalDate) })}`,
    notice(contract.notice).text,
    provisional ? t('notice.provisional') : null,
  ];
  return [
    [t('notice.label'), lines.filter(Boolean).join(' · ')],
    [t('notice.decideLabel'), date(decisionDueDate)],
  ];
}

function useRenewalText(detail: ContractDetail, contract: ContractCardView): string {
  const { t } = useHost().presenter;
  const kind = t(`renewalKind.${contract.renewalKind}`);
  const months = detail.terms.renewalMonths;
  return months === null || contract.renewalKind === 'none' ? kind : t('detail.renewalEvery', { kind, months });
}

function useNoticePeriod(detail: ContractDetail): string {
  const { t } = useHost().presenter;
  const { notice } = detail.terms;
  if (notice === null) return t('detail.notSet');
  return t(`notice.period.${notice.unit}`, { count: notice.count, from: notice.countedFrom });
}
