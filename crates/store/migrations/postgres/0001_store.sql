-- Schema 1. Times are microseconds since 1970 (UTC); `…_sealed` is AES-256-GCM, `…_wrapped` is
-- wrapped by the master key. Keep the two dialects in step: migrations/sqlite/0001_store.sql
-- is the other one; the tests compare their columns.

-- One row: what this installation is.
CREATE TABLE installation (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    location TEXT,
    master_key TEXT COLLATE "C" NOT NULL,
    data_key_wrapped BYTEA NOT NULL,
    signing_key_wrapped BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    blobs_marked BIGINT NOT NULL
);

-- Ends of the append-only parts: one row per space, one for the audit trail, one for the list of spaces.
CREATE TABLE heads (
    scope TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    checkpoints BIGINT NOT NULL,
    checkpoint_hash BYTEA NOT NULL,
    mac BYTEA NOT NULL
);

CREATE TABLE spaces (
    id TEXT COLLATE "C" PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    location TEXT,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT,
    redaction TEXT,
    key_wrapped BYTEA,
    blobs_removed BIGINT NOT NULL
);

-- The next number of each kind of thing, per space.
CREATE TABLE counters (
    space TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (space, what)
);

CREATE TABLE once (
    caller TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX once_at ON once (at);

CREATE TABLE access_keys (
    number BIGINT NOT NULL UNIQUE,
    id TEXT COLLATE "C" PRIMARY KEY,
    role TEXT NOT NULL,
    space TEXT COLLATE "C",
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    secret_sealed BYTEA NOT NULL,
    token_digest BYTEA NOT NULL UNIQUE
);
CREATE INDEX access_keys_of ON access_keys (space, number);

CREATE TABLE sign_in_links (
    digest BYTEA PRIMARY KEY,
    role TEXT NOT NULL,
    space TEXT COLLATE "C",
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY,
    cookie_digest BYTEA NOT NULL UNIQUE,
    csrf_digest BYTEA NOT NULL,
    role TEXT NOT NULL,
    space TEXT COLLATE "C",
    name TEXT NOT NULL,
    access_key TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE originals (
    space TEXT COLLATE "C" NOT NULL,
    pseudonym TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, pseudonym)
);

CREATE TABLE connections (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    capsule TEXT COLLATE "C",
    config_sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, name)
);

CREATE TABLE capsules (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    details_sealed BYTEA NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
);
CREATE INDEX capsules_blob ON capsules (space, blob);

CREATE TABLE investigations (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    reason_sealed BYTEA,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
);

CREATE TABLE work (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space TEXT COLLATE "C" NOT NULL,
    investigation TEXT COLLATE "C" NOT NULL,
    request_sealed BYTEA,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_owner TEXT COLLATE "C",
    lease_until BIGINT,
    reason TEXT
);
CREATE INDEX work_of ON work (space, investigation, id);

CREATE TABLE incidents (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    investigation TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    last_news_at BIGINT NOT NULL,
    verdict TEXT,
    execution TEXT COLLATE "C",
    summary_sealed BYTEA NOT NULL,
    state_sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
);
CREATE INDEX incidents_news ON incidents (space, last_news_at, number);
CREATE INDEX incidents_of ON incidents (space, investigation, number);

CREATE TABLE evidence (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    incident TEXT COLLATE "C" NOT NULL,
    meta_sealed BYTEA NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
);
CREATE INDEX evidence_of ON evidence (space, incident, number);
CREATE INDEX evidence_blob ON evidence (space, blob);

CREATE TABLE alerts (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    investigation TEXT COLLATE "C" NOT NULL,
    message BIGINT NOT NULL,
    part BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    incident TEXT COLLATE "C",
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, investigation, message, part)
);
CREATE INDEX alerts_of ON alerts (space, incident, number);

CREATE TABLE triage_notes (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    alert TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number)
);
CREATE INDEX triage_notes_of ON triage_notes (space, alert, number);

CREATE TABLE feedback (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    incident TEXT COLLATE "C" NOT NULL,
    execution TEXT COLLATE "C",
    rating TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (space, number)
);
CREATE INDEX feedback_of ON feedback (space, incident, number);

-- Append-only from here on; docs/specs/journal.md.
CREATE TABLE journal (
    space TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    chain TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    body_digest BYTEA NOT NULL,
    body_sealed BYTEA NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    written_at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (space, position),
    UNIQUE (space, chain, seq)
);

CREATE TABLE journal_chains (
    space TEXT COLLATE "C" NOT NULL,
    chain TEXT COLLATE "C" NOT NULL,
    next_seq BIGINT NOT NULL,
    head BYTEA NOT NULL,
    last_position BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (space, chain)
);
CREATE INDEX journal_chains_last ON journal_chains (space, last_position);

CREATE TABLE journal_pruned (
    space TEXT COLLATE "C" NOT NULL,
    chain TEXT COLLATE "C" NOT NULL,
    checkpoint BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    head BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (space, chain, checkpoint)
);

CREATE TABLE checkpoints (
    scope TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (scope, number)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at TEXT NOT NULL,
    at_micros BIGINT NOT NULL,
    actor TEXT NOT NULL,
    source TEXT NOT NULL,
    operation TEXT NOT NULL,
    space TEXT,
    subject TEXT,
    outcome TEXT NOT NULL,
    status BIGINT NOT NULL,
    request TEXT NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX audit_space ON audit (space, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
CREATE FUNCTION refuse_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM journal_pruned p
        WHERE p.space = OLD.space AND p.chain = OLD.chain AND OLD.seq < p.entries
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'journal is append-only: only chains under a checkpoint are pruned';
END
$$;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_pruned();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_pruned_no_change BEFORE UPDATE OR DELETE ON journal_pruned
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_pruned_no_truncate BEFORE TRUNCATE ON journal_pruned
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_no_change BEFORE UPDATE OR DELETE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
