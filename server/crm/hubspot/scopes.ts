/** What the app asks a portal for. The app manifest lists the same; HubSpot refuses an install where the two differ. */
export const REQUIRED_SCOPES = [
  'oauth',
  'crm.objects.deals.read',
  'crm.objects.deals.write',
  'crm.objects.companies.read',
  'crm.objects.companies.write',
  'crm.schemas.deals.read',
  'crm.schemas.deals.write',
  'crm.schemas.companies.read',
  'crm.schemas.companies.write',
  'tickets',
] as const;

/** Without these, owners show by id and the three lists are left to the portal's own people. */
export const OPTIONAL_SCOPES = ['crm.objects.owners.read', 'crm.lists.read', 'crm.lists.write'] as const;
