use std::str::FromStr as _;

use async_trait::async_trait;
use futures::StreamExt as _;
use nightjar_connect::{Error, ErrorKind};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions as _, Row as _, ValueRef as _};

use super::Postgresql;
use crate::database::failure::Failure;
use crate::database::session::{label, pay};
use crate::database::{Ask, Refusal, Row, Sql, Tls, connected, driver};

/// Connects and makes the session one that can only read, by the server's own word.
pub(super) async fn open(postgresql: &Postgresql) -> Result<Ask, Failure> {
    let place = &postgresql.place;
    let allowance = place.allowance();
    let session = connected(place, allowance, || async {
        let options = options(postgresql);
        let mut connection =
            options.connect().await.map_err(|error| failure("to connect", &error))?;
        // A statement ends on the server, too, when nobody waits for it any more.
        let most = place.server.limits.time().as_millis();
        let set = format!(
            "SET default_transaction_read_only = on; SET statement_timeout = {most}; \
             SET lock_timeout = 1000; SET idle_in_transaction_session_timeout = {most}; \
             SET client_min_messages = error; SET bytea_output = hex; SET DateStyle = ISO"
        );
        let set = sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut connection).await;
        set.map_err(|error| failure("to read only", &error))?;
        Ok(Session(connection))
    });
    let mut session = session.await?;
    let mut left = allowance.bytes;
    // A pooler in between may give each statement another session.
    let check = "SHOW transaction_read_only";
    let is_read_only = session.rows(check, &mut left).await?;
    if !is_read_only.first().is_some_and(|row| row.is("transaction_read_only")) {
        let message = "the session isn't read-only although it was set so: connect with the server itself, not \
                       with a pooler that shares sessions";
        return Err(Error::new(ErrorKind::Denied, check, message).into());
    }
    Ok(Ask::new(Box::new(session), place.clone(), allowance))
}

fn options(postgresql: &Postgresql) -> PgConnectOptions {
    let server = &postgresql.place.server;
    // From a URL without a password, so that no file of passwords is looked for; then everything is set, so that
    // nothing of the environment counts.
    let none = PgConnectOptions::from_str("postgres://localhost/");
    let options = none.unwrap_or_else(|_| PgConnectOptions::new_without_pgpass());
    let options = options
        .host(&server.host)
        .port(postgresql.place.port)
        .username(server.user.as_deref().unwrap_or_default())
        .password(server.password())
        .database(&postgresql.database)
        .application_name("nightjar")
        .ssl_mode(match server.tls {
            Tls::Verified => PgSslMode::VerifyFull,
            Tls::Encrypted => PgSslMode::Require,
            Tls::Off => PgSslMode::Disable,
        })
        .statement_cache_capacity(0)
        .disable_statement_logging();
    match &server.ca_certificate {
        Some(pem) => options.ssl_root_cert_from_pem(pem.clone().into_bytes()),
        None => options,
    }
}

struct Session(PgConnection);

#[async_trait]
impl Sql for Session {
    async fn rows(&mut self, sql: &'static str, left: &mut usize) -> Result<Vec<Row>, Failure> {
        let asked = label(sql);
        let mut found = Vec::new();
        let mut rows = sqlx::raw_sql(sql).fetch(&mut self.0);
        while let Some(row) = rows.next().await {
            let (row, bytes) = read(&row.map_err(|error| failure(&asked, &error))?);
            pay(&asked, found.len(), bytes, left)?;
            found.push(row);
        }
        Ok(found)
    }
}

/// A row as text, and how many bytes it has.
fn read(row: &PgRow) -> (Row, usize) {
    let mut bytes = 0;
    let columns = row.columns().iter().filter_map(|column| {
        let value = row.try_get_raw(column.ordinal()).ok().filter(|value| !value.is_null())?;
        let value = value.as_bytes().ok()?;
        bytes += value.len();
        Some((column.name().to_owned(), String::from_utf8_lossy(value).into_owned()))
    });
    let row = Row::new(columns);
    (row, bytes)
}

fn failure(asked: &str, error: &sqlx::Error) -> Failure {
    driver(asked, error, refusal)
}

/// What the server's codes (SQLSTATE) mean for us.
fn refusal(told: &dyn DatabaseError) -> Refusal {
    let code = told.code().unwrap_or_default();
    let kind = match code.as_ref() {
        "53300" => return Refusal::FULL,
        "57014" | "55P03" | "25P03" | "25P04" => ErrorKind::Timeout,
        "3D000" => ErrorKind::NotFound,
        "42501" | "0LP01" => ErrorKind::Denied,
        "54000" | "53200" => ErrorKind::TooLarge,
        code => match code.get(..2) {
            Some("28") => ErrorKind::Denied,
            Some("08" | "53" | "57" | "58" | "XX") => ErrorKind::Unavailable,
            Some("42" | "22" | "25" | "0A" | "55") => ErrorKind::BadQuery,
            _ => ErrorKind::Protocol,
        },
    };
    Refusal::of(kind)
}
