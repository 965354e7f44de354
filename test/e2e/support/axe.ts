/**
 * Runs axe in an isolated world of the page, where no script of the page has changed the DOM's prototypes, so that what it sees is what is
 * there. A planted fault beside each use proves that it looks at all.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

export type Violation = { readonly id: string; readonly nodes: readonly string[] };

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** @param selector what to look at; the whole page when absent. */
export async function violationsOf(page: Page, selector = 'body'): Promise<readonly Violation[]> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  });
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = await session.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails !== undefined)
      throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  };
  await evaluate(`${source};0`);
  const options = JSON.stringify({ runOnly: { type: 'tag', values: TAGS } });
  const found = await evaluate(
    `axe.run(${JSON.stringify(selector)}, ${options}).then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 160)) }))))`,
  );
  await session.detach();
  return JSON.parse(String(found)) as readonly Violation[];
}
