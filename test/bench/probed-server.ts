/** The real server as a child process that can be asked for its processor time and memory. */
import { type ServerProcess, type ServerProcessOptions, startServerProcess } from '../support/server-process.ts';
import { PROBED_NODE_OPTIONS, type UsageQuestions, usageQuestions } from './process-usage.ts';

export type ProbedServer = ServerProcess & { readonly usage: UsageQuestions['ask'] };

export async function startProbedServer(options: ServerProcessOptions): Promise<ProbedServer> {
  const questions = usageQuestions((message) => server.send(message));
  const server = await startServerProcess({
    ...options,
    env: { ...options.env, NODE_OPTIONS: PROBED_NODE_OPTIONS },
    onMessage: (message) => {
      questions.hear(message);
      options.onMessage?.(message);
    },
  });
  return { ...server, usage: questions.ask };
}
