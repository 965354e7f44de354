/** What the composition root makes of one CRM, and what it makes it from. */
import type { ChangeFeed } from './crm/change-feed.ts';
import type { OAuthHost } from './crm/oauth-host.ts';
import type { ConnectionRef, CrmPort, Host, HostResult } from './crm/port.ts';
import type { BudgetGate, CallMetrics } from './crm/transport.ts';
import type { Metrics } from './metrics.ts';
import type { ContractRows } from './services/projection.ts';
import type { Store } from './store/prisma/open-store.ts';
import type { World } from './world.ts';

export type HostSurroundings = {
  readonly world: World;
  readonly metrics: Metrics;
  readonly store: Store;
  /** Origin of this server as browsers know it. */
  readonly publicUrl: string;
};

export type HostParts = {
  readonly port: CrmPort;
  readonly oauth: OAuthHost;
  /** Renews the tokens of a connection that has not been used for long; absent where they do not end by idleness. */
  readonly keepAlive?: (connection: ConnectionRef) => Promise<void>;
  /** Puts the secret of an account's cards where they take it from. */
  readonly writeCardSecret?: (connection: ConnectionRef, secret: string) => Promise<HostResult<null>>;
  /** Contracts as rows of the CRM. */
  readonly rows?: ContractRows;
  /** Changes that the CRM tells of by a stream that we keep open; absent where it calls us. */
  readonly feed?: ChangeFeed;
};
export type Hosts = { readonly [H in Host]?: HostParts };

/** The store's budgets, with the gauge that operators watch. */
export function meteredGate({ metrics, store }: Pick<HostSurroundings, 'metrics' | 'store'>): BudgetGate {
  return {
    take: (connection, request) => store.budget.take(connection, request),
    report: (connection, report) => {
      if (report.max !== null && report.remaining !== null && report.max > 0) {
        metrics.budgetLeft.set(report.remaining / report.max);
      }
      return store.budget.report(connection, report);
    },
  };
}

export function callMetrics(metrics: Metrics): CallMetrics {
  return {
    called: ({ operation, outcome, durationMs }) => {
      metrics.hostCalls.inc({ operation, outcome });
      metrics.hostCallSeconds.observe({ operation }, durationMs / 1000);
    },
  };
}
