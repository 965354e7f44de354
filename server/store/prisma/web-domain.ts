/** The comparable form of a web domain as people and CRMs write it: lower case, without scheme, `www.` and path; null when nothing is left. */
export function comparableDomain(written: string | null): string | null {
  const host = (written ?? '')
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/?#:].*$/, '')
    .replace(/\.$/, '');
  return host === '' ? null : host;
}

/** The same as an SQL expression over a column. */
export function comparableDomainSql(column: string): string {
  const steps: readonly (readonly [string, string])[] = [
    ['^[a-z]+://', ''],
    ['^www\\.', ''],
    ['[/?#:].*$', ''],
    ['\\.$', ''],
  ];
  const stripped = steps.reduce(
    (inner, [pattern, by]) => `regexp_replace(${inner}, '${pattern}', '${by}')`,
    `lower(btrim(${column}))`,
  );
  return `nullif(${stripped}, '')`;
}
