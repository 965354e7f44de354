/** The question before a contract ends: going on answers true, going back answers nothing. */
import ConfirmMove from 'c/confirmMove';
import { click, find, mount } from 'jest-support/stage.js';

test('names what will be done on the button that does it', async () => {
  const dialog = mount('c-confirm-move', ConfirmMove, {
    label: 'Void contract?',
    action: 'Void contract',
    message: '“A” will be treated as if it had never been agreed.',
  });
  expect(find(dialog, '[data-id="confirm"]').label).toBe('Void contract');
  click(find(dialog, '[data-id="confirm"]'));
  expect(dialog.close).toHaveBeenLastCalledWith(true);
  click(find(dialog, '[data-id="cancel"]'));
  expect(dialog.close).toHaveBeenLastCalledWith();
  await expect(dialog).toBeAccessible();
});
