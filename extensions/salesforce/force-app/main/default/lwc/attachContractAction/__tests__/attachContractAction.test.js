/** The quick action: finds, attaches, says so and closes; a failure keeps it open with a way on. */
import AttachContractAction from 'c/attachContractAction';
import { NO_ANSWER, apex, apexAnswers, click, find, mount, requestOf, waitFor, written } from 'jest-support/stage.js';
import { ANALYTICS_ID } from 'card-fixtures';

const ACCOUNT_ID = '001000000000101AAA';

async function shown(over) {
  apexAnswers(over);
  // The platform names the record only after the action stands on the page.
  const action = mount('c-attach-contract-action', AttachContractAction, {});
  const closed = jest.fn();
  action.addEventListener('lightning__actionsclosescreen', closed);
  action.recordId = ACCOUNT_ID;
  await waitFor(() => find(action, 'c-attach-contract', '[data-id="found"]'));
  return { action, closed };
}

test('attaches the chosen contract and closes', async () => {
  const { action, closed } = await shown();
  await expect(action).toBeAccessible();
  click(find(action, 'c-attach-contract', '[data-id="attach"]'));
  await waitFor(() => closed.mock.calls.length === 1);
  expect(apex.attach.mock.calls[0][0].recordId).toBe(ACCOUNT_ID);
  expect(requestOf('attach').contractId).toBe(ANALYTICS_ID);
});

test('stays open when the write did not arrive, and sends it again with the same key', async () => {
  const { action, closed } = await shown({ attach: [NO_ANSWER, written()] });
  click(find(action, 'c-attach-contract', '[data-id="attach"]'));
  await waitFor(() => find(action, '[data-id="write-retry"]'));
  expect(closed).not.toHaveBeenCalled();
  click(find(action, '[data-id="write-retry"]'));
  await waitFor(() => closed.mock.calls.length === 1);
  expect(requestOf('attach', 1)).toEqual(requestOf('attach', 0));
});

test('closes without a write when the person goes back', async () => {
  const { action, closed } = await shown();
  click(find(action, '[data-id="cancel"]'));
  expect(closed).toHaveBeenCalledTimes(1);
  expect(apex.attach).not.toHaveBeenCalled();
});
