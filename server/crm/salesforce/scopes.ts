/** What the app asks an org for; `full` is not wanted by Salesforce's security review and not needed here. */
export const REQUIRED_SCOPES = ['api', 'refresh_token', 'id'] as const;
