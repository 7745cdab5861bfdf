-- Schema 3: tasks, investigations that a person started, how long workers were busy.
-- Keep in step with migrations/postgres/0003_tasks.sql.

-- `connection` may be missing now: a space without any can be asked to investigate as well. SQLite can't
-- change a column, so the table is made anew.
CREATE TABLE investigations_3 (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    connection TEXT,
    state TEXT NOT NULL,
    reason_sealed BLOB,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    start_sealed BLOB,
    busy_micros INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
) STRICT;
INSERT INTO investigations_3 (space, number, id, connection, state, reason_sealed, created_at, ended_at)
SELECT space, number, id, connection, state, reason_sealed, created_at, ended_at FROM investigations;
DROP TABLE investigations;
ALTER TABLE investigations_3 RENAME TO investigations;

-- One per alert or manual start. `priority` is 1 (MINIMAL) to 5 (CRITICAL), for sorting.
CREATE TABLE tasks (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    alert TEXT,
    investigation TEXT,
    incident TEXT,
    execution TEXT,
    kind TEXT NOT NULL,
    priority INTEGER NOT NULL,
    status TEXT NOT NULL,
    primary_task TEXT,
    has_linked INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, alert)
) STRICT;
CREATE INDEX tasks_of ON tasks (space, investigation, number);
-- One for each way to filter, so that a page costs what it shows: filters first, then the order. Those
-- that end in `_rank` serve the order by priority, one priority after the other.
CREATE INDEX tasks_by ON tasks (space, created_at, number);
CREATE INDEX tasks_by_rank ON tasks (space, priority, created_at, number);
CREATE INDEX tasks_status ON tasks (space, status, created_at, number);
CREATE INDEX tasks_status_rank ON tasks (space, status, priority, created_at, number);
CREATE INDEX tasks_kind ON tasks (space, kind, created_at, number);
CREATE INDEX tasks_kind_rank ON tasks (space, kind, priority, created_at, number);
CREATE INDEX tasks_kind_status ON tasks (space, kind, status, created_at, number);
CREATE INDEX tasks_kind_status_rank ON tasks (space, kind, status, priority, created_at, number);
CREATE INDEX tasks_primary ON tasks (space, primary_task, created_at, number);
CREATE INDEX tasks_primary_rank ON tasks (space, primary_task, priority, created_at, number);

-- Each stretch that a worker worked; it says nothing of whose.
CREATE TABLE busy (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    ended_at INTEGER NOT NULL,
    micros INTEGER NOT NULL
) STRICT;
CREATE INDEX busy_ended ON busy (ended_at);

-- Entries of one kind of a chain, page by page.
CREATE INDEX journal_kinds ON journal (space, chain, kind, seq);
