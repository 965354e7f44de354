/**
 * The tables that are read before the workspace is known, and are therefore the only ones whose keys need not begin with it: the
 * workspace itself, the directory from a host's account to its workspace, raw deliveries, and browsers on their way back from a
 * host's consent page. The tenancy tests read this list.
 */
export const ROUTING_TABLES = ['workspace', 'host_account', 'delivery', 'oauth_state'] as const;
