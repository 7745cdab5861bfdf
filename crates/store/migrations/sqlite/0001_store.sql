-- Schema 1. Times are microseconds since 1970 (UTC); `…_sealed` is AES-256-GCM, `…_wrapped` is
-- wrapped by the master key. Keep the two dialects in step: migrations/postgres/0001_store.sql
-- is the other one; the tests compare their columns.

-- One row: what this installation is.
CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    location TEXT,
    master_key TEXT NOT NULL,
    data_key_wrapped BLOB NOT NULL,
    signing_key_wrapped BLOB NOT NULL,
    public_key BLOB NOT NULL,
    blobs_marked INTEGER NOT NULL
) STRICT;

-- Ends of the append-only parts: one row per space, one for the audit trail, one for the list of spaces.
CREATE TABLE heads (
    scope TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    checkpoints INTEGER NOT NULL,
    checkpoint_hash BLOB NOT NULL,
    mac BLOB NOT NULL
) STRICT;

CREATE TABLE spaces (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    location TEXT,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    redaction TEXT,
    key_wrapped BLOB,
    blobs_removed INTEGER NOT NULL
) STRICT;

-- The next number of each kind of thing, per space.
CREATE TABLE counters (
    space TEXT NOT NULL,
    what TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (space, what)
) STRICT;

CREATE TABLE once (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT;
CREATE INDEX once_at ON once (at);

CREATE TABLE access_keys (
    number INTEGER NOT NULL UNIQUE,
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    space TEXT,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    secret_sealed BLOB NOT NULL,
    token_digest BLOB NOT NULL UNIQUE
) STRICT;
CREATE INDEX access_keys_of ON access_keys (space, number);

CREATE TABLE sign_in_links (
    digest BLOB PRIMARY KEY,
    role TEXT NOT NULL,
    space TEXT,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    cookie_digest BLOB NOT NULL UNIQUE,
    csrf_digest BLOB NOT NULL,
    role TEXT NOT NULL,
    space TEXT,
    name TEXT NOT NULL,
    access_key TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE originals (
    space TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (space, pseudonym)
) STRICT;

CREATE TABLE connections (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    capsule TEXT,
    config_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, name)
) STRICT;

CREATE TABLE capsules (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    details_sealed BLOB NOT NULL,
    blob TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
) STRICT;
CREATE INDEX capsules_blob ON capsules (space, blob);

CREATE TABLE investigations (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    connection TEXT NOT NULL,
    state TEXT NOT NULL,
    reason_sealed BLOB,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
) STRICT;

CREATE TABLE work (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    space TEXT NOT NULL,
    investigation TEXT NOT NULL,
    request_sealed BLOB,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    reason TEXT
) STRICT;
CREATE INDEX work_of ON work (space, investigation, id);

CREATE TABLE incidents (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    investigation TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    last_news_at INTEGER NOT NULL,
    verdict TEXT,
    execution TEXT,
    summary_sealed BLOB NOT NULL,
    state_sealed BLOB NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
) STRICT;
CREATE INDEX incidents_news ON incidents (space, last_news_at, number);
CREATE INDEX incidents_of ON incidents (space, investigation, number);

CREATE TABLE evidence (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    incident TEXT NOT NULL,
    meta_sealed BLOB NOT NULL,
    blob TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
) STRICT;
CREATE INDEX evidence_of ON evidence (space, incident, number);
CREATE INDEX evidence_blob ON evidence (space, blob);

CREATE TABLE alerts (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    investigation TEXT NOT NULL,
    message INTEGER NOT NULL,
    part INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    incident TEXT,
    sealed BLOB NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, investigation, message, part)
) STRICT;
CREATE INDEX alerts_of ON alerts (space, incident, number);

CREATE TABLE triage_notes (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    alert TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (space, number)
) STRICT;
CREATE INDEX triage_notes_of ON triage_notes (space, alert, number);

CREATE TABLE feedback (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    incident TEXT NOT NULL,
    execution TEXT,
    rating TEXT NOT NULL,
    sealed BLOB NOT NULL,
    given_at INTEGER NOT NULL,
    PRIMARY KEY (space, number)
) STRICT;
CREATE INDEX feedback_of ON feedback (space, incident, number);

-- Append-only from here on; docs/specs/journal.md.
CREATE TABLE journal (
    space TEXT NOT NULL,
    position INTEGER NOT NULL,
    chain TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    body_digest BLOB NOT NULL,
    body_sealed BLOB NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    written_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (space, position),
    UNIQUE (space, chain, seq)
) STRICT;

CREATE TABLE journal_chains (
    space TEXT NOT NULL,
    chain TEXT NOT NULL,
    next_seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    last_position INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (space, chain)
) STRICT;
CREATE INDEX journal_chains_last ON journal_chains (space, last_position);

CREATE TABLE journal_pruned (
    space TEXT NOT NULL,
    chain TEXT NOT NULL,
    checkpoint INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    head BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (space, chain, checkpoint)
) STRICT;

CREATE TABLE checkpoints (
    scope TEXT NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (scope, number)
) STRICT;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    at_micros INTEGER NOT NULL,
    actor TEXT NOT NULL,
    source TEXT NOT NULL,
    operation TEXT NOT NULL,
    space TEXT,
    subject TEXT,
    outcome TEXT NOT NULL,
    status INTEGER NOT NULL,
    request TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_space ON audit (space, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
WHEN NOT EXISTS (
    SELECT 1 FROM journal_pruned p
    WHERE p.space = OLD.space AND p.chain = OLD.chain AND OLD.seq < p.entries
)
BEGIN SELECT RAISE(ABORT, 'journal is append-only: only chains under a checkpoint are pruned'); END;
CREATE TRIGGER journal_pruned_no_update BEFORE UPDATE ON journal_pruned
BEGIN SELECT RAISE(ABORT, 'journal_pruned is append-only'); END;
CREATE TRIGGER journal_pruned_no_delete BEFORE DELETE ON journal_pruned
BEGIN SELECT RAISE(ABORT, 'journal_pruned is append-only'); END;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
