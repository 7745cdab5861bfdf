-- Schema 2: documents, and what a space says about itself. Keep the two dialects in step:
-- migrations/sqlite/0002_documents.sql is the other one; the tests compare their columns.

ALTER TABLE spaces ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE spaces SET updated_at = created_at;
-- NULL: an empty one, which spaces from before schema 2 have.
ALTER TABLE spaces ADD COLUMN profile_sealed BYTEA;

-- Small records in collections. `scope` is a space's id; empty: of the installation.
CREATE TABLE documents (
    scope TEXT COLLATE "C" NOT NULL,
    collection TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (scope, collection, number),
    UNIQUE (scope, collection, id)
);
-- The scope comes late: what uses a service is counted over all spaces.
CREATE INDEX documents_of ON documents (collection, parent, scope, number);
CREATE INDEX documents_in ON documents (scope, collection, state, number);
-- Who calls a webhook names it alone, so its id has to lead to one space.
CREATE UNIQUE INDEX documents_webhook ON documents (id) WHERE collection = 'webhook';
