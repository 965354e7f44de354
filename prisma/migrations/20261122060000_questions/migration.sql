-- Fields that a person decides: which ones in a workspace, and what each record has yet to be told. A question is a conflict nobody has won.
ALTER TABLE "workspace" ADD COLUMN "conflict_policy" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "mirror" ADD COLUMN "asked" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "conflict" DROP CONSTRAINT "conflict_winner_check";
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_winner_check" CHECK ("winner" IN ('ours', 'theirs', 'undecided'));
ALTER TABLE "conflict" DROP CONSTRAINT "conflict_state_check";
ALTER TABLE "conflict" ADD CONSTRAINT "conflict_state_check" CHECK ("state" IN ('open', 'restored', 'dismissed', 'answered', 'settled'));
