/** Who wins when both sides changed a value, for each shared field: everybody may read it, administrators change it. */
import { CONFLICT_CHOICES, conflictPolicy, type ConflictPolicyView } from '@counterpart/app/wire/conflict-policy.ts';
import { Alert, Badge, Button, Group, Modal, Select, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/workspace-api.ts';
import { useSession } from '../shell/session.tsx';
import { useWords } from '../words.tsx';
import { Loaded, reasonOf } from './States.tsx';

const FIELDS = ['stage', 'renewalDate', 'renewalDecision'] as const;
const KEY = ['conflict-policy'];

export function ConflictPolicy() {
  const { t } = useWords();
  const stored = useQuery({ queryKey: KEY, queryFn: () => call('/v1/conflict-policy', conflictPolicy) });
  return (
    <Stack component="section" gap="sm" mt="xl" aria-labelledby="conflict-policy">
      <Title order={2} id="conflict-policy">
        {t('policy.title')}
      </Title>
      <Text size="sm" c="dimmed">
        {t('policy.body')}
      </Text>
      <Loaded of={stored} rows={2}>
        {(policy) => <PolicyForm stored={policy} />}
      </Loaded>
    </Stack>
  );
}

function PolicyForm({ stored }: { readonly stored: ConflictPolicyView }) {
  const words = useWords();
  const { t, code } = words;
  const { permissions } = useSession();
  const queries = useQueryClient();
  const [changed, setChanged] = useState<Partial<ConflictPolicyView>>({});
  const [asking, { open, close }] = useDisclosure();
  const chosen: ConflictPolicyView = { ...stored, ...changed };
  const isChanged = FIELDS.some((field) => chosen[field] !== stored[field]);
  const save = useMutation({
    mutationFn: () => call('/v1/conflict-policy', conflictPolicy, { method: 'PATCH', json: chosen }),
    onSuccess: (saved) => {
      queries.setQueryData(KEY, saved);
      setChanged({});
      notifications.show({ message: t('policy.saved'), color: 'green' });
    },
    onSettled: close,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        open();
      }}
    >
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {FIELDS.map((field) => (
          <Select
            key={field}
            label={code('field', field)}
            description={code('policyHint', chosen[field])}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            data={CONFLICT_CHOICES.map((choice) => ({ value: choice, label: code('policy', choice) }))}
            value={chosen[field]}
            allowDeselect={false}
            disabled={!permissions.canAdminister}
            onChange={(value) => {
              const choice = CONFLICT_CHOICES.find((known) => known === value);
              save.reset();
              if (choice !== undefined) setChanged({ ...changed, [field]: choice });
            }}
          />
        ))}
      </SimpleGrid>
      {save.isError && (
        <Alert color="red" mt="sm" role="alert">
          {reasonOf(save.error, words)}
        </Alert>
      )}
      {permissions.canAdminister ? (
        <Group mt="sm">
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>
            {t('policy.save')}
          </Button>
          {save.isSuccess && !isChanged && (
            <Badge variant="light" color="green" tt="none">
              {t('policy.isSaved')}
            </Badge>
          )}
        </Group>
      ) : (
        <Text size="xs" c="dimmed" mt="sm">
          {t('policy.adminOnly')}
        </Text>
      )}
      <Modal
        opened={asking}
        onClose={close}
        title={t('policy.confirmTitle')}
        closeButtonProps={{ 'aria-label': t('cancel') }}
      >
        <Stack>
          <Text size="sm">{t('policy.confirmBody')}</Text>
          {FIELDS.filter((field) => chosen[field] !== stored[field]).map((field) => (
            <Text key={field} size="sm">
              {code('field', field)}: {code('policy', stored[field])} → {code('policy', chosen[field])}
            </Text>
          ))}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('cancel')}
            </Button>
            <Button onClick={() => save.mutate()} loading={save.isPending} data-autofocus>
              {t('policy.save')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </form>
  );
}
