-- The calls granted within the host's window, so that no window of that length, wherever it begins, exceeds the limit.
ALTER TABLE "budget" ADD COLUMN "grants" JSONB NOT NULL DEFAULT '[]';
