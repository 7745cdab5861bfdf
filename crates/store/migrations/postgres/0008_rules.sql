-- Schema 8: what a space says about how it is worked on, and what the work has cost. Keep the two dialects
-- in step: migrations/sqlite/0008_rules.sql is the other one; the tests compare their columns.

-- JSON; NULL: what is usual. How many may run at a time stands in `most_running` as well, for the queue.
ALTER TABLE spaces ADD COLUMN rules TEXT;

-- What the executions that ended on a day (UTC, days since 1970-01-01) have cost together.
CREATE TABLE usage (
    space TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL,
    investigations BIGINT NOT NULL,
    executions BIGINT NOT NULL,
    queries BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    busy_micros BIGINT NOT NULL,
    PRIMARY KEY (space, day)
);

-- What the executions of an incident have cost together. `spent_executions` is the number of its last
-- execution that was counted, so that none is counted twice.
ALTER TABLE incidents ADD COLUMN spent_executions BIGINT NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN spent_queries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN spent_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN spent_micros BIGINT NOT NULL DEFAULT 0;
