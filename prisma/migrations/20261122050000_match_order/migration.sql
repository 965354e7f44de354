-- The few records of a name or a domain come in id order from the index itself: without the id in it, the first ones in id order of all
-- records would be looked through instead.
DROP INDEX "host_record_match_name_idx";
DROP INDEX "host_record_match_domain_idx";
CREATE INDEX "host_record_match_name_idx" ON "host_record"("workspace_id", "connection_id", "object_type", "match_name", "record_id");
CREATE INDEX "host_record_match_domain_idx" ON "host_record"("workspace_id", "connection_id", "object_type", "match_domain", "record_id");
