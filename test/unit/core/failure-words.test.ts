import { describe, expect, test } from 'vitest';
import { failureKindOf } from '../../../app/core/card-failure.ts';
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
});
