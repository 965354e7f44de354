/** Confirms at once the suggestions that nothing speaks against, after a person has read their names; what is refused is said by name. */
import { confirmMatchRequest, recordMatchDetail, type RecordMatchView } from '@counterpart/app/wire/record-match.ts';
import { Alert, Button, Checkbox, Group, List, Modal, Progress, ScrollArea, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/workspace-api.ts';
import { useWords } from '../words.tsx';
import { reasonOf } from './States.tsx';

const FULL_SCORE = 100;
const NAMES_HEIGHT = 260;

const nameOf = ({ left, right }: RecordMatchView): string => left.name ?? right.name ?? left.recordId;

export function ConfirmMatches({ shown }: { readonly shown: readonly RecordMatchView[] }) {
  const { t } = useWords();
  const [opened, { open, close }] = useDisclosure();
  const sure = shown.filter(({ state, score }) => state === 'suggested' && score === FULL_SCORE);
  return (
    <>
      {sure.length > 1 && (
        <Button variant="default" onClick={open}>
          {t('matches.confirmAll', { count: sure.length })}
        </Button>
      )}
      {opened && <Ask matches={sure} onClose={close} />}
    </>
  );
}

type AskProps = { readonly matches: readonly RecordMatchView[]; readonly onClose: () => void };
type Refused = { readonly name: string; readonly why: string };

function Ask({ matches, onClose }: AskProps) {
  const words = useWords();
  const { t } = words;
  const queries = useQueryClient();
  // What was asked about stays the same while the list behind it changes.
  const [asked] = useState(matches);
  const [attach, setAttach] = useState(true);
  const [doneCount, setDoneCount] = useState(0);
  const confirm = useMutation({
    mutationFn: async () => {
      const refused: Refused[] = [];
      for (const [index, match] of asked.entries()) {
        await call(`/v1/record-matches/${match.id}/confirm`, recordMatchDetail, {
          method: 'POST',
          json: confirmMatchRequest.parse({ attach }),
        }).catch((error: unknown) => refused.push({ name: nameOf(match), why: reasonOf(error, words) }));
        setDoneCount(index + 1);
      }
      return refused;
    },
    onSuccess: (refused) => {
      const count = asked.length - refused.length;
      if (count > 0) notifications.show({ message: t('matches.confirmedAll', { count }), color: 'green' });
      if (refused.length === 0) onClose();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ['matches'] }),
  });
  const isOver = confirm.data !== undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={!confirm.isPending}
      closeOnEscape={!confirm.isPending}
      withCloseButton={!confirm.isPending}
      title={t('matches.confirmAllTitle', { count: asked.length })}
      size="lg"
    >
      <Stack>
        {isOver ? (
          <Alert color="red" title={t('matches.notConfirmed', { count: confirm.data.length })}>
            {confirm.data.map(({ name, why }) => (
              <Text key={name} size="sm">
                {name}: {why}
              </Text>
            ))}
          </Alert>
        ) : (
          <>
            <ScrollArea.Autosize mah={NAMES_HEIGHT} tabIndex={0} aria-label={t('matches.confirmAllNames')}>
              <List size="sm">
                {asked.map((match) => (
                  <List.Item key={match.id}>
                    {nameOf(match)} · {t(`matches.${match.objectType}`)}
                  </List.Item>
                ))}
              </List>
            </ScrollArea.Autosize>
            <Checkbox
              checked={attach}
              disabled={confirm.isPending}
              onChange={(event) => setAttach(event.currentTarget.checked)}
              label={t('matches.attach')}
            />
          </>
        )}
        {confirm.isPending && (
          <Progress
            value={(doneCount / asked.length) * 100}
            aria-label={t('matches.confirming', { done: doneCount, of: asked.length })}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={confirm.isPending}>
            {isOver ? t('matches.close') : t('cancel')}
          </Button>
          {!isOver && (
            <Button data-autofocus loading={confirm.isPending} onClick={() => confirm.mutate()}>
              {t('matches.confirmAllDo')}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
