-- Schema 8: what a space says about how it is worked on, and what the work has cost. Keep the two dialects
-- in step: migrations/postgres/0008_rules.sql is the other one; the tests compare their columns.

-- JSON; NULL: what is usual. How many may run at a time stands in `most_running` as well, for the queue.
ALTER TABLE spaces ADD COLUMN rules TEXT;

-- What the executions that ended on a day (UTC, days since 1970-01-01) have cost together.
CREATE TABLE usage (
    space TEXT NOT NULL,
    day INTEGER NOT NULL,
    investigations INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    queries INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    busy_micros INTEGER NOT NULL,
    PRIMARY KEY (space, day)
) STRICT;

-- What the executions of an incident have cost together. `spent_executions` is the number of its last
-- execution that was counted, so that none is counted twice.
ALTER TABLE incidents ADD COLUMN spent_executions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN spent_queries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN spent_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN spent_micros INTEGER NOT NULL DEFAULT 0;
