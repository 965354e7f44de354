-- Whose grant a connection works with: a newer one of the same person takes its place when they sign in.
ALTER TABLE "connection" ADD COLUMN "granted_by" TEXT;
