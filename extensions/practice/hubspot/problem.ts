/**
 * HubSpot's error bodies (HubSpot docs, Error handling): status, message, correlationId, category and, where they apply, subCategory,
 * context and a list of details. Every field but the first three is optional for a reader.
 */
export interface ProblemDetail {
  readonly message: string;
  readonly code?: string;
  readonly in?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

export interface Problem {
  readonly httpStatus: number;
  readonly category: string;
  readonly message: string;
  readonly subCategory?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
  readonly errors?: readonly ProblemDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of bodies that depart from the common shape (429, OAuth). */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (problem: Problem): { readonly ok: false; readonly problem: Problem } => ({ ok: false, problem });

/** The JSON body of a problem. */
export function problemBody(problem: Problem, correlationId: string): Record<string, unknown> {
  return {
    status: 'error',
    message: problem.message,
    correlationId,
    ...(problem.context === undefined ? {} : { context: problem.context }),
    category: problem.category,
    ...(problem.subCategory === undefined ? {} : { subCategory: problem.subCategory }),
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...problem.extra,
  };
}

export const invalidInput = (message: string, errors?: readonly ProblemDetail[]): Problem => ({
  httpStatus: 400,
  category: 'VALIDATION_ERROR',
  message,
  ...(errors === undefined ? {} : { errors }),
});

export const notFound = (message: string, context?: Readonly<Record<string, readonly string[]>>): Problem => ({
  httpStatus: 404,
  category: 'OBJECT_NOT_FOUND',
  message,
  ...(context === undefined ? {} : { context }),
});

export const missingScopes = (scopes: readonly string[]): Problem => ({
  httpStatus: 403,
  category: 'MISSING_SCOPES',
  message:
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
  errors: [
    {
      message: 'One or more of the following scopes are required.',
      context: { requiredGranularScopes: scopes },
    },
  ],
});

export const unauthenticated = (): Problem => ({
  httpStatus: 401,
  category: 'INVALID_AUTHENTICATION',
  message:
    'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
});

export const expiredToken = (expiredAt: number): Problem => ({
  httpStatus: 401,
  category: 'EXPIRED_AUTHENTICATION',
  message: 'The OAuth token used to make this call has expired.',
  context: { 'expire time': [new Date(expiredAt).toISOString()] },
});
