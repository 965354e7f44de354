/** In practice mode a visitor is signed in as an admin of the seeded workspace. The route exists in that mode only. */
import type { RequestHandler, Router } from 'express';
import type { HttpDependencies } from './dependencies.ts';
import { sendProblem } from './problem.ts';
import { beginSession } from './session.ts';

export const PRACTICE_SIGN_IN_PATH = '/practice/sign-in';

export function mountPracticeSignIn(router: Router, deps: HttpDependencies): void {
  const { practiceSignIn, settings } = deps;
  if (settings.mode !== 'practice' || practiceSignIn === null) return;
  const signIn: RequestHandler = async (_request, response) => {
    const who = await practiceSignIn();
    if (who === null) return sendProblem(response, { code: 'unavailable', reason: 'not_seeded' });
    await beginSession(deps, response, who);
    response.redirect(302, '/');
  };
  router.get(PRACTICE_SIGN_IN_PATH, signIn);
}
