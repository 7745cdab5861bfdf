//! Prints the address of a new database, for scripts; nothing where PostgreSQL isn't installed.
//!
//! Nobody drops it afterwards: it goes with the shared server's folder.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let Some(database) = nightjar_pgtest::database() else { return Ok(()) };
    let printed = writeln!(std::io::stdout(), "{}", database.url);
    // Dropping it would drop the database before the script has used it.
    std::mem::forget(database);
    printed
}
