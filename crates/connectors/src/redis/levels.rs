//! How it is now, as metrics by the names of the OpenTelemetry collector's receiver where it has them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, Statistic};

use super::open::{CONFIG, Client, INFO};
use super::told::{Facts, parts};
use crate::database::{Levels, Moment, Place};

/// How far apart counters are read for their present rate.
const BETWEEN: Duration = Duration::from_secs(1);

/// What stands in `INFO` as it is.
const LEVELS: &[(&str, &str, &str)] = &[
    ("redis.clients.connected", "{client}", "connected_clients"),
    ("redis.clients.blocked", "{client}", "blocked_clients"),
    ("redis.memory.used", "By", "used_memory"),
    ("redis.memory.rss", "By", "used_memory_rss"),
    ("redis.memory.peak", "By", "used_memory_peak"),
    ("redis.memory.fragmentation_ratio", "1", "mem_fragmentation_ratio"),
    ("redis.keys.evicted", "{key}", "evicted_keys"),
    ("redis.keys.expired", "{event}", "expired_keys"),
    ("redis.keyspace.hits", "{hit}", "keyspace_hits"),
    ("redis.keyspace.misses", "{miss}", "keyspace_misses"),
    ("redis.connections.received", "{connection}", "total_connections_received"),
    ("redis.connections.rejected", "{connection}", "rejected_connections"),
    ("redis.commands", "{ops}/s", "instantaneous_ops_per_sec"),
    ("redis.commands.processed", "{command}", "total_commands_processed"),
    ("redis.errors", "{error}", "total_error_replies"),
    ("redis.rdb.changes_since_last_save", "{change}", "rdb_changes_since_last_save"),
    ("redis.latest_fork", "us", "latest_fork_usec"),
    ("redis.slaves.connected", "{replica}", "connected_slaves"),
    ("redis.uptime", "s", "uptime_in_seconds"),
    ("redis.replication.link_down", "s", "master_link_down_since_seconds"),
    ("redis.replication.last_io", "s", "master_last_io_seconds_ago"),
];

/// Counters whose present rate is told beside their mean since the start: a usual one to hold it against.
const RATES: &[(&str, &str)] = &[
    ("redis.keys.evicted.rate", "evicted_keys"),
    ("redis.keys.expired.rate", "expired_keys"),
    ("redis.keyspace.hits.rate", "keyspace_hits"),
    ("redis.keyspace.misses.rate", "keyspace_misses"),
    ("redis.commands.rate", "total_commands_processed"),
    ("redis.errors.rate", "total_error_replies"),
    ("redis.connections.received.rate", "total_connections_received"),
    ("redis.connections.rejected.rate", "rejected_connections"),
];

pub(super) async fn tell(
    mut client: Client,
    place: Arc<Place>,
    query: Query,
) -> Result<Answer, Error> {
    let before = Facts::of_info(client.ask(INFO).await);
    let read_at = Timestamp::now();
    let moment = Moment::new(read_at, query.window);
    if let Some(note) = moment.note() {
        client.told.note(note);
        return client.told.answer(Content::Series(Vec::new()), None);
    }
    let mut settings = Facts::default();
    settings.add(client.ask(CONFIG).await);
    let mut levels = Levels::new(place.names.entity.clone());
    let most = before.number("maxclients").or(settings.number("maxclients"));
    levels.add("redis.clients.max", "{client}", &[], most.and_then(|most| moment.now(most)));
    // Without a limit the machine's memory is the limit, which is the host's own metric.
    let memory =
        before.number("maxmemory").or(settings.number("maxmemory")).filter(|most| *most > 0.0);
    levels.add("redis.maxmemory", "By", &[], memory.and_then(|most| moment.now(most)));
    for (name, unit, fact) in LEVELS {
        let level = before.number(fact).and_then(|level| moment.now(level));
        levels.add(name, unit, &[], level);
    }
    if client.pause(BETWEEN).await
        && let Ok(after) = client.quietly(INFO).await
    {
        let after = Facts::of_info(Some(after));
        let seconds = Timestamp::now().duration_since(read_at).as_secs_f64().max(0.001);
        rates(&before, &after, seconds, &moment, &mut levels);
    }
    for (number, replica) in before.beginning("slave") {
        let told = parts(replica, ',');
        let Some(lag) = told.get("lag").and_then(|lag| lag.parse::<f64>().ok()) else { continue };
        let address =
            format!("{}:{}", told.get("ip").unwrap_or(&"?"), told.get("port").unwrap_or(&"?"));
        let attributes = [("replica", number), ("address", &*address)];
        levels.add("redis.replica.last_ack", "s", &attributes, moment.now(lag));
    }
    for (number, keys) in before.beginning("db") {
        let told = parts(keys, ',');
        for (name, part) in [("redis.db.keys", "keys"), ("redis.db.expires", "expires")] {
            let level = told
                .get(part)
                .and_then(|count| count.parse().ok())
                .and_then(|count| moment.now(count));
            levels.add(name, "{key}", &[("db", number)], level);
        }
    }
    let (series, cut) = levels.finish(query.limit);
    client.told.answer(Content::Series(series), cut)
}

fn rates(before: &Facts, after: &Facts, seconds: f64, moment: &Moment, levels: &mut Levels) {
    let uptime = before.number("uptime_in_seconds").unwrap_or(0.0);
    for (name, fact) in RATES {
        let Some((then, now)) = before.number(fact).zip(after.number(fact)) else { continue };
        let rate = moment.now((now - then).max(0.0) / seconds);
        levels.add_as(Statistic::Mean, name, "1/s", &[("basis", "now")], rate);
        let usual = (uptime > 60.0).then(|| then / uptime).and_then(|usual| moment.now(usual));
        levels.add_as(Statistic::Mean, name, "1/s", &[("basis", "since the start")], usual);
    }
}
