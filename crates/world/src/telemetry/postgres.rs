//! The log of a PostgreSQL server, in its own words.

use nightjar_incident::LogSeverity;

use super::DatabaseLine;
use crate::dice::Dice;
use crate::system::{Node, System};
use crate::table::Ref;

/// A line of the server's log.
pub(super) fn render(
    line: DatabaseLine,
    system: &System,
    at: Ref<Node>,
    dice: &mut Dice,
) -> (LogSeverity, String) {
    let process = 1000 + dice.below(30_000);
    let transaction = 700_000 + dice.below(90_000);
    let database = system.nodes[at].entity.id.as_str().replace('-', "_");
    let (severity, text) = match line {
        DatabaseLine::NoSpace => (
            LogSeverity::Error,
            "ERROR:  could not extend file \"base/16384/24817\": No space left on device\n\
             HINT:  Check free disk space."
                .to_owned(),
        ),
        DatabaseLine::LockWait => (
            LogSeverity::Info,
            format!(
                "LOG:  process {process} still waiting for ShareLock on transaction {transaction} after 1000.{} ms\n\
                 CONTEXT:  while updating tuple ({},{}) in relation \"{database}_rows\"",
                100 + dice.below(900),
                dice.below(900),
                dice.below(90)
            ),
        ),
        DatabaseLine::LockTimeout => (
            LogSeverity::Error,
            format!(
                "ERROR:  canceling statement due to lock timeout\n\
                 CONTEXT:  while locking tuple ({},{}) in relation \"{database}_rows\"",
                dice.below(900),
                dice.below(90)
            ),
        ),
        DatabaseLine::Deadlock => (
            LogSeverity::Error,
            format!(
                "ERROR:  deadlock detected\n\
                 DETAIL:  Process {process} waits for ShareLock on transaction {transaction}; blocked by process {}.",
                1000 + dice.below(30_000)
            ),
        ),
        DatabaseLine::SlowStatement { from, duration } => {
            let table = system.nodes[from].entity.id.as_str().replace('-', "_");
            let millis = duration * 1000.0;
            (
                LogSeverity::Warn,
                format!(
                    "LOG:  duration: {millis:.3} ms  plan:\n\
                     Query Text: SELECT * FROM {table}_items WHERE customer_id = $1 AND state = $2\n\
                     Seq Scan on {table}_items  (cost=0.00..{}.00 rows={} width=212)",
                    180_000 + dice.below(9000),
                    1 + dice.below(40)
                ),
            )
        }
        DatabaseLine::Checkpoint => (
            LogSeverity::Info,
            format!(
                "LOG:  checkpoint complete: wrote {} buffers ({}.{}%); write={}.{} s, sync=0.{} s",
                20_000 + dice.below(90_000),
                10 + dice.below(60),
                dice.below(10),
                40 + dice.below(60),
                100 + dice.below(900),
                100 + dice.below(900)
            ),
        ),
        DatabaseLine::Failover => (
            LogSeverity::Warn,
            "LOG:  database system was interrupted; last known up before the failover; \
             database system is ready to accept connections"
                .to_owned(),
        ),
    };
    (severity, format!("[{process}] app@{database} {text}"))
}
