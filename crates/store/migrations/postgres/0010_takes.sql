-- Schema 10: what live systems answered. Keep the two dialects in step:
-- migrations/sqlite/0010_takes.sql is the other one; the tests compare their columns.

-- One row per question that was answered (or not) within a chain of the journal. `key` is the question with
-- how often it was asked before, so that the same chain written again is given the same answers. The
-- content lies in the blobs, beside that of evidence, with which it is often the same.
CREATE TABLE takes (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    chain TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    meta_sealed BYTEA NOT NULL,
    blob TEXT COLLATE "C",
    bytes BIGINT,
    PRIMARY KEY (space, number),
    UNIQUE (space, chain, key)
);
CREATE INDEX takes_blob ON takes (space, blob);
