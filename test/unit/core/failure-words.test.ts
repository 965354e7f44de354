import { describe, expect, test } from 'vitest';
import { failureKindOf, failureMessageKey, readBody } from '../../../app/core/card-failure.ts';
import { createTranslate, isMessageKey } from '../../../app/core/translate.ts';
import { PROBLEM_CODES } from '../../../app/wire/problem.ts';

describe('every refusal is worded for people', () => {
  const [english, chinese] = [createTranslate('en'), createTranslate('zh-CN')];

  test.each(PROBLEM_CODES)('%s, in each language', (code) => {
    const key = `failure.${failureKindOf(code)}`;
    if (!isMessageKey(key)) throw new Error(`${key} has no wording`);
    expect(english(key)).not.toMatch(/JSON|openapi|query/);
    expect(chinese(key)).toMatch(/[\u4e00-\u9fff]/);
  });

  test('a record that can carry no more contracts is named as the reason, and what to do', () => {
    const document = {
      type: 'urn:counterpart:problem:invalid_body',
      title: 'Some of the values sent are not acceptable.',
      status: 422,
      code: 'invalid_body',
      instance: 'urn:uuid:62bb4b86-bd6d-40d3-8c36-48875a07797a',
      reason: 'too_many_links',
    };
    const read = readBody(422, document);
    if (read.kind !== 'failure') throw new Error('a problem is a failure');
    expect(english(failureMessageKey(read.failure))).toMatch(/Detach one/);
  });
});
