-- +goose Up
-- What a court chose within the law's bounds (law.Settings), from when on, by whose decision. New lots take the newest; the bounds stand in
-- law.SettingBounds too.
CREATE TABLE court_settings (
    court_id             uuid NOT NULL REFERENCES courts (id),
    since                timestamptz NOT NULL,
    reserve_min_permille bigint NOT NULL CHECK (reserve_min_permille BETWEEN 700 AND 1000),
    pay_out_days         bigint NOT NULL CHECK (pay_out_days BETWEEN 1 AND 30),
    brief_outage_seconds bigint NOT NULL CHECK (brief_outage_seconds BETWEEN 0 AND 1800),
    maximum_bids         boolean NOT NULL,
    -- The office that decided ("执行局局长"), never a person's name, and why; both are public.
    decided_by_zh text NOT NULL CHECK (decided_by_zh <> ''),
    decided_by_en text NOT NULL CHECK (decided_by_en <> ''),
    reason_zh     text NOT NULL CHECK (reason_zh <> ''),
    reason_en     text NOT NULL CHECK (reason_en <> ''),
    entered_by    uuid NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (court_id, since)
);
-- +goose StatementBegin
CREATE FUNCTION court_settings_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'court settings take inserts only' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER court_settings_are_kept BEFORE UPDATE OR DELETE ON court_settings FOR EACH ROW EXECUTE FUNCTION court_settings_are_kept();

-- +goose Down
DROP TABLE court_settings;
DROP FUNCTION court_settings_are_kept;
