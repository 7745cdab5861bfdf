//! Everything that is ever asked of a PostgreSQL server. Views of statistics and catalogues alone; each is
//! bounded, and each takes names as they are. Columns that came with a later version are looked for by name
//! (`to_jsonb`), so that one text fits all versions from 12.

/// Who we are, when the server was started and when its settings were read.
pub(super) const SERVER: &str = "\
SELECT version() AS version, current_setting('server_version_num') AS number,
       current_setting('transaction_read_only') AS read_only, current_user AS role,
       pg_is_in_recovery() AS is_replica,
       extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) AS uptime,
       extract(epoch FROM clock_timestamp() - pg_conf_load_time()) AS loaded
FROM (SELECT 1) AS server";

/// Every session of a client, this one included.
pub(super) const SESSIONS: &str = "\
SELECT pid, datname, usename, application_name, client_addr, state, wait_event_type, wait_event,
       left(query, 2000) AS query, backend_type,
       pid = pg_backend_pid() AS is_own, backend_xid IS NOT NULL AS writes,
       extract(epoch FROM clock_timestamp() - backend_start) AS connected,
       extract(epoch FROM clock_timestamp() - xact_start) AS in_transaction,
       extract(epoch FROM clock_timestamp() - query_start) AS since_statement,
       extract(epoch FROM clock_timestamp() - state_change) AS in_state
FROM pg_stat_activity
WHERE backend_type IN ('client backend', 'autovacuum worker') OR backend_type IS NULL
ORDER BY backend_start LIMIT 5000";

/// Who waits for a lock, on what, behind whom, since when.
pub(super) const WAITING: &str = "\
SELECT waiting.pid, waiting.locktype, waiting.mode,
       (SELECT known.relation::regclass::text FROM pg_locks AS known
        WHERE known.pid = waiting.pid AND known.relation IS NOT NULL
          AND (known.locktype = 'tuple' OR NOT known.granted)
          AND known.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        LIMIT 1) AS relation,
       array_to_string(pg_blocking_pids(waiting.pid), ' ') AS blockers,
       extract(epoch FROM clock_timestamp()
         - coalesce((to_jsonb(waiting) ->> 'waitstart')::timestamptz, session.query_start)) AS waits
FROM pg_locks AS waiting LEFT JOIN pg_stat_activity AS session USING (pid)
WHERE NOT waiting.granted
ORDER BY waits DESC NULLS LAST LIMIT 500";

/// What is at work at this moment, and what it waits for.
pub(super) const ACTIVE: &str = "\
SELECT left(query, 2000) AS query, count(*) AS sessions,
       coalesce(wait_event_type || ':' || wait_event, 'CPU') AS wait
FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1, 3 ORDER BY 2 DESC LIMIT 200";

/// What every server is limited to, and what connections are kept for others.
pub(super) const LIMITS: &str = "\
SELECT name, setting FROM pg_settings
WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections',
               'autovacuum_freeze_max_age', 'deadlock_timeout')";

/// Settings that somebody set. Values only where they can't be secrets or paths.
pub(super) const SETTINGS: &str = "\
SELECT name, source, pending_restart, unit,
       CASE WHEN vartype IN ('bool', 'integer', 'real', 'enum') THEN setting END AS value,
       CASE WHEN vartype IN ('bool', 'integer', 'real', 'enum') THEN boot_val END AS usual
FROM pg_settings
WHERE pending_restart
   OR setting IS DISTINCT FROM boot_val AND source NOT IN ('default', 'override', 'client', 'session')
ORDER BY pending_restart DESC, name LIMIT 300";

/// Counters of each database since its statistics were reset.
pub(super) const DATABASES: &str = "\
SELECT known.datname, known.datconnlimit, age(known.datfrozenxid) AS age, told.numbackends,
       told.xact_commit, told.xact_rollback, told.blks_read, told.blks_hit, told.temp_files,
       told.temp_bytes, told.deadlocks, told.tup_returned, told.tup_fetched, told.conflicts
FROM pg_database AS known LEFT JOIN pg_stat_database AS told ON told.datid = known.oid
WHERE known.datallowconn
ORDER BY told.numbackends DESC NULLS LAST, known.datname LIMIT 100";

/// Roles with a limit of their own.
pub(super) const ROLES: &str = "\
SELECT role.rolname, role.rolconnlimit, count(session.pid) AS sessions
FROM pg_roles AS role LEFT JOIN pg_stat_activity AS session ON session.usename = role.rolname
WHERE role.rolconnlimit >= 0 AND role.rolcanlogin
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 100";

/// Who follows this server, and how far behind.
pub(super) const FOLLOWERS: &str = "\
SELECT application_name, client_addr, state, sync_state, extract(epoch FROM replay_lag) AS lag,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                            ELSE pg_current_wal_lsn() END, replay_lsn) AS bytes
FROM pg_stat_replication ORDER BY 1, 2 LIMIT 100";

/// What is kept for those who follow.
pub(super) const SLOTS: &str = "\
SELECT slot_name, slot_type, active, to_jsonb(slot) ->> 'wal_status' AS wal_status,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                            ELSE pg_current_wal_lsn() END, restart_lsn) AS bytes
FROM pg_replication_slots AS slot ORDER BY 1 LIMIT 100";

/// Whom a replica follows, and how far behind it is.
pub(super) const FOLLOWS: &str = "\
SELECT status, to_jsonb(receiver) ->> 'sender_host' AS host, to_jsonb(receiver) ->> 'sender_port' AS port
FROM pg_stat_wal_receiver AS receiver LIMIT 10";

/// How far behind a replica is: nothing where all that came is replayed.
pub(super) const LAG: &str = "\
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END AS lag
FROM (SELECT 1) AS replica WHERE pg_is_in_recovery()";

/// Checkpoints, up to version 16 and from 17.
pub(super) const CHECKPOINTS: &str = "\
SELECT checkpoints_timed AS timed, checkpoints_req AS requested FROM pg_stat_bgwriter";
pub(super) const CHECKPOINTS_17: &str = "\
SELECT num_timed AS timed, num_requested AS requested FROM pg_stat_checkpointer";

/// Whether statistics of statements are kept, in the database that we are connected with.
pub(super) const HAS_STATEMENTS: &str = "\
SELECT to_regclass('pg_stat_statements') IS NOT NULL AS is_there FROM (SELECT 1) AS statements";

/// The statements that took most time in all.
pub(super) const STATEMENTS: &str = "\
SELECT queryid AS id, left(min(query), 2000) AS query, sum(calls) AS calls,
       sum(total_exec_time) / 1000 AS seconds, sum(rows) AS rows
FROM pg_stat_statements WHERE queryid IS NOT NULL
GROUP BY queryid ORDER BY 4 DESC LIMIT 300";

/// What our role may, and what it needn't.
pub(super) const RIGHTS: &str = "\
SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
       pg_has_role('pg_monitor', 'USAGE') AS monitors,
       pg_has_role('pg_read_all_stats', 'USAGE') AS reads_statistics,
       pg_has_role('pg_read_all_settings', 'USAGE') AS reads_settings,
       pg_has_role('pg_write_server_files', 'USAGE') OR pg_has_role('pg_execute_server_program', 'USAGE')
         OR pg_has_role('pg_signal_backend', 'USAGE') AS acts,
       coalesce((SELECT bool_or(pg_has_role(oid, 'USAGE')) FROM pg_roles
                 WHERE rolname IN ('pg_read_all_data', 'pg_write_all_data')), false) AS reads_data,
       current_setting('server_version_num')::int >= 160000
         AND NOT coalesce((SELECT bool_or(pg_has_role(oid, 'USAGE')) FROM pg_roles
                           WHERE rolname = 'pg_use_reserved_connections'), false) AS may_be_shut_out
FROM pg_roles WHERE rolname = current_user";
