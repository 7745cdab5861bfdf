-- Schema 6: events on their way out. Keep the two dialects in step:
-- migrations/sqlite/0006_outbox.sql is the other one; the tests compare their columns.

-- One row per event and subscription; who subscribes is a document. `subject` is what has to arrive in
-- order; `error` is for people and holds nothing of what was investigated. `since` is when the first
-- attempt was due: attempts are given up some days later.
CREATE TABLE outbox (
    space TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subscription TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    since BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    error TEXT,
    lease_owner TEXT COLLATE "C",
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (space, number),
    UNIQUE (space, id)
);
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
