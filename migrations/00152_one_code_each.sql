-- +goose Up
-- R20a (ours): one person holds one code in a course. A principal of a confirmed agency is none of another agent's for the lot. Who is
-- confirmed already stays: the enrolment looks too. Whoever confirms holds the lot's row.
-- +goose StatementBegin
CREATE FUNCTION agency_one_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'confirmed' AND OLD.state <> 'confirmed' AND EXISTS (
        SELECT FROM agency_principals p JOIN agency_principals q ON q.id_number = p.id_number AND q.id_number <> ''
            JOIN agencies o ON o.id = q.agency_id
        WHERE p.agency_id = NEW.id AND o.lot_id = NEW.lot_id AND o.account_id <> NEW.account_id AND o.state = 'confirmed') THEN
        RAISE EXCEPTION 'a principal of agency % has another agent (R20a)', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'agencies_one_code';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER agencies_one_code BEFORE UPDATE ON agencies FOR EACH ROW EXECUTE FUNCTION agency_one_code();

-- +goose Down
DROP TRIGGER agencies_one_code ON agencies;
DROP FUNCTION agency_one_code;
