-- Schema 6: events on their way out. Keep the two dialects in step:
-- migrations/postgres/0006_outbox.sql is the other one; the tests compare their columns.

-- One row per event and subscription; who subscribes is a document. `subject` is what has to arrive in
-- order; `error` is for people and holds nothing of what was investigated. `since` is when the first
-- attempt was due: attempts are given up some days later.
CREATE TABLE outbox (
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    subscription TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    error TEXT,
    lease_owner TEXT,
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    sealed BLOB NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
) STRICT;
-- What is due, over all spaces.
CREATE INDEX outbox_due ON outbox (due_at, number) WHERE state = 'pending';
-- Whether an earlier one of the same task waits for the same subscription.
CREATE INDEX outbox_order ON outbox (space, subscription, subject, number) WHERE state = 'pending';
-- How many are on their way to a subscription, and whether one had to be put off.
CREATE INDEX outbox_leased ON outbox (space, subscription, lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX outbox_put_off ON outbox (space, subscription) WHERE state = 'pending' AND error IS NOT NULL;
-- Lists, newest first, by what people ask for.
CREATE INDEX outbox_state ON outbox (space, state, number);
CREATE INDEX outbox_subscription ON outbox (space, subscription, number);
CREATE INDEX outbox_ended ON outbox (state, ended_at);
