use nightjar_connect::{Error, Health};

use super::server::told;
use super::sql;
use crate::database::{Ask, Row};

/// Rights that let somebody do more than look.
const TOO_WIDE: &[&str] = &[
    "ALL PRIVILEGES",
    "SUPER",
    "INSERT",
    "UPDATE",
    "DELETE",
    "DROP",
    "CREATE",
    "ALTER",
    "FILE",
    "SHUTDOWN",
    "RELOAD",
    "GRANT OPTION",
    "EXECUTE",
    "CONNECTION ADMIN",
    "CONNECTION_ADMIN",
];

/// Which rights are missing, and which are too wide.
pub(super) async fn health(mut ask: Ask) -> Result<Health, Error> {
    let about = told(&mut ask).await?;
    let grants: Vec<String> = ask.quietly(sql::GRANTS).await?.iter().filter_map(grant).collect();
    let has = |right: &str| {
        grants
            .iter()
            .any(|grant| rights(grant).any(|known| known == right || known == "ALL PRIVILEGES"))
    };
    let mut notes = Vec::new();
    let user = &about.user;
    if !has("PROCESS") {
        notes.push(format!(
            "sessions of others and locks aren't shown: GRANT PROCESS ON *.* TO {user}"
        ));
    }
    let follower = if about.is_mariadb { "SLAVE MONITOR" } else { "REPLICATION CLIENT" };
    let names = [follower, "REPLICA MONITOR", "REPLICATION CLIENT", "BINLOG MONITOR"];
    let may_follow = if about.is_mariadb {
        has("SLAVE MONITOR") || has("REPLICA MONITOR")
    } else {
        names.iter().any(|name| has(name))
    };
    if !may_follow {
        notes.push(format!("replication isn't shown: GRANT {follower} ON *.* TO {user}"));
    }
    if about.is_mysql_8()
        && !grants.iter().any(|grant| grant.contains("performance_schema"))
        && !has("SELECT")
    {
        notes.push(format!(
            "locks and statistics of statements aren't shown: GRANT SELECT ON performance_schema.* TO {user}"
        ));
    }
    let mut wide: Vec<&str> = TOO_WIDE
        .iter()
        .copied()
        .filter(|right| grants.iter().any(|grant| rights(grant).any(|known| known == *right)))
        .collect();
    if grants.iter().any(|grant| grant.contains("WITH GRANT OPTION")) {
        wide.push("GRANT OPTION");
    }
    if grants
        .iter()
        .any(|grant| rights(grant).any(|right| right == "SELECT") && grant.contains(" ON *.* "))
    {
        wide.push("SELECT on all tables");
    }
    if !wide.is_empty() {
        notes.push(format!("{user} has rights that aren't needed: {}", wide.join(", ")));
    }
    Ok(Health { system: about.system().to_owned(), version: Some(about.version), notes })
}

/// `GRANT … ON … TO …`; nothing of the password's hash that may follow.
fn grant(row: &Row) -> Option<String> {
    let text = row.first()?.to_owned();
    let upper = text.split(" IDENTIFIED ").next().unwrap_or_default();
    let option = if text.contains("WITH GRANT OPTION") { " WITH GRANT OPTION" } else { "" };
    Some(format!("{upper} {option}"))
}

/// The rights that a grant names.
fn rights(grant: &str) -> impl Iterator<Item = &str> {
    let list =
        grant.strip_prefix("GRANT ").and_then(|rest| rest.split(" ON ").next()).unwrap_or_default();
    list.split(',').map(str::trim)
}
