use nightjar_connect::{Error, Health};

use super::sql;
use crate::database::Ask;

/// Which rights are missing, and which are too wide.
pub(super) async fn health(mut ask: Ask) -> Result<Health, Error> {
    let server = ask.quietly(sql::SERVER).await?.into_iter().next().unwrap_or_default();
    let rights = ask.quietly(sql::RIGHTS).await?.into_iter().next().unwrap_or_default();
    let mut notes = Vec::new();
    let role = server.text("role").unwrap_or("the role").to_owned();
    let mut say = |is: bool, note: String| {
        if is {
            notes.push(note);
        }
    };
    say(
        !rights.is("reads_statistics"),
        format!("`{role}` doesn't see what others do: GRANT pg_monitor TO {role}"),
    );
    say(
        rights.is("reads_statistics") && !rights.is("reads_settings"),
        format!("`{role}` doesn't see all settings: GRANT pg_monitor TO {role}"),
    );
    say(
        rights.is("rolsuper"),
        format!(
            "`{role}` is a superuser, which is far more than is needed: use a role with pg_monitor alone"
        ),
    );
    if !rights.is("rolsuper") {
        for (right, words) in [
            ("rolcreaterole", "may make roles (NOCREATEROLE)"),
            ("rolcreatedb", "may make databases (NOCREATEDB)"),
            ("rolreplication", "may replicate, and so read all data (NOREPLICATION)"),
            ("rolbypassrls", "bypasses row security (NOBYPASSRLS)"),
            (
                "acts",
                "may write files, run programs or end sessions of others (REVOKE pg_write_server_files, pg_execute_server_program, pg_signal_backend)",
            ),
            (
                "reads_data",
                "may read or write all tables (REVOKE pg_read_all_data, pg_write_all_data)",
            ),
        ] {
            say(rights.is(right), format!("`{role}` {words}: that isn't needed"));
        }
        say(
            rights.is("may_be_shut_out"),
            format!(
                "set reserved_connections and GRANT pg_use_reserved_connections TO {role}, so that it can ask when \
                 all connections are in use"
            ),
        );
    }
    let statements = ask.quietly(sql::HAS_STATEMENTS).await.unwrap_or_default();
    say(
        !statements.first().is_some_and(|row| row.is("is_there")),
        "pg_stat_statements isn't installed in this database: what statements usually take isn't known".to_owned(),
    );
    let version = server.text("version").and_then(|version| version.split(' ').nth(1));
    Ok(Health { system: "PostgreSQL".to_owned(), version: version.map(str::to_owned), notes })
}
