-- Schema 5: what comes in over webhooks, and incidents that grow while it does. Keep the two dialects in
-- step: migrations/sqlite/0005_intake.sql is the other one; the tests compare their columns.

-- Messages that were sent to a webhook's address, whatever became of them.
CREATE TABLE deliveries (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    webhook TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
);
CREATE INDEX deliveries_status ON deliveries (space, status, number);
CREATE INDEX deliveries_received ON deliveries (space, received_at);

-- 1: its one incident grows with the alerts that webhooks bring; 0: a recording was played.
ALTER TABLE investigations ADD COLUMN is_live BIGINT NOT NULL DEFAULT 0;

-- `standing` is NULL where a recording was played, else open or closed. `looked_at` and `begun_sealed`: when
-- its last execution began, and what that was given. `asked_sealed`: what a person wants looked at again for.
ALTER TABLE incidents ADD COLUMN standing TEXT COLLATE "C";
ALTER TABLE incidents ADD COLUMN asked_sealed BYTEA;
ALTER TABLE incidents ADD COLUMN looked_at BIGINT;
ALTER TABLE incidents ADD COLUMN begun_sealed BYTEA;
CREATE INDEX incidents_open ON incidents (space, number) WHERE standing = 'open';

