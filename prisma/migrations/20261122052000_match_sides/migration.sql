-- A connection that goes looks for its matches on either side by index.
CREATE INDEX "record_match_left_idx" ON "record_match"("workspace_id", "left_connection_id", "left_record_id");
