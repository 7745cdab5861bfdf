//! Everything that is ever asked of a MySQL or MariaDB server. What differs between the two stands twice.

/// Which of the two it is, and its version.
pub(super) const VERSION: &str = "\
SELECT VERSION() AS version, @@version_comment AS comment, CURRENT_USER() AS user, @@read_only AS read_only, \
TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS zone";

pub(super) const STATUS: &str = "SHOW GLOBAL STATUS";

/// Settings that say how much is allowed, and how the server behaves. Names alone, so that no secret comes along.
pub(super) const VARIABLES: &str = "\
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('max_connections', 'max_user_connections', 'extra_max_connections', \
'innodb_buffer_pool_size', 'innodb_lock_wait_timeout', 'innodb_flush_log_at_trx_commit', 'sync_binlog', \
'long_query_time', 'slow_query_log', 'performance_schema', 'read_only', 'super_read_only', 'tmp_table_size', \
'max_heap_table_size', 'thread_cache_size', 'table_open_cache', 'wait_timeout', 'max_allowed_packet', \
'max_statement_time', 'max_execution_time', 'server_id', 'version')";

/// Every session.
pub(super) const SESSIONS: &str = "\
SELECT ID AS id, USER AS user, HOST AS host, DB AS db, COMMAND AS command, TIME AS time, STATE AS state, \
LEFT(INFO, 2000) AS query, ID = CONNECTION_ID() AS is_own \
FROM information_schema.PROCESSLIST ORDER BY TIME DESC LIMIT 5000";

/// What is at work at this moment.
pub(super) const ACTIVE: &str = "\
SELECT LEFT(INFO, 2000) AS query, STATE AS state, COUNT(*) AS sessions \
FROM information_schema.PROCESSLIST \
WHERE COMMAND IN ('Query', 'Execute') AND ID <> CONNECTION_ID() \
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 200";

/// Transactions that are open.
pub(super) const TRANSACTIONS: &str = "\
SELECT trx_id AS id, trx_mysql_thread_id AS session, trx_state AS state, LEFT(trx_query, 2000) AS query, \
TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS age, TIMESTAMPDIFF(SECOND, trx_wait_started, NOW()) AS waits, \
trx_rows_locked AS locked, trx_rows_modified AS modified \
FROM information_schema.INNODB_TRX ORDER BY trx_started LIMIT 1000";

/// Who waits for whose row locks. MariaDB, and MySQL before 8.
pub(super) const WAITS: &str = "\
SELECT waits.requesting_trx_id AS waiting, waits.blocking_trx_id AS blocking, locks.lock_table AS object, \
locks.lock_mode AS mode \
FROM information_schema.INNODB_LOCK_WAITS AS waits \
LEFT JOIN information_schema.INNODB_LOCKS AS locks ON locks.lock_id = waits.requested_lock_id LIMIT 1000";

/// The same of MySQL from 8.
pub(super) const WAITS_8: &str = "\
SELECT waits.REQUESTING_ENGINE_TRANSACTION_ID AS waiting, waits.BLOCKING_ENGINE_TRANSACTION_ID AS blocking, \
CONCAT(locks.OBJECT_SCHEMA, '.', locks.OBJECT_NAME) AS object, locks.LOCK_MODE AS mode \
FROM performance_schema.data_lock_waits AS waits \
LEFT JOIN performance_schema.data_locks AS locks \
ON locks.ENGINE_LOCK_ID = waits.REQUESTING_ENGINE_LOCK_ID LIMIT 1000";

/// Deadlocks of MySQL; MariaDB has them among the status.
pub(super) const DEADLOCKS: &str = "\
SELECT COUNT AS deadlocks FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'";

/// The last deadlock, with its time.
pub(super) const INNODB: &str = "SHOW ENGINE INNODB STATUS";

/// Statements that took most time in all, where the performance schema runs.
pub(super) const STATEMENTS: &str = "\
SELECT CONCAT_WS(' ', SCHEMA_NAME, DIGEST) AS id, LEFT(DIGEST_TEXT, 2000) AS query, COUNT_STAR AS calls, \
SUM_TIMER_WAIT / 1000000000000 AS seconds, SUM_ROWS_EXAMINED AS rows_examined \
FROM performance_schema.events_statements_summary_by_digest \
WHERE DIGEST IS NOT NULL ORDER BY SUM_TIMER_WAIT DESC LIMIT 300";

/// Whom a replica follows; the second for versions that don't know the first.
pub(super) const REPLICA: &str = "SHOW REPLICA STATUS";
pub(super) const SLAVE: &str = "SHOW SLAVE STATUS";

/// What we may.
pub(super) const GRANTS: &str = "SHOW GRANTS FOR CURRENT_USER()";

pub(super) const DATABASES: &str = "\
SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA \
WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') LIMIT 200";
