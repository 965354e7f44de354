/** All application services, built once from the same parts. */
import { createCardWrites } from './card-writes.ts';
import { createConflicts } from './conflicts.ts';
import { createConnections, type RequiredScopes, type Uninstall } from './connections.ts';
import { createDerivedRefresh } from './derived-refresh.ts';
import { createImports } from './imports.ts';
import { createRecordMatches, type MatchSupport } from './record-matches.ts';
import { createRecordCards } from './record-cards.ts';
import type { ServiceParts } from './service-parts.ts';
import { createSlaMonths } from './sla-months.ts';
import { createSlaRefresh } from './sla-refresh.ts';
import { createContractPages } from './contract-pages.ts';
import { createWorkspaceContracts } from './workspace-contracts.ts';

export type Services = ReturnType<typeof createServices>;

export function createServices(
  parts: ServiceParts,
  host: { readonly uninstall: Uninstall; readonly requiredScopes: RequiredScopes; readonly matching: MatchSupport },
) {
  const cards = createRecordCards(parts);
  const sla = createSlaMonths(parts);
  const derived = createDerivedRefresh(parts);
  return {
    parts,
    cards,
    cardWrites: createCardWrites(parts, cards, sla),
    sla,
    slaRefresh: createSlaRefresh(parts, sla),
    derived,
    contracts: createWorkspaceContracts(parts, derived),
    pages: createContractPages(parts, sla),
    connections: createConnections(parts, host.uninstall, host.requiredScopes),
    conflicts: createConflicts(parts),
    imports: createImports(parts),
    matches: createRecordMatches({ ...parts, ...host.matching }),
  };
}
