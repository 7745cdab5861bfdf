//! A PostgreSQL for tests: found or started once per machine, an empty database per test.
//!
//! `NIGHTJAR_TEST_POSTGRES` (the URL of a superuser) names a server to use. Without it the programs
//! of the Debian package are looked for, and one server is started in a temporary folder: the first
//! test that asks starts it, all others of this run and of later ones use it. It listens on loopback
//! with a password of its own and forgets everything in a crash (`fsync=off`).
//!
//! *Doesn't know* what is stored, and has no driver: it only runs PostgreSQL's own programs.

mod programs;
mod server;
mod shared;

use std::sync::atomic::{AtomicU32, Ordering};

pub use server::Server;

use programs::Programs;

/// An empty database of its own; dropped with this value.
pub struct Database {
    /// `postgres://…`, of a superuser.
    pub url: String,
    admin: String,
    name: String,
    programs: Programs,
}

/// A database for one test. `None`, with the reason printed, where there is no PostgreSQL.
pub fn database() -> Option<Database> {
    match create() {
        Ok(database) => Some(database),
        Err(reason) => {
            skipped(&reason);
            None
        }
    }
}

fn create() -> Result<Database, String> {
    let programs = Programs::find()?;
    let admin = match std::env::var("NIGHTJAR_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => url,
        _ => shared::url(&programs)?,
    };
    create_in(programs, admin)
}

fn create_in(programs: Programs, admin: String) -> Result<Database, String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let random = programs::random(8)?;
    let name = format!("nightjar_{}_{number}_{random}", std::process::id());
    programs.run("createdb", &["--maintenance-db", &admin, "-T", "template0", &name])?;
    let url = replace_database(&admin, &name)?;
    Ok(Database { url, admin, name, programs })
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that stays does no harm; the next fresh server doesn't have it.
        let arguments = ["--maintenance-db", &self.admin, "--force", "--if-exists", &self.name];
        let _ = self.programs.run("dropdb", &arguments);
    }
}

/// The same server's URL with another database.
fn replace_database(url: &str, name: &str) -> Result<String, String> {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    let wrong = || "NIGHTJAR_TEST_POSTGRES isn't `postgres://user@host/database`".to_owned();
    let (scheme, rest) = base.split_once("://").ok_or_else(wrong)?;
    let host = rest.split('/').next().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    Ok(format!("{scheme}://{host}/{name}{query}"))
}

#[expect(clippy::print_stderr, reason = "a test that was skipped has to be seen in the output")]
pub(crate) fn skipped(reason: &str) {
    eprintln!("skipped: no PostgreSQL: {reason}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_database_is_replaced_and_nothing_else() {
        let url = "postgres://me:secret@127.0.0.1:5432/postgres?sslmode=disable";
        assert_eq!(
            replace_database(url, "x").unwrap(),
            "postgres://me:secret@127.0.0.1:5432/x?sslmode=disable"
        );
        assert_eq!(replace_database("postgres://h", "x").unwrap(), "postgres://h/x");
        assert!(replace_database("postgres", "x").is_err());
    }

    #[test]
    fn two_tests_get_two_databases() {
        let Some(one) = database() else { return };
        let Some(two) = database() else { return };
        assert_ne!(one.url, two.url);
    }
}
