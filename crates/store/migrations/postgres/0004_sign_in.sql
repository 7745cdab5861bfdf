-- Schema 4: people who sign in with a provider. Keep the two dialects in step:
-- migrations/sqlite/0004_sign_in.sql is the other one; the tests compare their columns.

-- A sign-in that has begun and not come back yet; used once. `digest` is of the browser's cookie.
CREATE TABLE sign_in_attempts (
    digest BYTEA PRIMARY KEY,
    space TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- The number of the sign-in document that a session was begun by; with the document the session ends.
ALTER TABLE sessions ADD COLUMN sign_in BIGINT;
ALTER TABLE sessions ADD COLUMN provider_sealed BYTEA;
