//! Looks into a database in its own language.

use nightjar_incident::{Phase, PlanStep};
use nightjar_topology::{Entity, EntityKind};

use crate::case::Case;
use crate::platform::Platform;
use crate::shell::Command;
use crate::step::read;

/// Which language a database speaks, as far as its attributes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    PostgreSql,
    MySql,
    /// Another one, or nobody told.
    Unknown,
}

impl Engine {
    /// Reads the engine off OpenTelemetry's attributes, or the provider's.
    pub(crate) fn of(entity: &Entity) -> Self {
        let keys = ["db.system.name", "db.system", "aws.rds.engine", "engine"];
        let told = keys.iter().find_map(|key| entity.attributes.get(*key));
        let told = told.map(|engine| engine.to_lowercase()).unwrap_or_default();
        if told.contains("postgres") {
            Self::PostgreSql
        } else if told.contains("mysql") || told.contains("mariadb") {
            Self::MySql
        } else {
            Self::Unknown
        }
    }
}

/// The same request in the languages we know. Neither text holds a single quote, so that it fits
/// into one pair of them on a command line.
#[derive(Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) postgresql: &'static str,
    pub(crate) mysql: &'static str,
}

impl Sql {
    /// As a command, where the engine is told.
    pub(crate) fn command(self, case: &Case<'_>) -> Option<String> {
        let (client, last, text) = match Engine::of(&case.entity) {
            Engine::PostgreSql => ("psql", "--command", self.postgresql),
            Engine::MySql => ("mysql", "--execute", self.mysql_at(&case.platform)),
            Engine::Unknown => return None,
        };
        let command = Command::new(client).words("--host");
        let command = match case.entity.attributes.get("server.address") {
            Some(address) => command.value(address),
            None => command.words("DATABASE_HOST"),
        };
        let command = match (client, case.entity.attributes.get("db.namespace")) {
            ("psql", Some(database)) => command.words("--dbname").value(database),
            ("psql", None) => command.words("--dbname DATABASE"),
            (_, _) => command,
        };
        command.words(last).quoted(text).finish()
    }

    /// RDS lets nobody end the sessions of others but by procedures of its own.
    fn mysql_at(self, platform: &Platform) -> &'static str {
        match (platform, self.mysql) {
            (Platform::Rds { .. }, KILL_QUERY) => "CALL mysql.rds_kill_query(PID)",
            (Platform::Rds { .. }, KILL) => "CALL mysql.rds_kill(PID)",
            (_, other) => other,
        }
    }

    /// Inside a sentence, where no command can be given: for the engines we know.
    pub(crate) fn words(self, case: &Case<'_>) -> String {
        let is_sql = matches!(case.entity.kind, EntityKind::Database | EntityKind::Unknown);
        if self.command(case).is_some() || !is_sql {
            return String::new();
        }
        format!(" PostgreSQL: `{}`. MySQL: `{}`.", self.postgresql, self.mysql)
    }

    /// The same at the primary of a copy, whose address isn't the copy's.
    pub(crate) fn look_at_primary(self, case: &Case<'_>, action: &str, expect: &str) -> PlanStep {
        let mut entity = case.entity.clone();
        entity.attributes.insert("server.address".into(), "PRIMARY_HOST".into());
        self.look(&case.of(entity), action, expect)
    }

    /// A step that asks it.
    pub(crate) fn look(
        self,
        case: &Case<'_>,
        action: impl AsRef<str>,
        expect: impl Into<String>,
    ) -> PlanStep {
        let action = format!("{}{}", action.as_ref(), self.words(case));
        read(Phase::CheckBefore, action, self.command(case), expect)
    }
}

/// Sessions, the oldest transaction first, with whom they wait for.
pub(crate) const SESSIONS: Sql = Sql {
    postgresql: "SELECT pid, usename, application_name, state, wait_event_type, now() - xact_start AS open_for, pg_blocking_pids(pid) AS waits_for, left(query, 80) FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start LIMIT 20",
    mysql: "SELECT waiting_pid, waiting_query, blocking_pid, blocking_query, wait_age FROM sys.innodb_lock_waits ORDER BY wait_started",
};

/// What runs now, the longest first.
pub(crate) const RUNNING: Sql = Sql {
    postgresql: "SELECT pid, usename, application_name, wait_event_type, now() - query_start AS runs_for, left(query, 80) FROM pg_stat_activity WHERE state = $$active$$ ORDER BY query_start LIMIT 20",
    mysql: "SELECT id, user, host, time, state, left(info, 80) FROM information_schema.processlist WHERE command = \"Query\" ORDER BY time DESC LIMIT 20",
};

/// Which statements took most time in all. Both count since their last reset.
pub(crate) const STATEMENTS: Sql = Sql {
    postgresql: "SELECT queryid, calls, round(total_exec_time) AS total_ms, round(mean_exec_time) AS mean_ms, rows, left(query, 80) FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 10",
    mysql: "SELECT query, exec_count, total_latency, avg_latency, rows_examined_avg FROM sys.statement_analysis LIMIT 10",
};

/// When the planner's figures of a table were taken, and how much changed since.
pub(crate) const STATISTICS_AGE: Sql = Sql {
    postgresql: "SELECT relname, n_live_tup, n_mod_since_analyze, n_dead_tup, last_analyze, last_autoanalyze FROM pg_stat_user_tables ORDER BY n_mod_since_analyze DESC LIMIT 10",
    mysql: "SELECT database_name, table_name, last_update, n_rows FROM mysql.innodb_table_stats ORDER BY last_update LIMIT 10",
};

/// What holds back the cleaning of the write-ahead or binary log.
pub(crate) const RETAINED_LOG: Sql = Sql {
    postgresql: "SELECT slot_name, slot_type, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) AS retained FROM pg_replication_slots",
    mysql: "SHOW BINARY LOGS",
};

/// How far a copy says it is behind.
pub(crate) const REPLICA: Sql = Sql {
    postgresql: "SELECT pg_is_in_recovery() AS is_copy, now() - pg_last_xact_replay_timestamp() AS behind",
    mysql: "SHOW REPLICA STATUS",
};

/// Which copies a primary has, and how far behind they are as far as it knows.
pub(crate) const REPLICAS: Sql = Sql {
    postgresql: "SELECT application_name, state, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) AS behind, write_lag, flush_lag, replay_lag FROM pg_stat_replication",
    mysql: "SHOW REPLICAS",
};

/// Connections by who holds them.
pub(crate) const CONNECTIONS: Sql = Sql {
    postgresql: "SELECT usename, application_name, state, count(*), max(now() - state_change) AS longest FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC",
    mysql: "SELECT user, command, count(*), max(time) FROM information_schema.processlist GROUP BY 1, 2 ORDER BY 3 DESC",
};

const KILL_QUERY: &str = "KILL QUERY PID";
const KILL: &str = "KILL PID";

/// Stops a statement and leaves its session.
pub(crate) const CANCEL: Sql =
    Sql { postgresql: "SELECT pg_cancel_backend(PID)", mysql: KILL_QUERY };

/// Ends a session; its open transaction is rolled back.
pub(crate) const TERMINATE: Sql =
    Sql { postgresql: "SELECT pg_terminate_backend(PID)", mysql: KILL };

/// Takes the planner's figures of a table again.
pub(crate) const ANALYZE: Sql =
    Sql { postgresql: "ANALYZE VERBOSE TABLE_NAME", mysql: "ANALYZE TABLE TABLE_NAME" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_end_the_quotes_around_it() {
        let all = [
            SESSIONS,
            RUNNING,
            STATEMENTS,
            STATISTICS_AGE,
            RETAINED_LOG,
            REPLICAS,
            REPLICA,
            CONNECTIONS,
            CANCEL,
            TERMINATE,
            ANALYZE,
        ];
        for sql in all {
            assert!(!sql.postgresql.contains('\'') && !sql.mysql.contains('\''));
            assert!(!sql.postgresql.contains('`') && !sql.mysql.contains('`'));
        }
    }
}
