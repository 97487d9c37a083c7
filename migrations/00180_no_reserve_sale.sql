-- +goose Up
-- R26n: property of a criminal case may be sold once more without a reserve, after its sell-off failed, on one of two grounds that the
-- lot's document records with the day of the offer, the day and the hash of the answer (docket.NoReserve).
ALTER TABLE lots DROP CONSTRAINT lots_stage_check;
ALTER TABLE lots ADD CONSTRAINT lots_stage_check CHECK (stage IN ('first', 'second', 'sell_off', 'no_reserve'));
ALTER TABLE lots ADD CONSTRAINT lots_no_reserve_has_its_ground CHECK (
    (stage = 'no_reserve') = (coalesce(document -> 'no_reserve', 'null') <> 'null')
    AND (stage <> 'no_reserve' OR (
        document #>> '{no_reserve,ground}' IN ('finance_authority_asks', 'victim_refuses')
        AND document #>> '{no_reserve,document}' ~ '^[0-9a-f]{64}$'
        AND document #>> '{no_reserve,offered_on}' <= document #>> '{no_reserve,answered_on}')) IS TRUE);

-- +goose Down
ALTER TABLE lots DROP CONSTRAINT lots_no_reserve_has_its_ground;
ALTER TABLE lots DROP CONSTRAINT lots_stage_check;
ALTER TABLE lots ADD CONSTRAINT lots_stage_check CHECK (stage IN ('first', 'second', 'sell_off'));
