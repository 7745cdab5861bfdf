use async_trait::async_trait;
use futures::StreamExt as _;
use nightjar_connect::ErrorKind;
use sqlx::error::DatabaseError;
use sqlx::mysql::{
    MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow, MySqlSslMode,
};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Decode, MySql, Row as _, ValueRef as _,
};

use super::Mysql;
use crate::database::failure::Failure;
use crate::database::session::{label, pay};
use crate::database::{Ask, Refusal, Row, Sql, Tls, connected, driver};

/// Connects and makes the session one that can only read, by the server's own word.
pub(super) async fn open(mysql: &Mysql) -> Result<Ask, Failure> {
    let place = &mysql.place;
    let allowance = place.allowance();
    let session = connected(place, allowance, || async {
        let options = options(mysql);
        let mut connection =
            options.connect().await.map_err(|error| failure("to connect", &error))?;
        let read_only = "SET SESSION TRANSACTION READ ONLY";
        let set = sqlx::raw_sql(read_only).execute(&mut connection).await;
        set.map_err(|error| failure("to read only", &error))?;
        // A statement ends on the server, too, when nobody waits for it any more. Each of the two has a name of
        // its own for that, in a unit of its own, and doesn't know the other's.
        let seconds = place.server.limits.seconds;
        let names = [
            format!("SET SESSION max_statement_time = {seconds}"),
            format!("SET SESSION max_execution_time = {}", seconds * 1000),
        ];
        for set in names {
            match sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut connection).await {
                Ok(_) => break,
                Err(sqlx::Error::Database(_)) => {}
                Err(error) => return Err(failure("to end in time", &error)),
            }
        }
        // InnoDB writes times in the zone of the machine, whatever the server's own is.
        let waits = "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, wait_timeout = 60, time_zone = 'SYSTEM'";
        let set = sqlx::raw_sql(waits).execute(&mut connection).await;
        set.map_err(|error| failure("to wait for no locks", &error))?;
        Ok(Session(connection))
    });
    Ok(Ask::new(Box::new(session.await?), place.clone(), allowance))
}

fn options(mysql: &Mysql) -> MySqlConnectOptions {
    let server = &mysql.place.server;
    let mut options = MySqlConnectOptions::new()
        .host(&server.host)
        .port(mysql.place.port)
        .username(server.user.as_deref().unwrap_or_default())
        .ssl_mode(match server.tls {
            Tls::Verified => MySqlSslMode::VerifyIdentity,
            Tls::Encrypted => MySqlSslMode::Required,
            Tls::Off => MySqlSslMode::Disabled,
        })
        // Ages are differences of local times: the zone of the server's machine for all of them.
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .statement_cache_capacity(0)
        .disable_statement_logging();
    if server.password.is_some() {
        options = options.password(server.password());
    }
    if let Some(database) = &mysql.database {
        options = options.database(database);
    }
    match &server.ca_certificate {
        Some(pem) => options.ssl_ca_from_pem(pem.clone().into_bytes()),
        None => options,
    }
}

struct Session(MySqlConnection);

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
fn read(row: &MySqlRow) -> (Row, usize) {
    let mut bytes = 0;
    let columns = row.columns().iter().filter_map(|column| {
        let value = row.try_get_raw(column.ordinal()).ok().filter(|value| !value.is_null())?;
        let value = <&[u8] as Decode<MySql>>::decode(value).ok()?;
        bytes += value.len();
        Some((column.name().to_owned(), String::from_utf8_lossy(value).into_owned()))
    });
    let row = Row::new(columns);
    (row, bytes)
}

fn failure(asked: &str, error: &sqlx::Error) -> Failure {
    driver(asked, error, refusal)
}

/// What the server's numbers of errors mean for us.
fn refusal(told: &dyn DatabaseError) -> Refusal {
    let number =
        told.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
    let kind = match number {
        // Too many connections: of the server, of the user by its own limit, by the limit of all users.
        1040 | 1203 | 1226 => return Refusal::FULL,
        // Credentials and rights; the host is blocked or not allowed.
        1044 | 1045 | 1129 | 1130 | 1142 | 1143 | 1227 | 1370 | 1449 | 1698 | 1820 | 1862
        | 2061 | 3118 | 4151 => ErrorKind::Denied,
        1049 => ErrorKind::NotFound,
        // Ended by a limit of time, of MySQL and MariaDB; a lock that wasn't got.
        3024 | 1969 | 1205 | 3572 => ErrorKind::Timeout,
        // It stops, it was killed, it has no memory.
        1037 | 1038 | 1041 | 1053 | 1077 | 1078 | 1079 | 1080 | 1152 | 1184 | 1317 | 1927 => {
            ErrorKind::Unavailable
        }
        1153 | 1301 => ErrorKind::TooLarge,
        _ => match told.code().as_deref().and_then(|code| code.get(..2)) {
            Some("42" | "HY" | "22" | "25" | "0A") => ErrorKind::BadQuery,
            Some("28") => ErrorKind::Denied,
            Some("08" | "70") => ErrorKind::Unavailable,
            _ => ErrorKind::Protocol,
        },
    };
    Refusal::of(kind)
}
