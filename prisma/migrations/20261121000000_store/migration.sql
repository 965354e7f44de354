-- The whole store: tables as prisma/schema.prisma has them, then what Prisma has no words for: closed sets, roles, row-level security.
-- CreateTable
CREATE TABLE "workspace" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "locale" TEXT NOT NULL DEFAULT 'en',
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "currency" TEXT NOT NULL DEFAULT 'USD',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "audit_seq" BIGINT NOT NULL DEFAULT 0,
    "audit_hash" BYTEA,

    CONSTRAINT "workspace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "host_account" (
    "host" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "host_account_pkey" PRIMARY KEY ("host","account_id")
);

-- CreateTable
CREATE TABLE "oauth_state" (
    "state_hash" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "browser_hash" TEXT NOT NULL,
    "code_verifier" TEXT NOT NULL,
    "workspace_id" UUID,
    "return_path" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_state_pkey" PRIMARY KEY ("state_hash")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "body" BYTEA NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "leased_until" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "finished_at" TIMESTAMPTZ(3),
    "rejected" JSONB,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "connection" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "name" TEXT,
    "ui_origin" TEXT,
    "time_zone" TEXT,
    "currency" TEXT,
    "locale" TEXT NOT NULL DEFAULT 'en',
    "scopes" TEXT[],
    "installed_by" TEXT,
    "installed_at" TIMESTAMPTZ(3),
    "backfill" JSONB,
    "settings" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "connection_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "data_key" (
    "workspace_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "master_key_id" TEXT NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "wrapped_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "data_key_pkey" PRIMARY KEY ("workspace_id","generation")
);

-- CreateTable
CREATE TABLE "credential" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "key_generation" INTEGER NOT NULL,
    "access_token" BYTEA NOT NULL,
    "refresh_token" BYTEA NOT NULL,
    "access_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "scopes" TEXT[],
    "version" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credential_pkey" PRIMARY KEY ("workspace_id","connection_id")
);

-- CreateTable
CREATE TABLE "organisation" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "legal_name" TEXT NOT NULL,
    "domain" TEXT,
    "reg_no" TEXT,
    "country" TEXT,
    "address" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organisation_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "contract" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "side" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "effective_date" DATE,
    "end_date" DATE,
    "renewal_kind" TEXT NOT NULL,
    "renewal_months" INTEGER,
    "renewals_left" INTEGER,
    "notice_count" INTEGER,
    "notice_unit" TEXT,
    "notice_counted_from" TEXT,
    "calendar_id" TEXT NOT NULL DEFAULT 'weekends',
    "signed_date" DATE,
    "value_minor" BIGINT,
    "currency" TEXT,
    "renewal_decision" TEXT NOT NULL DEFAULT 'undecided',
    "owner_email" TEXT,
    "archived" BOOLEAN NOT NULL DEFAULT false,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "changed_at" JSONB NOT NULL,
    "sla_summary" JSONB,
    "renewal_date" DATE,
    "notice_deadline" DATE,
    "decision_due_date" DATE,
    "health" TEXT NOT NULL DEFAULT 'unknown',
    "risk_flags" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "contract_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "contract_party" (
    "workspace_id" UUID NOT NULL,
    "contract_id" UUID NOT NULL,
    "organisation_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "side_label" TEXT,
    "position" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "contract_party_pkey" PRIMARY KEY ("workspace_id","contract_id","organisation_id","role")
);

-- CreateTable
CREATE TABLE "contract_link" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "contract_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "source" TEXT NOT NULL DEFAULT 'card',
    "linked_at" TIMESTAMPTZ(3) NOT NULL,
    "linked_by" TEXT,
    "tombstoned_at" TIMESTAMPTZ(3),
    "tombstone_reason" TEXT,
    "detached_at" TIMESTAMPTZ(3),
    "detached_by" TEXT,

    CONSTRAINT "contract_link_pkey" PRIMARY KEY ("workspace_id","connection_id","object_type","record_id","contract_id")
);

-- CreateTable
CREATE TABLE "record_alias" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "into_record_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "record_alias_pkey" PRIMARY KEY ("workspace_id","connection_id","object_type","record_id")
);

-- CreateTable
CREATE TABLE "host_record" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "name" TEXT,
    "domain" TEXT,
    "facts" JSONB NOT NULL,
    "associations" JSONB NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "host_record_pkey" PRIMARY KEY ("workspace_id","connection_id","object_type","record_id")
);

-- CreateTable
CREATE TABLE "mirror" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "lead_contract_id" UUID,
    "base" JSONB NOT NULL,
    "sync_token" TEXT,
    "history_checked_at" TIMESTAMPTZ(3) NOT NULL,
    "host_updated_at" TIMESTAMPTZ(3),
    "last_agreed_at" TIMESTAMPTZ(3),
    "state" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "mirror_pkey" PRIMARY KEY ("workspace_id","connection_id","object_type","record_id")
);

-- CreateTable
CREATE TABLE "intent" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "sync_token" TEXT NOT NULL,
    "contract_id" UUID,
    "values" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "intent_pkey" PRIMARY KEY ("workspace_id","connection_id","object_type","record_id","sync_token")
);

-- CreateTable
CREATE TABLE "lane" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "not_before" TIMESTAMPTZ(3),
    "last_served_at" TIMESTAMPTZ(3),

    CONSTRAINT "lane_pkey" PRIMARY KEY ("workspace_id","connection_id")
);

-- CreateTable
CREATE TABLE "lane_lease" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "leased_by" TEXT,
    "leased_until" TIMESTAMPTZ(3),

    CONSTRAINT "lane_lease_pkey" PRIMARY KEY ("workspace_id","connection_id")
);

-- CreateTable
CREATE TABLE "dirty" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "priority" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "dirty_since" TIMESTAMPTZ(3) NOT NULL,
    "event_id" TEXT,
    "failure" TEXT,
    "detail" TEXT,
    "failed_at" TIMESTAMPTZ(3),

    CONSTRAINT "dirty_pkey" PRIMARY KEY ("workspace_id","connection_id","object_type","record_id")
);

-- CreateTable
CREATE TABLE "conflict" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "contract_id" UUID,
    "connection_id" UUID NOT NULL,
    "object_type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "field" TEXT NOT NULL,
    "base" TEXT,
    "ours" TEXT,
    "theirs" TEXT,
    "winner" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,

    CONSTRAINT "conflict_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "cursor" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cursor_pkey" PRIMARY KEY ("workspace_id","connection_id","name")
);

-- CreateTable
CREATE TABLE "job_lease" (
    "workspace_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "worker" TEXT NOT NULL,
    "leased_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "job_lease_pkey" PRIMARY KEY ("workspace_id","name")
);

-- CreateTable
CREATE TABLE "budget" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "bucket" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "capacity" DOUBLE PRECISION NOT NULL,
    "window_ms" INTEGER NOT NULL,
    "refilled_at" TIMESTAMPTZ(3) NOT NULL,
    "blocked_until" TIMESTAMPTZ(3),
    "daily_limit" INTEGER,
    "daily_remaining" INTEGER,
    "daily_reset_at" TIMESTAMPTZ(3),

    CONSTRAINT "budget_pkey" PRIMARY KEY ("workspace_id","connection_id","bucket")
);

-- CreateTable
CREATE TABLE "sla_objective" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "contract_id" UUID NOT NULL,
    "metric" TEXT NOT NULL,
    "severity" TEXT,
    "target" TEXT NOT NULL,
    "comparator" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "window" TEXT NOT NULL,
    "zone" TEXT NOT NULL,
    "calendar_id" TEXT,
    "sample_source" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "disputed" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "sla_objective_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "incident" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "contract_id" UUID NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'outage',
    "severity" TEXT,
    "title" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "acknowledged_at" TIMESTAMPTZ(3),
    "responded_at" TIMESTAMPTZ(3),
    "restored_at" TIMESTAMPTZ(3),
    "resolved_at" TIMESTAMPTZ(3),
    "notified_at" TIMESTAMPTZ(3),
    "excluded_reason" TEXT,
    "source" TEXT NOT NULL DEFAULT 'card',
    "detail" JSONB NOT NULL DEFAULT '{}',
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "support_case" (
    "workspace_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "record_id" TEXT NOT NULL,
    "account_ids" TEXT[],
    "subject" TEXT,
    "priority" TEXT,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "responded_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "support_case_pkey" PRIMARY KEY ("workspace_id","connection_id","record_id")
);

-- CreateTable
CREATE TABLE "sla_result" (
    "workspace_id" UUID NOT NULL,
    "objective_id" UUID NOT NULL,
    "period" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "contract_id" UUID NOT NULL,
    "verdict" TEXT NOT NULL,
    "numerator" TEXT,
    "denominator" TEXT,
    "display" TEXT,
    "inputs_hash" TEXT NOT NULL,
    "rule_version" TEXT NOT NULL,
    "calendar_version" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sla_result_pkey" PRIMARY KEY ("workspace_id","objective_id","period","revision")
);

-- CreateTable
CREATE TABLE "field_change" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "contract_id" UUID NOT NULL,
    "contract_revision" INTEGER NOT NULL,
    "field" TEXT NOT NULL,
    "previous" TEXT,
    "value" TEXT,
    "source" TEXT NOT NULL,
    "actor" TEXT,
    "connection_id" UUID,
    "object_type" TEXT,
    "record_id" TEXT,
    "event_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "field_change_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "workspace_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject_type" TEXT,
    "subject_id" TEXT,
    "detail" JSONB NOT NULL,
    "previous_hash" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("workspace_id","seq")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "workspace_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER,
    "response" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("workspace_id","key")
);

-- CreateTable
CREATE TABLE "import_job" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "file_name" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "options" JSONB NOT NULL,
    "rows_total" INTEGER NOT NULL DEFAULT 0,
    "rows_valid" INTEGER NOT NULL DEFAULT 0,
    "rows_done" INTEGER NOT NULL DEFAULT 0,
    "failure" JSONB,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "import_job_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "import_row" (
    "workspace_id" UUID NOT NULL,
    "import_job_id" UUID NOT NULL,
    "row_number" INTEGER NOT NULL,
    "values" JSONB NOT NULL,
    "draft" JSONB,
    "errors" JSONB NOT NULL,
    "action" TEXT,
    "contract_id" UUID,

    CONSTRAINT "import_row_pkey" PRIMARY KEY ("workspace_id","import_job_id","row_number")
);

-- CreateTable
CREATE TABLE "workspace_user" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "host" TEXT,
    "host_account_id" TEXT,
    "host_user_id" TEXT,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "role" TEXT NOT NULL,
    "locale" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),

    CONSTRAINT "workspace_user_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "session" (
    "workspace_id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_pkey" PRIMARY KEY ("workspace_id","token_hash")
);

-- CreateIndex
CREATE INDEX "host_account_workspace_id_connection_id_idx" ON "host_account"("workspace_id", "connection_id");

-- CreateIndex
CREATE INDEX "oauth_state_expires_at_idx" ON "oauth_state"("expires_at");

-- CreateIndex
CREATE INDEX "delivery_state_received_at_idx" ON "delivery"("state", "received_at");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_host_digest_key" ON "delivery"("host", "digest");

-- CreateIndex
CREATE UNIQUE INDEX "connection_workspace_id_host_account_id_key" ON "connection"("workspace_id", "host", "account_id");

-- CreateIndex
CREATE INDEX "organisation_workspace_id_domain_idx" ON "organisation"("workspace_id", "domain");

-- CreateIndex
CREATE INDEX "organisation_workspace_id_reg_no_idx" ON "organisation"("workspace_id", "reg_no");

-- CreateIndex
CREATE INDEX "contract_workspace_id_archived_notice_deadline_id_idx" ON "contract"("workspace_id", "archived", "notice_deadline", "id");

-- CreateIndex
CREATE INDEX "contract_workspace_id_archived_renewal_date_id_idx" ON "contract"("workspace_id", "archived", "renewal_date", "id");

-- CreateIndex
CREATE INDEX "contract_workspace_id_archived_health_id_idx" ON "contract"("workspace_id", "archived", "health", "id");

-- CreateIndex
CREATE INDEX "contract_workspace_id_archived_stage_id_idx" ON "contract"("workspace_id", "archived", "stage", "id");

-- CreateIndex
CREATE INDEX "contract_workspace_id_stage_effective_date_idx" ON "contract"("workspace_id", "stage", "effective_date");

-- CreateIndex
CREATE INDEX "contract_workspace_id_stage_end_date_idx" ON "contract"("workspace_id", "stage", "end_date");

-- CreateIndex
CREATE INDEX "contract_workspace_id_updated_at_id_idx" ON "contract"("workspace_id", "updated_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "contract_workspace_id_number_key" ON "contract"("workspace_id", "number");

-- CreateIndex
CREATE INDEX "contract_party_workspace_id_organisation_id_idx" ON "contract_party"("workspace_id", "organisation_id");

-- CreateIndex
CREATE INDEX "contract_link_workspace_id_contract_id_idx" ON "contract_link"("workspace_id", "contract_id");

-- CreateIndex
CREATE INDEX "record_alias_workspace_id_connection_id_object_type_into_re_idx" ON "record_alias"("workspace_id", "connection_id", "object_type", "into_record_id");

-- CreateIndex
CREATE INDEX "host_record_workspace_id_connection_id_object_type_domain_idx" ON "host_record"("workspace_id", "connection_id", "object_type", "domain");

-- CreateIndex
CREATE INDEX "lane_due_at_idx" ON "lane"("due_at");

-- CreateIndex
CREATE INDEX "dirty_workspace_id_connection_id_state_priority_dirty_since_idx" ON "dirty"("workspace_id", "connection_id", "state", "priority", "dirty_since");

-- CreateIndex
CREATE INDEX "dirty_workspace_id_connection_id_state_not_before_idx" ON "dirty"("workspace_id", "connection_id", "state", "not_before");

-- CreateIndex
CREATE INDEX "conflict_workspace_id_state_at_idx" ON "conflict"("workspace_id", "state", "at");

-- CreateIndex
CREATE INDEX "conflict_workspace_id_contract_id_at_idx" ON "conflict"("workspace_id", "contract_id", "at");

-- CreateIndex
CREATE INDEX "conflict_workspace_id_connection_id_object_type_record_id_idx" ON "conflict"("workspace_id", "connection_id", "object_type", "record_id");

-- CreateIndex
CREATE INDEX "sla_objective_workspace_id_contract_id_idx" ON "sla_objective"("workspace_id", "contract_id");

-- CreateIndex
CREATE INDEX "incident_workspace_id_contract_id_opened_at_idx" ON "incident"("workspace_id", "contract_id", "opened_at");

-- CreateIndex
CREATE INDEX "support_case_workspace_id_connection_id_opened_at_idx" ON "support_case"("workspace_id", "connection_id", "opened_at");

-- CreateIndex
CREATE INDEX "sla_result_workspace_id_contract_id_period_idx" ON "sla_result"("workspace_id", "contract_id", "period");

-- CreateIndex
CREATE INDEX "field_change_workspace_id_contract_id_field_contract_revisi_idx" ON "field_change"("workspace_id", "contract_id", "field", "contract_revision");

-- CreateIndex
CREATE INDEX "audit_event_workspace_id_subject_type_subject_id_idx" ON "audit_event"("workspace_id", "subject_type", "subject_id");

-- CreateIndex
CREATE INDEX "idempotency_key_workspace_id_created_at_idx" ON "idempotency_key"("workspace_id", "created_at");

-- CreateIndex
CREATE INDEX "import_job_workspace_id_created_at_idx" ON "import_job"("workspace_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "workspace_user_workspace_id_email_key" ON "workspace_user"("workspace_id", "email");

-- CreateIndex
CREATE UNIQUE INDEX "workspace_user_workspace_id_host_host_account_id_host_user__key" ON "workspace_user"("workspace_id", "host", "host_account_id", "host_user_id");

-- CreateIndex
CREATE INDEX "session_workspace_id_user_id_idx" ON "session"("workspace_id", "user_id");

-- AddForeignKey
ALTER TABLE "host_account" ADD CONSTRAINT "host_account_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connection" ADD CONSTRAINT "connection_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "data_key" ADD CONSTRAINT "data_key_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_workspace_id_key_generation_fkey" FOREIGN KEY ("workspace_id", "key_generation") REFERENCES "data_key"("workspace_id", "generation") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "contract" ADD CONSTRAINT "contract_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "contract_party" ADD CONSTRAINT "contract_party_workspace_id_contract_id_fkey" FOREIGN KEY ("workspace_id", "contract_id") REFERENCES "contract"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "contract_party" ADD CONSTRAINT "contract_party_workspace_id_organisation_id_fkey" FOREIGN KEY ("workspace_id", "organisation_id") REFERENCES "organisation"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "contract_link" ADD CONSTRAINT "contract_link_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "contract_link" ADD CONSTRAINT "contract_link_workspace_id_contract_id_fkey" FOREIGN KEY ("workspace_id", "contract_id") REFERENCES "contract"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "record_alias" ADD CONSTRAINT "record_alias_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "host_record" ADD CONSTRAINT "host_record_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mirror" ADD CONSTRAINT "mirror_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lane" ADD CONSTRAINT "lane_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lane_lease" ADD CONSTRAINT "lane_lease_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dirty" ADD CONSTRAINT "dirty_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_workspace_id_contract_id_fkey" FOREIGN KEY ("workspace_id", "contract_id") REFERENCES "contract"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cursor" ADD CONSTRAINT "cursor_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_lease" ADD CONSTRAINT "job_lease_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "budget" ADD CONSTRAINT "budget_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sla_objective" ADD CONSTRAINT "sla_objective_workspace_id_contract_id_fkey" FOREIGN KEY ("workspace_id", "contract_id") REFERENCES "contract"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident" ADD CONSTRAINT "incident_workspace_id_contract_id_fkey" FOREIGN KEY ("workspace_id", "contract_id") REFERENCES "contract"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "support_case" ADD CONSTRAINT "support_case_workspace_id_connection_id_fkey" FOREIGN KEY ("workspace_id", "connection_id") REFERENCES "connection"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sla_result" ADD CONSTRAINT "sla_result_workspace_id_objective_id_fkey" FOREIGN KEY ("workspace_id", "objective_id") REFERENCES "sla_objective"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "field_change" ADD CONSTRAINT "field_change_workspace_id_contract_id_fkey" FOREIGN KEY ("workspace_id", "contract_id") REFERENCES "contract"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_job" ADD CONSTRAINT "import_job_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_row" ADD CONSTRAINT "import_row_workspace_id_import_job_id_fkey" FOREIGN KEY ("workspace_id", "import_job_id") REFERENCES "import_job"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_user" ADD CONSTRAINT "workspace_user_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "workspace_user"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Closed sets (the same tuples as in the code; a test compares them).
ALTER TABLE "contract" ADD CONSTRAINT "contract_side_check" CHECK ("side" IN ('buy', 'sell'));
ALTER TABLE "contract" ADD CONSTRAINT "contract_stage_check" CHECK ("stage" IN ('draft', 'in_review', 'approved', 'signed', 'active', 'renewing', 'expired', 'terminated', 'void'));
ALTER TABLE "contract" ADD CONSTRAINT "contract_renewal_kind_check" CHECK ("renewal_kind" IN ('none', 'mutual_written', 'auto', 'evergreen', 'option_buyer', 'option_supplier'));
ALTER TABLE "contract" ADD CONSTRAINT "contract_renewal_decision_check" CHECK ("renewal_decision" IN ('undecided', 'renew', 'renegotiate', 'exit'));
ALTER TABLE "contract" ADD CONSTRAINT "contract_notice_unit_check" CHECK ("notice_unit" IN ('days', 'months'));
ALTER TABLE "contract" ADD CONSTRAINT "contract_notice_counted_from_check" CHECK ("notice_counted_from" IN ('before_expiry', 'before_renewal'));
ALTER TABLE "contract_party" ADD CONSTRAINT "contract_party_role_check" CHECK ("role" IN ('buyer', 'supplier', 'guarantor', 'sub_processor', 'escrow_agent', 'implementer'));
ALTER TABLE "connection" ADD CONSTRAINT "connection_host_check" CHECK ("host" IN ('hubspot', 'salesforce'));
ALTER TABLE "connection" ADD CONSTRAINT "connection_state_check" CHECK ("state" IN ('installing', 'active', 'parked', 'disconnected'));
ALTER TABLE "host_account" ADD CONSTRAINT "host_account_host_check" CHECK ("host" IN ('hubspot', 'salesforce'));
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_host_check" CHECK ("host" IN ('hubspot', 'salesforce'));
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_state_check" CHECK ("state" IN ('waiting', 'finished'));
ALTER TABLE "contract_link" ADD CONSTRAINT "contract_link_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "contract_link" ADD CONSTRAINT "contract_link_state_check" CHECK ("state" IN ('active', 'tombstone', 'detached'));
ALTER TABLE "contract_link" ADD CONSTRAINT "contract_link_source_check" CHECK ("source" IN ('card', 'workspace', 'import', 'domain', 'system'));
ALTER TABLE "record_alias" ADD CONSTRAINT "record_alias_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "host_record" ADD CONSTRAINT "host_record_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "mirror" ADD CONSTRAINT "mirror_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "mirror" ADD CONSTRAINT "mirror_state_check" CHECK ("state" IN ('live', 'archived', 'missing'));
ALTER TABLE "intent" ADD CONSTRAINT "intent_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "dirty" ADD CONSTRAINT "dirty_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "dirty" ADD CONSTRAINT "dirty_state_check" CHECK ("state" IN ('queued', 'dead'));
ALTER TABLE "dirty" ADD CONSTRAINT "dirty_reason_check" CHECK ("reason" IN ('event', 'ours', 'confirm', 'sweep', 'backfill', 'replay'));
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_object_type_check" CHECK ("object_type" IN ('opportunity', 'account', 'case'));
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_winner_check" CHECK ("winner" IN ('ours', 'theirs'));
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_reason_check" CHECK ("reason" IN ('both_changed', 'overwritten', 'illegal', 'owned_by_us', 'lead_changed'));
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_state_check" CHECK ("state" IN ('open', 'restored', 'dismissed'));
ALTER TABLE "field_change" ADD CONSTRAINT "field_change_source_check" CHECK ("source" IN ('host', 'card', 'workspace', 'import', 'system'));
ALTER TABLE "workspace_user" ADD CONSTRAINT "workspace_user_role_check" CHECK ("role" IN ('rep', 'manager', 'admin'));
ALTER TABLE "contract" ADD CONSTRAINT "contract_money_check" CHECK (("value_minor" IS NULL) = ("currency" IS NULL));
ALTER TABLE "contract" ADD CONSTRAINT "contract_notice_check" CHECK (("notice_count" IS NULL) = ("notice_unit" IS NULL) AND ("notice_count" IS NULL) = ("notice_counted_from" IS NULL));
ALTER TABLE "lane_lease" ADD CONSTRAINT "lane_lease_holder_check" CHECK (("leased_by" IS NULL) = ("leased_until" IS NULL));

-- Roles. Nobody logs in with them: each transaction of the server steps down to one of the two (SET LOCAL ROLE).
--   counterpart_app        sees the rows of the workspace named in app.workspace_id, and no row when none is named
--   counterpart_scheduler  sees, across workspaces, what is needed to route a delivery and to choose the next piece of work
-- Roles belong to the cluster, so another database may have made them a moment ago.
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['counterpart_app', 'counterpart_scheduler'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', wanted);
  END LOOP;
END $$;

-- Row-level security on every table, the owner included.
ALTER TABLE "workspace" ENABLE ROW LEVEL SECURITY; ALTER TABLE "workspace" FORCE ROW LEVEL SECURITY;
ALTER TABLE "host_account" ENABLE ROW LEVEL SECURITY; ALTER TABLE "host_account" FORCE ROW LEVEL SECURITY;
ALTER TABLE "oauth_state" ENABLE ROW LEVEL SECURITY; ALTER TABLE "oauth_state" FORCE ROW LEVEL SECURITY;
ALTER TABLE "delivery" ENABLE ROW LEVEL SECURITY; ALTER TABLE "delivery" FORCE ROW LEVEL SECURITY;
ALTER TABLE "connection" ENABLE ROW LEVEL SECURITY; ALTER TABLE "connection" FORCE ROW LEVEL SECURITY;
ALTER TABLE "data_key" ENABLE ROW LEVEL SECURITY; ALTER TABLE "data_key" FORCE ROW LEVEL SECURITY;
ALTER TABLE "credential" ENABLE ROW LEVEL SECURITY; ALTER TABLE "credential" FORCE ROW LEVEL SECURITY;
ALTER TABLE "organisation" ENABLE ROW LEVEL SECURITY; ALTER TABLE "organisation" FORCE ROW LEVEL SECURITY;
ALTER TABLE "contract" ENABLE ROW LEVEL SECURITY; ALTER TABLE "contract" FORCE ROW LEVEL SECURITY;
ALTER TABLE "contract_party" ENABLE ROW LEVEL SECURITY; ALTER TABLE "contract_party" FORCE ROW LEVEL SECURITY;
ALTER TABLE "contract_link" ENABLE ROW LEVEL SECURITY; ALTER TABLE "contract_link" FORCE ROW LEVEL SECURITY;
ALTER TABLE "record_alias" ENABLE ROW LEVEL SECURITY; ALTER TABLE "record_alias" FORCE ROW LEVEL SECURITY;
ALTER TABLE "host_record" ENABLE ROW LEVEL SECURITY; ALTER TABLE "host_record" FORCE ROW LEVEL SECURITY;
ALTER TABLE "mirror" ENABLE ROW LEVEL SECURITY; ALTER TABLE "mirror" FORCE ROW LEVEL SECURITY;
ALTER TABLE "intent" ENABLE ROW LEVEL SECURITY; ALTER TABLE "intent" FORCE ROW LEVEL SECURITY;
ALTER TABLE "lane" ENABLE ROW LEVEL SECURITY; ALTER TABLE "lane" FORCE ROW LEVEL SECURITY;
ALTER TABLE "lane_lease" ENABLE ROW LEVEL SECURITY; ALTER TABLE "lane_lease" FORCE ROW LEVEL SECURITY;
ALTER TABLE "dirty" ENABLE ROW LEVEL SECURITY; ALTER TABLE "dirty" FORCE ROW LEVEL SECURITY;
ALTER TABLE "conflict" ENABLE ROW LEVEL SECURITY; ALTER TABLE "conflict" FORCE ROW LEVEL SECURITY;
ALTER TABLE "cursor" ENABLE ROW LEVEL SECURITY; ALTER TABLE "cursor" FORCE ROW LEVEL SECURITY;
ALTER TABLE "job_lease" ENABLE ROW LEVEL SECURITY; ALTER TABLE "job_lease" FORCE ROW LEVEL SECURITY;
ALTER TABLE "budget" ENABLE ROW LEVEL SECURITY; ALTER TABLE "budget" FORCE ROW LEVEL SECURITY;
ALTER TABLE "sla_objective" ENABLE ROW LEVEL SECURITY; ALTER TABLE "sla_objective" FORCE ROW LEVEL SECURITY;
ALTER TABLE "incident" ENABLE ROW LEVEL SECURITY; ALTER TABLE "incident" FORCE ROW LEVEL SECURITY;
ALTER TABLE "support_case" ENABLE ROW LEVEL SECURITY; ALTER TABLE "support_case" FORCE ROW LEVEL SECURITY;
ALTER TABLE "sla_result" ENABLE ROW LEVEL SECURITY; ALTER TABLE "sla_result" FORCE ROW LEVEL SECURITY;
ALTER TABLE "field_change" ENABLE ROW LEVEL SECURITY; ALTER TABLE "field_change" FORCE ROW LEVEL SECURITY;
ALTER TABLE "audit_event" ENABLE ROW LEVEL SECURITY; ALTER TABLE "audit_event" FORCE ROW LEVEL SECURITY;
ALTER TABLE "idempotency_key" ENABLE ROW LEVEL SECURITY; ALTER TABLE "idempotency_key" FORCE ROW LEVEL SECURITY;
ALTER TABLE "import_job" ENABLE ROW LEVEL SECURITY; ALTER TABLE "import_job" FORCE ROW LEVEL SECURITY;
ALTER TABLE "import_row" ENABLE ROW LEVEL SECURITY; ALTER TABLE "import_row" FORCE ROW LEVEL SECURITY;
ALTER TABLE "workspace_user" ENABLE ROW LEVEL SECURITY; ALTER TABLE "workspace_user" FORCE ROW LEVEL SECURITY;
ALTER TABLE "session" ENABLE ROW LEVEL SECURITY; ALTER TABLE "session" FORCE ROW LEVEL SECURITY;

-- The application: one workspace per transaction.
GRANT SELECT, INSERT, UPDATE, DELETE ON "workspace" TO counterpart_app;
CREATE POLICY "workspace_of_workspace" ON "workspace" TO counterpart_app
  USING ("id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "host_account" TO counterpart_app;
CREATE POLICY "host_account_of_workspace" ON "host_account" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "connection" TO counterpart_app;
CREATE POLICY "connection_of_workspace" ON "connection" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "data_key" TO counterpart_app;
CREATE POLICY "data_key_of_workspace" ON "data_key" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "credential" TO counterpart_app;
CREATE POLICY "credential_of_workspace" ON "credential" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "organisation" TO counterpart_app;
CREATE POLICY "organisation_of_workspace" ON "organisation" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "contract" TO counterpart_app;
CREATE POLICY "contract_of_workspace" ON "contract" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "contract_party" TO counterpart_app;
CREATE POLICY "contract_party_of_workspace" ON "contract_party" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "contract_link" TO counterpart_app;
CREATE POLICY "contract_link_of_workspace" ON "contract_link" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "record_alias" TO counterpart_app;
CREATE POLICY "record_alias_of_workspace" ON "record_alias" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "host_record" TO counterpart_app;
CREATE POLICY "host_record_of_workspace" ON "host_record" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "mirror" TO counterpart_app;
CREATE POLICY "mirror_of_workspace" ON "mirror" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "intent" TO counterpart_app;
CREATE POLICY "intent_of_workspace" ON "intent" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "lane" TO counterpart_app;
CREATE POLICY "lane_of_workspace" ON "lane" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "lane_lease" TO counterpart_app;
CREATE POLICY "lane_lease_of_workspace" ON "lane_lease" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "dirty" TO counterpart_app;
CREATE POLICY "dirty_of_workspace" ON "dirty" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "conflict" TO counterpart_app;
CREATE POLICY "conflict_of_workspace" ON "conflict" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "cursor" TO counterpart_app;
CREATE POLICY "cursor_of_workspace" ON "cursor" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "job_lease" TO counterpart_app;
CREATE POLICY "job_lease_of_workspace" ON "job_lease" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "budget" TO counterpart_app;
CREATE POLICY "budget_of_workspace" ON "budget" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "sla_objective" TO counterpart_app;
CREATE POLICY "sla_objective_of_workspace" ON "sla_objective" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "incident" TO counterpart_app;
CREATE POLICY "incident_of_workspace" ON "incident" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "support_case" TO counterpart_app;
CREATE POLICY "support_case_of_workspace" ON "support_case" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "sla_result" TO counterpart_app;
CREATE POLICY "sla_result_of_workspace" ON "sla_result" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT ON "field_change" TO counterpart_app;
CREATE POLICY "field_change_of_workspace" ON "field_change" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT ON "audit_event" TO counterpart_app;
CREATE POLICY "audit_event_of_workspace" ON "audit_event" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO counterpart_app;
CREATE POLICY "idempotency_key_of_workspace" ON "idempotency_key" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "import_job" TO counterpart_app;
CREATE POLICY "import_job_of_workspace" ON "import_job" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "import_row" TO counterpart_app;
CREATE POLICY "import_row_of_workspace" ON "import_row" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "workspace_user" TO counterpart_app;
CREATE POLICY "workspace_user_of_workspace" ON "workspace_user" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON "session" TO counterpart_app;
CREATE POLICY "session_of_workspace" ON "session" TO counterpart_app
  USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid);

-- The scheduler: routing tables wholly; of a connection only its identity and state; due work, never what it says.
GRANT SELECT, INSERT, UPDATE, DELETE ON "delivery" TO counterpart_scheduler;
CREATE POLICY "delivery_for_scheduler" ON "delivery" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON "oauth_state" TO counterpart_scheduler;
CREATE POLICY "oauth_state_for_scheduler" ON "oauth_state" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT ON "host_account" TO counterpart_scheduler;
CREATE POLICY "host_account_for_scheduler" ON "host_account" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON "lane" TO counterpart_scheduler;
CREATE POLICY "lane_for_scheduler" ON "lane" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON "lane_lease" TO counterpart_scheduler;
CREATE POLICY "lane_lease_for_scheduler" ON "lane_lease" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON "dirty" TO counterpart_scheduler;
CREATE POLICY "dirty_for_scheduler" ON "dirty" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT ON "job_lease" TO counterpart_scheduler;
CREATE POLICY "job_lease_for_scheduler" ON "job_lease" TO counterpart_scheduler USING (true) WITH CHECK (true);
GRANT SELECT ("workspace_id", "id", "host", "account_id", "state") ON "connection" TO counterpart_scheduler;
CREATE POLICY "connection_for_scheduler" ON "connection" TO counterpart_scheduler USING (true) WITH CHECK (true);
