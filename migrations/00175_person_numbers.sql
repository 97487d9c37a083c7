-- +goose Up
-- R24x, R34: one form of a number, as auction.PersonNumber writes it.
UPDATE accounts SET id_number = upper(btrim(normalize(id_number, NFKC))) WHERE id_number <> upper(btrim(normalize(id_number, NFKC)));

-- +goose Down
