//! What is dated or stands now: slow commands, latency events, memory at its limit, persistence that fails,
//! clients at their limit, a link to the primary that is down.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, LogSeverity, Window};

use super::open::{CONFIG, Client, INFO, LATENCY, SLOWLOG};
use super::resp::Reply;
use super::told::{Facts, parts};
use crate::database::{Lines, Moment, Place, quoted};

/// How far apart counters are read: are keys evicted at this moment?
const BETWEEN: Duration = Duration::from_secs(1);

/// A replica that wasn't heard of for so long is worth a line, seconds.
const BEHIND: f64 = 30.0;

pub(super) async fn tell(
    mut client: Client,
    place: Arc<Place>,
    query: Query,
) -> Result<Answer, Error> {
    let info = Facts::of_info(client.ask(INFO).await);
    let read_at = Timestamp::now();
    let mut settings = Facts::default();
    settings.add(client.ask(CONFIG).await);
    let slow = client.ask(SLOWLOG).await;
    let latency = client.ask(LATENCY).await;
    let moment = Moment::new(read_at, query.window);
    let mut lines = Lines::default();
    // The server's clock is held against ours by the time that it tells itself.
    let skew = info.number("server_time_usec").map_or(SignedDuration::ZERO, |micros| {
        let server = Timestamp::from_microsecond(whole(micros)).unwrap_or(read_at);
        read_at.duration_since(server)
    });
    for entry in slow.as_ref().map(Reply::list).unwrap_or_default() {
        slow_command(entry, skew, query.window, &mut lines);
    }
    for event in latency.as_ref().map(Reply::list).unwrap_or_default() {
        latency_event(event, skew, query.window, &mut lines);
    }
    match moment.note() {
        Some(note) => client.told.note(note),
        None => {
            let mut later = None;
            if client.pause(BETWEEN).await {
                later = client.quietly(INFO).await.ok();
            }
            let later = later.map(|reply| Facts::of_info(Some(reply)));
            present(&info, later.as_ref(), &settings, &moment, &mut lines);
        }
    }
    let (lines, cut) = lines.finish(&place.names.entity, query.limit);
    client.told.answer(Content::Logs(lines), cut)
}

#[expect(clippy::cast_possible_truncation, reason = "a time in microseconds is far within 2^53")]
fn whole(number: f64) -> i64 {
    number as i64
}

/// The time that an entry bears, on our clock, where it lies within the window.
fn dated(entry: &[Reply], place: usize, skew: SignedDuration, window: Window) -> Option<Timestamp> {
    let at = Timestamp::from_second(entry.get(place)?.number()?).ok()?.checked_add(skew).ok()?;
    (window.from <= at && at < window.to).then_some(at)
}

/// An entry of the slow log: its number, time, duration in microseconds, the command, who sent it. Of the command
/// only its name and how many words it has: the rest is data.
fn slow_command(entry: &Reply, skew: SignedDuration, window: Window, lines: &mut Lines) {
    let entry = entry.list();
    let Some(took) = entry.get(2).and_then(Reply::number) else { return };
    let words = entry.get(3).map(Reply::list).unwrap_or_default();
    let name = words.first().and_then(Reply::text).unwrap_or("?").to_ascii_uppercase();
    let text =
        |place: usize| entry.get(place).and_then(Reply::text).filter(|text| !text.is_empty());
    let client =
        text(5).or(text(4)).map_or(String::new(), |client| format!(" for {}", quoted(client)));
    let milliseconds = f64::from(i32::try_from(took / 1000).unwrap_or(i32::MAX));
    let body = format!(
        "SLOWLOG: {} with {} arguments took {milliseconds} ms{client}, and everybody waited",
        quoted(&name),
        words.len().saturating_sub(1)
    );
    lines.add(dated(entry, 1, skew, window), LogSeverity::Warn, body);
}

/// An event of the latency monitor: name, time of the latest, its duration and the longest in milliseconds.
fn latency_event(event: &Reply, skew: SignedDuration, window: Window, lines: &mut Lines) {
    let event = event.list();
    let number = |place: usize| event.get(place).and_then(Reply::number).unwrap_or(0);
    let name = event.first().and_then(Reply::text).unwrap_or("?");
    let body = format!(
        "LATENCY: {} held everybody up for {} ms, at most for {} ms",
        quoted(name),
        number(2),
        number(3)
    );
    lines.add(dated(event, 1, skew, window), LogSeverity::Warn, body);
}

fn present(
    info: &Facts,
    later: Option<&Facts>,
    settings: &Facts,
    moment: &Moment,
    lines: &mut Lines,
) {
    let mut say = |severity, body: String| lines.add(moment.stamp(), severity, body);
    memory(info, later, &mut say);
    let most = info.number("maxclients").or(settings.number("maxclients"));
    if let Some((used, most)) =
        info.number("connected_clients").zip(most).filter(|(used, most)| used >= most)
    {
        let body =
            format!("INFO: {used} clients of {most} are connected: no more connections allowed");
        say(LogSeverity::Error, body);
    }
    let is_bad = |name: &str| info.text(name).is_some_and(|status| status != "ok");
    for (status, what) in [
        ("rdb_last_bgsave_status", "the last snapshot (RDB) failed"),
        ("aof_last_bgrewrite_status", "the last rewrite of the append-only file failed"),
        ("aof_last_write_status", "the last write to the append-only file failed"),
    ] {
        if is_bad(status) {
            let stops =
                "; writes may be refused (MISCONF): see the server's log for the disk's error";
            say(
                LogSeverity::Error,
                format!(
                    "INFO: {status} is {}: {what}{stops}",
                    quoted(info.text(status).unwrap_or("?"))
                ),
            );
        }
    }
    if info.text("loading") == Some("1") {
        say(
            LogSeverity::Error,
            "INFO: the data are being loaded from disk; commands are refused until then".to_owned(),
        );
    }
    if info.text("master_link_status") == Some("down") {
        let since = info.number("master_link_down_since_seconds");
        let since = since.map_or(String::new(), |since| format!(" for {since} s"));
        let primary = format!(
            "{}:{}",
            info.text("master_host").unwrap_or("?"),
            info.text("master_port").unwrap_or("?")
        );
        let body = format!(
            "INFO: the link to the primary {} is down{since}: this replica falls behind (falling behind)",
            quoted(&primary)
        );
        say(LogSeverity::Error, body);
    }
    for (number, replica) in info.beginning("slave") {
        let told = parts(replica, ',');
        let lag = told.get("lag").and_then(|lag| lag.parse::<f64>().ok());
        let state = told.get("state").copied().unwrap_or("?");
        if number.chars().all(|letter| letter.is_ascii_digit())
            && lag.is_some_and(|lag| lag >= BEHIND)
        {
            let body = format!(
                "INFO: replica {} is significantly behind: not heard of for {} s ({})",
                quoted(told.get("ip").unwrap_or(&"?")),
                lag.unwrap_or(0.0),
                quoted(state)
            );
            say(LogSeverity::Warn, body);
        }
    }
}

/// Memory at its limit: what happens then depends on the policy.
fn memory(info: &Facts, later: Option<&Facts>, say: &mut impl FnMut(LogSeverity, String)) {
    /// As near to the limit as it gets: Redis frees before a command, not behind it.
    const FULL: f64 = 0.98;
    let number = |name: &str| info.number(name).unwrap_or(0.0);
    let (used, most) = (number("used_memory"), number("maxmemory"));
    if most <= 0.0 || used < FULL * most {
        return;
    }
    let policy = info.text("maxmemory_policy").unwrap_or("?");
    let share = 100.0 * used / most;
    if policy == "noeviction" {
        let body = format!(
            "INFO: {share:.0} % of maxmemory is used and nothing may be evicted (noeviction): OOM, commands that \
             write are refused"
        );
        say(LogSeverity::Error, body);
        return;
    }
    let now = later
        .and_then(|later| later.number("evicted_keys"))
        .map(|now| now - number("evicted_keys"));
    let Some(evicted) = now.filter(|evicted| *evicted > 0.0) else { return };
    let usual = number("evicted_keys") / number("uptime_in_seconds").max(1.0);
    let body = format!(
        "INFO: {share:.0} % of maxmemory is used and {evicted:.0} keys were evicted within a second ({}), {usual:.1} \
         a second since the start",
        quoted(policy)
    );
    say(LogSeverity::Warn, body);
}
