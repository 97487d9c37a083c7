-- +goose Up
-- Each bid writes to every index here. One index by lot and seq finds a lot's entries, in and outside its course; what is found
-- by case alone is what stands outside a course.
DROP INDEX entries_course, entries_lot, entries_case;
CREATE UNIQUE INDEX entries_course ON entries (lot_id, seq);
CREATE INDEX entries_case ON entries (case_id) WHERE seq IS NULL;

-- +goose Down
DROP INDEX entries_course, entries_case;
CREATE UNIQUE INDEX entries_course ON entries (lot_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX entries_lot ON entries (lot_id);
CREATE INDEX entries_case ON entries (case_id);
