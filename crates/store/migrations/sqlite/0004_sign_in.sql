-- Schema 4: people who sign in with a provider. Keep the two dialects in step:
-- migrations/postgres/0004_sign_in.sql is the other one; the tests compare their columns.

-- A sign-in that has begun and not come back yet; used once. `digest` is of the browser's cookie.
CREATE TABLE sign_in_attempts (
    digest BLOB PRIMARY KEY,
    space TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- The number of the sign-in document that a session was begun by; with the document the session ends.
ALTER TABLE sessions ADD COLUMN sign_in INTEGER;
ALTER TABLE sessions ADD COLUMN provider_sealed BLOB;
