-- Schema 3: tasks, investigations that a person started, how long workers were busy.
-- Keep in step with migrations/sqlite/0003_tasks.sql.

-- `connection` may be missing now: a space without any can be asked to investigate as well.
ALTER TABLE investigations ALTER COLUMN connection DROP NOT NULL;
ALTER TABLE investigations ADD COLUMN start_sealed BYTEA;
ALTER TABLE investigations ADD COLUMN busy_micros BIGINT NOT NULL DEFAULT 0;

-- One per alert or manual start. `priority` is 1 (MINIMAL) to 5 (CRITICAL), for sorting.
CREATE TABLE tasks (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    alert TEXT COLLATE "C",
    investigation TEXT COLLATE "C",
    incident TEXT COLLATE "C",
    execution TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    primary_task TEXT COLLATE "C",
    has_linked BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, alert)
);
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
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ended_at BIGINT NOT NULL,
    micros BIGINT NOT NULL
);
CREATE INDEX busy_ended ON busy (ended_at);

-- Entries of one kind of a chain, page by page.
CREATE INDEX journal_kinds ON journal (space, chain, kind, seq);
