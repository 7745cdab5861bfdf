-- Schema 7: the queue knows kinds of jobs, how urgent they are, and how many of a space may run.
-- Keep in step with migrations/sqlite/0007_queue.sql; docs/specs/queue.md says what holds.

-- `investigate`, `request` or `watch`.
ALTER TABLE work ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'investigate'
    CHECK (kind IN ('investigate', 'request', 'watch'));
UPDATE work SET kind = 'request' WHERE request_sealed IS NOT NULL;
-- 1 (MINIMAL) to 5 (CRITICAL), as in `tasks`.
ALTER TABLE work ADD COLUMN priority BIGINT NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 5);
-- 1 where it was pulled forward since it was last taken.
ALTER TABLE work ADD COLUMN hastened BIGINT NOT NULL DEFAULT 0;
-- Grows with each lease and never shrinks: who holds an earlier one has lost it.
ALTER TABLE work ADD COLUMN lease_number BIGINT NOT NULL DEFAULT 0;

-- How many jobs of a space may be leased at a time.
ALTER TABLE spaces ADD COLUMN most_running BIGINT NOT NULL DEFAULT 4;

-- An investigation is watched by one job.
CREATE UNIQUE INDEX work_watch ON work (space, investigation) WHERE kind = 'watch';
-- The next free job of a space and a priority; the next time that any is due; what is leased, and
-- until when.
CREATE INDEX work_free ON work (space, priority, due_at, id) WHERE lease_owner IS NULL;
CREATE INDEX work_due ON work (due_at) WHERE lease_owner IS NULL;
CREATE INDEX work_leased ON work (space) WHERE lease_owner IS NOT NULL;
CREATE INDEX work_expires ON work (lease_until) WHERE lease_owner IS NOT NULL;
