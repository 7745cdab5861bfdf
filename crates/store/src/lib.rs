//! Everything that lasts: SQLite or PostgreSQL, blobs, keys, the journal and the audit trail.
