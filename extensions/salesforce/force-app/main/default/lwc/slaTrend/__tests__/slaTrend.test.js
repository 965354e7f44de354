/** The line of months: gaps stay gaps, and whoever does not see it reads the same numbers. */
import SlaTrend from 'c/slaTrend';
import { find, mount, textOf } from 'jest-support/stage.js';
import { contractDetailFixture } from 'card-fixtures';

const [availability] = contractDetailFixture.slaTrend;
const show = (trend) => mount('c-sla-trend', SlaTrend, { trend });

test('a month without a value breaks the line and has no dot', async () => {
  const trend = show(availability);
  const line = find(trend, '.actual').getAttribute('d');
  expect(line.match(/M/g)).toHaveLength(2);
  expect(line.match(/L/g)).toHaveLength(3);
  expect(trend.shadowRoot.querySelectorAll('.dot')).toHaveLength(5);
  expect(trend.shadowRoot.querySelectorAll('.dot_missed')).toHaveLength(2);
  await expect(trend).toBeAccessible();
});

test('every month stands in a table with its value and verdict', () => {
  const rows = [...show(availability).shadowRoot.querySelectorAll('tr')].map((row) => row.textContent);
  expect(rows).toHaveLength(6);
  expect(rows[5]).toBe('Oct 202699.71 %SLA missed');
});

test('an objective that was never measured says so', () => {
  const empty = { ...availability, months: availability.months.map((month) => ({ ...month, value: null })) };
  expect(textOf(show(empty))).toContain('No month has been measured yet.');
});

test('a single month is a dot in the middle', () => {
  const single = show({ ...availability, months: availability.months.slice(0, 1) });
  expect(find(single, '.dot').style.left).toBe('50%');
});
