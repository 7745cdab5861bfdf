//! The wording of log lines: three formats, as three teams would write them.

use nightjar_incident::LogSeverity;

use super::{LogKind, failure, postgres};
use crate::dice::Dice;
use crate::system::{Node, System};
use crate::table::Ref;

/// A line's severity and text.
pub(super) fn render(
    kind: LogKind,
    system: &System,
    at: Ref<Node>,
    dice: &mut Dice,
) -> (LogSeverity, String) {
    let node = &system.nodes[at];
    if let LogKind::Database(line) = kind {
        return postgres::render(line, system, at, dice);
    }
    let (severity, logger, message) = message(kind, system, at, dice);
    let body = match at.place() % 3 {
        0 => plain(severity, logger, &message, dice),
        1 => key_value(severity, logger, &message, node, dice),
        _ => json(severity, logger, &message, node, dice),
    };
    (severity, body)
}

fn message(
    kind: LogKind,
    system: &System,
    at: Ref<Node>,
    dice: &mut Dice,
) -> (LogSeverity, &'static str, String) {
    use LogSeverity::{Error, Info, Warn};
    let node = &system.nodes[at];
    match kind {
        LogKind::Answered { duration, is_ok } => {
            let status = if is_ok { 200 } else { 500 };
            let millis = duration * 1000.0;
            let order = 10_000 + dice.below(900_000);
            let text =
                format!("{} order={order} status={status} took {millis:.0} ms", node.operation);
            (Info, "http.access", text)
        }
        LogKind::OrdinaryError => {
            let order = 10_000 + dice.below(900_000);
            (
                Error,
                "app.Handler",
                format!(
                    "could not validate request for order {order}: missing field `postal_code`"
                ),
            )
        }
        LogKind::Defect => {
            let order = 10_000 + dice.below(900_000);
            let row = 80 + dice.below(4);
            let name = class_name(node);
            let text = format!(
                "unhandled exception for order {order}\n\
                 java.lang.IllegalStateException: unexpected null in field `discount` of order {order}\n\
                 \tat com.example.{name}.PriceRules.apply(PriceRules.java:{row})\n\
                 \tat com.example.{name}.Handler.process(Handler.java:41)\n\
                 \tat com.example.{name}.Server.dispatch(Server.java:17)"
            );
            (Error, "app.Handler", text)
        }
        LogKind::Retrying { to, error, attempts } => {
            let to = &system.nodes[to];
            let text = format!(
                "attempt {attempts} to call {} failed: {}; will retry",
                to.entity.id,
                failure::reason(error, to, at.place(), dice)
            );
            (Warn, "client.Retry", text)
        }
        LogKind::CallFailed { to, error, after } => {
            let to = &system.nodes[to];
            let millis = after * 1000.0;
            let text = format!(
                "call to {} failed after {millis:.0} ms: {}",
                to.entity.id,
                failure::reason(error, to, at.place(), dice)
            );
            (Error, "client.Call", text)
        }
        LogKind::PoolTimeout => {
            let (size, timeout) = match &node.pool {
                Some(pool) => (pool.size, pool.timeout * 1000.0),
                None => (0, 0.0),
            };
            let waiting = dice.below(40);
            let text = format!(
                "timeout waiting for connection from pool after {timeout:.0}ms (total={size}, active={size}, idle=0, waiting={waiting})"
            );
            (Error, "db.Pool", text)
        }
        LogKind::Overloaded => (
            Warn,
            "http.Server",
            format!(
                "request rejected: {} workers busy, backlog of {} full",
                node.workers, node.backlog
            ),
        ),
        LogKind::Killed => {
            let (limit, used) = match &node.memory {
                Some(memory) => (memory.limit / 1024.0, memory.limit / 1024.0 + 1024.0),
                None => (0.0, 0.0),
            };
            let process = 1000 + dice.below(30_000);
            (
                Error,
                "kernel",
                format!(
                    "Memory cgroup out of memory: Killed process {process} \
                     (java) total-vm:{used:.0}kB, limit {limit:.0}kB, reason OOMKilled"
                ),
            )
        }
        LogKind::Started => {
            let process = 1000 + dice.below(30_000);
            let pool = node
                .pool
                .as_ref()
                .map_or(String::new(), |pool| format!(", maximumPoolSize={}", pool.size));
            (
                Info,
                "app.Main",
                format!(
                    "started {} version {} with pid {process}{pool}",
                    node.entity.id, node.version
                ),
            )
        }
        LogKind::Misconfigured => (Error, "app.Settings", misconfigured(node, dice)),
        LogKind::HostError => {
            let block = dice.below(9_000_000);
            (Error, "app.Handler", format!("cannot read block {block}: Input/output error"))
        }
        LogKind::Poison => {
            // The same message each time, until somebody takes it away.
            let id = node
                .entity
                .id
                .as_str()
                .bytes()
                .fold(4711u64, |sum, byte| sum * 31 % 999_983 + u64::from(byte));
            (
                Error,
                "app.Consumer",
                format!(
                    "failed to process message id={id}: cannot deserialize field `amount`: \
                     unexpected token `NaN`; will be delivered again"
                ),
            )
        }
        // Written without the format of an application.
        LogKind::Database(line) => {
            let (severity, text) = postgres::render(line, system, at, dice);
            (severity, "postgres", text)
        }
        LogKind::Chatter => {
            let n = dice.below(900);
            let text = match dice.below(4) {
                0 => format!("refreshed {n} feature settings in {} ms", 3 + dice.below(40)),
                1 => format!("health check ok, {} threads idle", 8 + dice.below(24)),
                2 => format!("evicted {n} expired sessions"),
                _ => format!("exported {n} metric points to collector"),
            };
            (Info, "app.Background", text)
        }
    }
}

/// What a program says that finds a setting wrong.
fn misconfigured(node: &Node, dice: &mut Dice) -> String {
    let order = 10_000 + dice.below(900_000);
    let name = class_name(node);
    format!(
        "request {order} failed: invalid configuration: property `{name}.currency-table` has no value \
         for key `default`"
    )
}

fn word(severity: LogSeverity) -> &'static str {
    match severity {
        LogSeverity::Unspecified | LogSeverity::Info => "INFO",
        LogSeverity::Trace => "TRACE",
        LogSeverity::Debug => "DEBUG",
        LogSeverity::Warn => "WARN",
        LogSeverity::Error => "ERROR",
        LogSeverity::Fatal => "FATAL",
    }
}

fn plain(severity: LogSeverity, logger: &str, message: &str, dice: &mut Dice) -> String {
    let thread = 1 + dice.below(48);
    format!("{:<5} [worker-{thread}] {logger} - {message}", word(severity))
}

fn key_value(
    severity: LogSeverity,
    logger: &str,
    message: &str,
    node: &Node,
    dice: &mut Dice,
) -> String {
    let request = dice.hex(12);
    let level = word(severity).to_lowercase();
    let version = &node.version;
    format!("level={level} logger={logger} version={version} request_id={request} msg={message:?}")
}

fn json(
    severity: LogSeverity,
    logger: &str,
    message: &str,
    node: &Node,
    dice: &mut Dice,
) -> String {
    let request = dice.hex(8);
    serde_json::json!({
        "level": word(severity),
        "logger": logger,
        "service": node.entity.id.as_str(),
        "request_id": request,
        "message": message,
    })
    .to_string()
}

fn class_name(node: &Node) -> String {
    node.entity.id.as_str().chars().filter(|letter| letter.is_alphanumeric()).collect()
}
