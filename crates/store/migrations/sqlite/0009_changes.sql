-- Schema 9: changes that systems told of over webhooks. Keep the two dialects in step:
-- migrations/postgres/0009_changes.sql is the other one; the tests compare their columns.

-- `name` is a keyed digest of the id that its sender gave it, by which a repetition is known.
CREATE TABLE changes (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    name BLOB NOT NULL,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id),
    UNIQUE (space, name)
) STRICT;
CREATE INDEX changes_at ON changes (space, at, number);
CREATE INDEX changes_received ON changes (space, received_at);
