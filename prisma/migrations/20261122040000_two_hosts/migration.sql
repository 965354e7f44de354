-- Two CRMs side by side: where an org's API answers, what its card calls us with, what was projected into it, and which of its records
-- stand for the same company or deal as one of the other CRM.
ALTER TABLE "credential" ADD COLUMN "instance_url" TEXT;
ALTER TABLE "oauth_state" ADD COLUMN "login_host" TEXT;
ALTER TABLE "host_record" ADD COLUMN "match_name" TEXT, ADD COLUMN "match_domain" TEXT;

-- Hashes only. A new secret is taken besides the old one until the org is known to have it.
CREATE TABLE "card_secret" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "card_secret_pkey" PRIMARY KEY ("workspace_id","connection_id","secret_hash")
);

-- What an org holds of the rows that are written one way, as fingerprints of their contents.
CREATE TABLE "projected_row" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "row_id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "projected_at" TIMESTAMPTZ(3) NOT NULL,
    "failure" TEXT,

    CONSTRAINT "projected_row_pkey" PRIMARY KEY ("workspace_id","connection_id","kind","row_id")
);

CREATE TABLE "record_match" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "left_connection_id" UUID NOT NULL,
    "left_record_id" TEXT NOT NULL,
    "right_connection_id" UUID NOT NULL,
    "right_record_id" TEXT NOT NULL,
    "score" INTEGER NOT NULL,
    "reasons" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'suggested',
    -- Links that confirming made, so that undoing takes back those and no others.
    "attached" JSONB NOT NULL DEFAULT '[]',
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_at" TIMESTAMPTZ(3),
    "decided_by" TEXT,

    CONSTRAINT "record_match_pkey" PRIMARY KEY ("workspace_id","id")
);

CREATE INDEX "host_record_match_name_idx" ON "host_record"("workspace_id", "connection_id", "object_type", "match_name");
CREATE INDEX "host_record_match_domain_idx" ON "host_record"("workspace_id", "connection_id", "object_type", "match_domain");
CREATE UNIQUE INDEX "record_match_pair_key" ON "record_match"("workspace_id", "object_type", "left_connection_id", "left_record_id", "right_connection_id", "right_record_id");
CREATE INDEX "record_match_list_idx" ON "record_match"("workspace_id", "state", "score", "id");
CREATE INDEX "record_match_right_idx" ON "record_match"("workspace_id", "right_connection_id", "right_record_id");

ALTER TABLE "card_secret" ADD CONSTRAINT "card_secret_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "projected_row" ADD CONSTRAINT "projected_row_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "record_match" ADD CONSTRAINT "record_match_left_fkey" FOREIGN KEY ("workspace_id", "left_connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "record_match" ADD CONSTRAINT "record_match_right_fkey" FOREIGN KEY ("workspace_id", "right_connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "card_secret" ADD CONSTRAINT "card_secret_state_check" CHECK ("state" IN ('pending', 'current'));
ALTER TABLE "projected_row" ADD CONSTRAINT "projected_row_kind_check" CHECK ("kind" IN ('contract', 'link', 'sla_result'));
ALTER TABLE "record_match" ADD CONSTRAINT "record_match_object_type_check" CHECK ("object_type" IN ('opportunity', 'account'));
ALTER TABLE "record_match" ADD CONSTRAINT "record_match_state_check" CHECK ("state" IN ('suggested', 'confirmed', 'dismissed'));
ALTER TABLE "record_match" ADD CONSTRAINT "record_match_score_check" CHECK ("score" BETWEEN 0 AND 100);

ALTER TABLE "card_secret" ENABLE ROW LEVEL SECURITY; ALTER TABLE "card_secret" FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON "card_secret" TO counterpart_app;
CREATE POLICY "card_secret_of_workspace" ON "card_secret" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
ALTER TABLE "projected_row" ENABLE ROW LEVEL SECURITY; ALTER TABLE "projected_row" FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON "projected_row" TO counterpart_app;
CREATE POLICY "projected_row_of_workspace" ON "projected_row" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
ALTER TABLE "record_match" ENABLE ROW LEVEL SECURITY; ALTER TABLE "record_match" FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON "record_match" TO counterpart_app;
CREATE POLICY "record_match_of_workspace" ON "record_match" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
