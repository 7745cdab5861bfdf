-- Schema 9: changes that systems told of over webhooks. Keep the two dialects in step:
-- migrations/sqlite/0009_changes.sql is the other one; the tests compare their columns.

-- `name` is a keyed digest of the id that its sender gave it, by which a repetition is known.
CREATE TABLE changes (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    name BYTEA NOT NULL,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, name)
);
CREATE INDEX changes_at ON changes (space, at, number);
CREATE INDEX changes_received ON changes (space, received_at);
