/** Refusals of a person's edit in that person's language; apps always get HubSpot's English. */
import type { Problem } from './problem.ts';

const CHINESE: Readonly<Record<string, string>> = {
  PROPERTY_DOESNT_EXIST: '该属性不存在。',
  READ_ONLY_VALUE: '该属性为只读，不能修改。',
  PROPERTY_VALUE_TOO_LONG: '文本过长，最多 65,536 个字符。',
  INVALID_NUMBER: '请输入有效的数字。',
  INVALID_OPTION: '该值不在可选项之中。',
  INVALID_DATE: '请输入有效的日期。',
  CONFLICTING_UNIQUE_VALUE: '另一条记录已使用此值，该属性的值不能重复。',
};

/** The problem with its details in Chinese where the reader's language is; codes and names stay. */
export function inLanguage(problem: Problem, language: string): Problem {
  if (!language.toLowerCase().startsWith('zh') || problem.errors === undefined) return problem;
  return {
    ...problem,
    errors: problem.errors.map((detail) => ({ ...detail, message: CHINESE[detail.code ?? ''] ?? detail.message })),
  };
}
