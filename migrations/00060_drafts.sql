-- +goose Up
-- A draft is mended or taken back. A lot that was never announced may be withdrawn.
ALTER TABLE lots DROP CONSTRAINT lots_check;
ALTER TABLE lots ADD CONSTRAINT lots_announced CHECK (
    CASE WHEN status IN ('draft', 'voted') THEN announced_at IS NULL
         WHEN status = 'withdrawn' THEN true
         ELSE announced_at IS NOT NULL END);

-- Votes on terms that were revised count no more (R6) and stay on record with
-- their opinions (R29). A judge has one vote that counts.
ALTER TABLE votes ADD COLUMN superseded_at timestamptz;
ALTER TABLE votes DROP CONSTRAINT votes_pkey;
ALTER TABLE votes ADD PRIMARY KEY (lot_id, judge_id, voted_at);
CREATE UNIQUE INDEX votes_counting ON votes (lot_id, judge_id) WHERE superseded_at IS NULL;

-- +goose Down
DROP INDEX votes_counting;
DELETE FROM votes WHERE superseded_at IS NOT NULL;
ALTER TABLE votes DROP CONSTRAINT votes_pkey;
ALTER TABLE votes ADD PRIMARY KEY (lot_id, judge_id);
ALTER TABLE votes DROP COLUMN superseded_at;
ALTER TABLE lots DROP CONSTRAINT lots_announced;
ALTER TABLE lots ADD CONSTRAINT lots_check CHECK ((status IN ('draft', 'voted')) = (announced_at IS NULL)) NOT VALID;
