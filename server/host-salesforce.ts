/** Salesforce as this server talks to it: port, OAuth, change feed and rows, put together from the app's settings. */
import type { SalesforceSettings } from './config.ts';
import type { HostParts, HostSurroundings } from './host-parts.ts';

export function composeSalesforce(_settings: SalesforceSettings, _surroundings: HostSurroundings): HostParts {
  throw new Error('Salesforce is not there yet');
}
