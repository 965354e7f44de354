/** The CRMs by the names that they give themselves; the same in every language. */
export const HOST_NAMES = { hubspot: 'HubSpot', salesforce: 'Salesforce' } as const;
