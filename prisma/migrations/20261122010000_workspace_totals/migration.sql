-- Lists and totals are read from columns that the domain has worked out, by indexes that hold all of them.
ALTER TABLE "contract"
  ADD COLUMN "current_stage" TEXT,
  ADD COLUMN "notice_legal_date" DATE,
  ADD COLUMN "sla_status" TEXT NOT NULL DEFAULT 'none',
  ADD COLUMN "sla_breaches" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "derived_from" TIMESTAMPTZ(3),
  ADD COLUMN "derived_through" DATE,
  -- Ordered by bytes, as lists have it, whatever the database's own collation is. The line feed comes before all that is printed, so
  -- that the order is that of titles, and nobody types one into a search.
  ADD COLUMN "search_text" TEXT COLLATE "C" GENERATED ALWAYS AS (lower("title" || E'\n' || "number")) STORED;
ALTER TABLE "contract" ADD CONSTRAINT "contract_current_stage_check" CHECK ("current_stage" IN ('draft', 'in_review', 'approved', 'signed', 'active', 'renewing', 'expired', 'terminated', 'void'));

DROP INDEX "contract_workspace_id_archived_notice_deadline_id_idx";
DROP INDEX "contract_workspace_id_archived_health_id_idx";
DROP INDEX "contract_workspace_id_archived_stage_id_idx";
DROP INDEX "contract_workspace_id_updated_at_id_idx";
CREATE INDEX "contract_register_idx" ON "contract"("workspace_id", "archived", "notice_deadline", "id", "renewal_decision", "current_stage", "health", "side", "renewal_kind", "sla_status", "renewal_date", "value_minor", "currency");
CREATE INDEX "contract_search_idx" ON "contract"("workspace_id", "archived", "search_text", "id");
CREATE INDEX "contract_number_idx" ON "contract"("workspace_id", "archived", "number" COLLATE "C", "id");
CREATE INDEX "contract_workspace_id_archived_value_minor_id_idx" ON "contract"("workspace_id", "archived", "value_minor", "id");
CREATE INDEX "contract_workspace_id_archived_updated_at_id_idx" ON "contract"("workspace_id", "archived", "updated_at", "id");
CREATE INDEX "contract_workspace_id_derived_through_id_idx" ON "contract"("workspace_id", "derived_through", "id");
-- Contracts whose derived columns do not follow from what is recorded now; usually none.
CREATE INDEX "contract_underived_idx" ON "contract"("workspace_id", "id") WHERE "derived_from" IS DISTINCT FROM "updated_at";
-- A data key that goes looks for the credentials sealed with it.
CREATE INDEX "credential_workspace_id_key_generation_idx" ON "credential"("workspace_id", "key_generation");
CREATE INDEX "organisation_name_idx" ON "organisation"("workspace_id", lower("legal_name"), "id");

-- Totals without a look at every contract. Rows are differences and are only ever added to, so that writers never wait for one another.
CREATE TABLE "contract_tally" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "current_stage" TEXT,
    "health" TEXT NOT NULL,
    "sla_status" TEXT NOT NULL,
    "currency" TEXT,
    "renewal_month" DATE,
    "contracts" INTEGER NOT NULL,
    "value_minor" DECIMAL NOT NULL,

    CONSTRAINT "contract_tally_pkey" PRIMARY KEY ("workspace_id","id")
);
ALTER TABLE "contract_tally" ADD CONSTRAINT "contract_tally_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What was there before. The owner may see it only while the table is not forced upon the owner.
ALTER TABLE "contract" NO FORCE ROW LEVEL SECURITY;
INSERT INTO "contract_tally" ("workspace_id", "current_stage", "health", "sla_status", "currency", "renewal_month", "contracts", "value_minor")
SELECT "workspace_id", "current_stage", "health", "sla_status", "currency", date_trunc('month', "renewal_date"::timestamp)::date, count(*), coalesce(sum("value_minor"), 0)
FROM "contract" WHERE NOT "archived" GROUP BY 1, 2, 3, 4, 5, 6;
ALTER TABLE "contract" FORCE ROW LEVEL SECURITY;

ALTER TABLE "contract_tally" ENABLE ROW LEVEL SECURITY; ALTER TABLE "contract_tally" FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON "contract_tally" TO counterpart_app;
CREATE POLICY "contract_tally_of_workspace" ON "contract_tally" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);

-- One statement's difference. A workspace that is being deleted takes its tally with it.
CREATE FUNCTION "tally_contracts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO contract_tally (workspace_id, current_stage, health, sla_status, currency, renewal_month, contracts, value_minor)
    SELECT workspace_id, current_stage, health, sla_status, currency, date_trunc('month', renewal_date::timestamp)::date, count(*), coalesce(sum(value_minor), 0)
    FROM after_rows WHERE NOT archived GROUP BY 1, 2, 3, 4, 5, 6;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO contract_tally (workspace_id, current_stage, health, sla_status, currency, renewal_month, contracts, value_minor)
    SELECT d.workspace_id, d.current_stage, d.health, d.sla_status, d.currency, date_trunc('month', d.renewal_date::timestamp)::date, sum(d.contracts), sum(d.value_minor)
    FROM (
      SELECT workspace_id, current_stage, health, sla_status, currency, renewal_date, 1 AS contracts, coalesce(value_minor, 0)::numeric AS value_minor
      FROM after_rows WHERE NOT archived
      UNION ALL
      SELECT workspace_id, current_stage, health, sla_status, currency, renewal_date, -1, -coalesce(value_minor, 0)::numeric
      FROM before_rows WHERE NOT archived
    ) d GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(d.contracts) <> 0 OR sum(d.value_minor) <> 0;
  ELSE
    INSERT INTO contract_tally (workspace_id, current_stage, health, sla_status, currency, renewal_month, contracts, value_minor)
    SELECT b.workspace_id, b.current_stage, b.health, b.sla_status, b.currency, date_trunc('month', b.renewal_date::timestamp)::date, -count(*), -coalesce(sum(b.value_minor), 0)
    FROM before_rows b WHERE NOT b.archived AND EXISTS (SELECT 1 FROM workspace w WHERE w.id = b.workspace_id) GROUP BY 1, 2, 3, 4, 5, 6;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "contract_tally_insert" AFTER INSERT ON "contract" REFERENCING NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "tally_contracts"();
CREATE TRIGGER "contract_tally_update" AFTER UPDATE ON "contract" REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "tally_contracts"();
CREATE TRIGGER "contract_tally_delete" AFTER DELETE ON "contract" REFERENCING OLD TABLE AS before_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "tally_contracts"();
