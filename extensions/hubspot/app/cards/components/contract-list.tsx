/** The list surface: summary, what needs attention first, search for long lists, the table, and the two ways to add a contract. */
import { Alert, AutoGrid, Button, ButtonRow, EmptyState, Flex, Link, SearchInput, Text } from '@hubspot/ui-extensions';
import { FILTER_FROM_COUNT, type ListView } from '@counterpart/app/core/contract-list.ts';
import { contractStage, type RecordCard } from '@counterpart/app/wire/card.ts';
import { useHost } from './card-frame.tsx';
import { ChoiceSelect } from './choice-select.tsx';
import { ContractTable } from './contract-table.tsx';
import { SummaryStrip } from './summary-strip.tsx';
import { SyncLine } from './sync-line.tsx';
import { ALERT_VARIANTS } from './tone.ts';

const FILTER_WIDTH = 240;

export type ContractListProps = {
  readonly card: RecordCard;
  readonly refreshing: boolean;
  readonly view: ListView;
  readonly onView: (view: ListView) => void;
  readonly onOpen: (contractId: string) => void;
  readonly onAttach: () => void;
  readonly onCreate: () => void;
};

export function ContractList(props: ContractListProps) {
  const { card } = props;
  const { t } = useHost().presenter;
  return (
    <Flex direction="column" gap="md">
      <SummaryStrip card={card} />
      <AttentionLine card={card} onOpen={props.onOpen} />
      {card.contracts.length < FILTER_FROM_COUNT ? null : <ListFilters {...props} />}
      <Flex direction="row" justify="between" align="end" gap="sm" wrap>
        <Text variant="microcopy">
          {props.view.sort.direction === 'none' ? t('list.order') : t('list.count', { count: card.contracts.length })}
        </Text>
        <AddButtons {...props} />
      </Flex>
      <ContractTable contracts={card.contracts} view={props.view} onView={props.onView} onOpen={props.onOpen} />
      <SyncLine sync={card.sync} today={card.today} refreshing={props.refreshing} url={card.workspaceUrl} />
    </Flex>
  );
}

function AttentionLine({ card, onOpen }: Pick<ContractListProps, 'card' | 'onOpen'>) {
  const { presenter } = useHost();
  const contract = card.contracts.find((each) => each.id === card.attention?.contractId);
  if (contract === undefined || card.attention === null || card.attention.reason === 'fine') return null;
  const attention = presenter.attention(card.attention);
  return (
    <Alert title={contract.title} variant={ALERT_VARIANTS[attention.tone]} testId="attention">
      {attention.text}{' '}
      <Link href="#" preventDefault onClick={() => onOpen(contract.id)}>
        {presenter.t('attention.open')}
      </Link>
    </Alert>
  );
}

function ListFilters({ view, onView }: Pick<ContractListProps, 'view' | 'onView'>) {
  const { t } = useHost().presenter;
  return (
    <AutoGrid columnWidth={FILTER_WIDTH} flexible gap="sm">
      <SearchInput
        name="find-contract"
        label={t('list.search')}
        placeholder={t('list.searchPlaceholder')}
        value={view.text}
        clearable
        onInput={(text) => onView({ ...view, text, page: 1 })}
        onChange={(text) => onView({ ...view, text, page: 1 })}
      />
      <ChoiceSelect
        name="stage-filter"
        label={t('list.stageFilter')}
        choices={['any', ...contractStage.options]}
        value={view.stage}
        labelOf={(stage) => (stage === 'any' ? t('list.anyStage') : t(`stage.${stage}`))}
        onChange={(stage) => onView({ ...view, stage, page: 1 })}
        testId="stage-filter"
      />
    </AutoGrid>
  );
}

function AddButtons({ card, onAttach, onCreate }: Pick<ContractListProps, 'card' | 'onAttach' | 'onCreate'>) {
  const { t } = useHost().presenter;
  if (!card.permissions.canEdit) return <Text variant="microcopy">{t('card.readOnly')}</Text>;
  return (
    <ButtonRow disableDropdown>
      <Button variant="primary" size="sm" onClick={onAttach} testId="attach">
        {t('attach.open')}
      </Button>
      <Button variant="secondary" size="sm" onClick={onCreate} testId="create">
        {t('create.open')}
      </Button>
    </ButtonRow>
  );
}

/** A record without contracts: what will be here, and the two ways to get it. */
export function EmptyRecord(props: Pick<ContractListProps, 'card' | 'onAttach' | 'onCreate'>) {
  const { t } = useHost().presenter;
  return (
    <EmptyState
      title={t('empty.title')}
      layout="vertical"
      imageName="electronicSignatureEmptyState"
      imageWidth={160}
      testId="empty"
    >
      <Flex direction="column" align="center" gap="md">
        <Text>{t('empty.body')}</Text>
        <AddButtons {...props} />
      </Flex>
    </EmptyState>
  );
}
