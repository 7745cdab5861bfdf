use nightjar_connect::{Error, ErrorKind, Health};

use super::open::{CLIENTS, CONFIG, CONFIG_MORE, Client, INFO, LATENCY, NOT_NEEDED, SLOWLOG, WHO};
use super::resp::Reply;
use super::told::Facts;

/// Which rights are missing, and which are too wide.
pub(super) async fn health(mut client: Client) -> Result<Health, Error> {
    let info = Facts::of_info(Some(client.quietly(INFO).await?));
    let mut notes = Vec::new();
    let mut settings = Facts::default();
    for (words, right, what) in [
        (CONFIG, "+config|get", "limits aren't shown"),
        (SLOWLOG, "+slowlog|get", "slow commands aren't shown"),
        (CLIENTS, "+client|list", "who is connected isn't shown"),
        (LATENCY, "+latency|latest", "latency events aren't shown"),
    ] {
        match client.quietly(words).await {
            Ok(reply) if words == CONFIG => settings.add(Some(reply)),
            Ok(_) => {}
            Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::BadQuery) => {
                notes.push(format!("{what}: give the user {right} ({})", error.message));
            }
            Err(error) => return Err(error),
        }
    }
    settings.add(client.quietly(CONFIG_MORE).await.ok());
    if settings.number("slowlog-log-slower-than").is_some_and(|micros| micros < 0.0) {
        notes.push("the slow log is off (slowlog-log-slower-than -1)".to_owned());
    }
    let who = client.quietly(WHO).await.ok();
    if who.as_ref().and_then(Reply::text) == Some("default") {
        notes.push("the user `default` may do everything unless it was limited: make one that may only look".to_owned());
    }
    // A command that isn't in our list and that changes nothing: whoever may ask it may do more than is needed.
    if client.quietly(NOT_NEEDED).await.is_ok() {
        notes.push("the user may run more than is needed: begin its rules with -@all".to_owned());
    }
    let version = info.text("redis_version").map(str::to_owned);
    Ok(Health { system: "Redis".to_owned(), version, notes })
}
