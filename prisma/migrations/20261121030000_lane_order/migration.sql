-- The least recently served lane is found by index, however many are due.
UPDATE "lane" SET "last_served_at" = to_timestamp(0) WHERE "last_served_at" IS NULL;
ALTER TABLE "lane" ALTER COLUMN "last_served_at" SET NOT NULL;
CREATE INDEX "lane_last_served_at_due_at_idx" ON "lane"("last_served_at", "due_at");
