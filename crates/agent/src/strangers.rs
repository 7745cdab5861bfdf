//! Names that the trail leads to and the topology doesn't know: the other end of a failed call, a host in
//! an error line.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use nightjar_incident::{Content, Evidence, LogSeverity, SpanStatus};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

/// A name that nobody in the topology goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stranger {
    pub(crate) name: EntityId,
    /// Who speaks of it.
    pub(crate) by: EntityId,
    /// How often, in failed calls and in errors.
    pub(crate) times: usize,
}

/// How often a name has to come up: once or twice is a typing error, or one user's trouble.
const FEW: usize = 3;

/// The most names that are looked up.
const MOST: usize = 5;

/// How much of a line is looked at, bytes.
const LINE: usize = 2_000;

/// The strangers in failed calls and error lines, the most frequent first.
pub(crate) fn strangers(evidence: &[Evidence], topology: &Topology) -> Vec<Stranger> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for entity in topology.entities() {
        known.insert(entity.id.as_str().to_lowercase());
        known.extend(entity.aliases.iter().map(|alias| alias.to_lowercase()));
    }
    // A database at `db:5432` is also met as `db`.
    let hosts: BTreeSet<String> = known.iter().map(|name| without_port(name).to_owned()).collect();
    let is_known = |name: &str| {
        let name = name.to_lowercase();
        known.contains(&name) || hosts.contains(without_port(&name))
    };
    let mut found: BTreeMap<String, BTreeMap<&EntityId, usize>> = BTreeMap::new();
    for piece in evidence {
        match &piece.content {
            Content::Spans(spans) => {
                for span in spans.iter().filter(|span| span.status == SpanStatus::Error) {
                    if let Some(peer) = span.peer.as_ref().filter(|peer| !is_known(peer.as_str())) {
                        let by = found.entry(peer.as_str().to_owned()).or_default();
                        *by.entry(&span.entity).or_default() += 1;
                    }
                }
            }
            Content::Logs(lines) => {
                for line in lines.iter().filter(|line| line.severity >= LogSeverity::Error) {
                    for name in hosts_in(&line.body).into_iter().filter(|name| !is_known(name)) {
                        let by = found.entry(name).or_default();
                        *by.entry(&line.entity).or_default() += 1;
                    }
                }
            }
            Content::Series(_) | Content::Changes(_) | Content::Inventory(_) | Content::Text(_) => {
            }
        }
    }
    let mut strangers: Vec<Stranger> = found
        .into_iter()
        .filter_map(|(name, by)| {
            let times = by.values().sum();
            let most = by.into_iter().max_by_key(|(by, times)| (*times, std::cmp::Reverse(*by)));
            let name = EntityId::new(name).ok()?;
            Some(Stranger { name, by: most?.0.clone(), times })
        })
        .filter(|stranger| stranger.times >= FEW)
        .collect();
    strangers.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.name.cmp(&b.name)));
    strangers.truncate(MOST);
    strangers
}

/// Puts a stranger into the topology that somebody knew something about.
pub(crate) fn introduce(topology: &mut Topology, stranger: &Stranger) {
    topology.add(Entity::new(stranger.name.clone(), EntityKind::External));
    topology.relate(Relation {
        from: stranger.by.clone(),
        to: stranger.name.clone(),
        kind: RelationKind::Calls,
    });
}

/// The hosts that a line names, each once: `db.internal`, `10.0.0.7:5432`, what stands in an address.
fn hosts_in(line: &str) -> BTreeSet<String> {
    let line = line.get(..line.floor_char_boundary(LINE)).unwrap_or(line);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "._-:".contains(letter);
    line.split(|letter| !is_part(letter))
        .map(|word| word.trim_matches(|letter| "._-:".contains(letter)))
        .filter(|word| is_host(word))
        .map(str::to_lowercase)
        .collect()
}

/// Whether a word names a host and nothing else that has dots in it: a file, a class, a version.
fn is_host(word: &str) -> bool {
    let host = without_port(word);
    let has_port = host.len() < word.len();
    if host.contains(':') || host.len() > 253 {
        return false;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return !address.is_unspecified();
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            && !label.starts_with('-')
    };
    let is_word = |label: &&str| label.chars().all(|letter| letter.is_ascii_lowercase());
    let ends_well = labels.len() == 1 || labels.last().is_some_and(is_word);
    if !labels.iter().all(is_label) || !ends_well {
        return false;
    }
    // `connect: 8080` names no host, and neither does `App.java:42` or `orders.rs`.
    let ending = labels.last().copied().unwrap_or_default();
    let is_name = host.chars().any(|letter| letter.is_ascii_alphabetic());
    match labels.len() {
        1 => has_port && is_name && host.len() > 1 && host.chars().all(|c| !c.is_ascii_uppercase()),
        _ => has_port && !is_file(ending) || DOMAINS.contains(&ending),
    }
}

/// Endings of names of hosts in networks of one's own and in the internet: those that no file and no package
/// has.
const DOMAINS: [&str; 10] =
    ["internal", "local", "svc", "cluster", "lan", "com", "net", "org", "cloud", "dev"];

fn is_file(ending: &str) -> bool {
    const FILES: [&str; 14] =
        ["rs", "go", "py", "js", "ts", "java", "kt", "rb", "php", "cs", "cpp", "c", "h", "scala"];
    FILES.contains(&ending)
}

fn without_port(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use nightjar_incident::{EvidenceId, LogRecord, Source, SpaceId, Span, Window};

    use super::*;

    fn id(text: &str) -> EntityId {
        EntityId::new(text).unwrap()
    }

    fn evidence(content: Content) -> Evidence {
        let at = "2026-11-23T03:00:00Z".parse().unwrap();
        Evidence {
            id: EvidenceId::new("e"),
            space: SpaceId::new("s"),
            source: Source { connection: "c".into(), system: "c".into() },
            query: "q".into(),
            window: Window { from: at, to: at },
            taken_at: at,
            content,
            truncated: None,
            notes: Vec::new(),
        }
    }

    fn lines(body: &str, times: usize) -> Evidence {
        let line = LogRecord {
            at: "2026-11-23T03:00:00Z".parse().unwrap(),
            entity: id("orders"),
            severity: LogSeverity::Error,
            body: body.to_owned(),
            trace_id: None,
            span_id: None,
        };
        evidence(Content::Logs(vec![line; times]))
    }

    #[test]
    fn hosts_are_told_from_what_looks_like_them() {
        for (line, hosts) in [
            ("dial tcp 10.0.0.7:5432: connect: connection refused", &["10.0.0.7:5432"][..]),
            ("lookup db.internal on 10.0.0.10:53: no such host", &["10.0.0.10:53", "db.internal"]),
            ("POST https://pay.example.com/v1/charge: 503", &["pay.example.com"]),
            ("cannot reach redis-cache:6379", &["redis-cache:6379"]),
            ("at App.java:42 in com.example.shop.Cart (v1.2.3) of main.go:17", &[]),
            ("2026-11-23T03:00:00Z error: 42 of 7.5 at 12:30", &[]),
            ("\u{1b}[31m ignore all that; drop table x; --", &[]),
            ("0.0.0.0:80 a:1 X:9 :: :::: ...", &[]),
        ] {
            let found: Vec<String> = hosts_in(line).into_iter().collect();
            assert_eq!(found, hosts, "{line}");
        }
        assert!(hosts_in(&"é".repeat(5_000)).is_empty());
    }

    #[test]
    fn strangers_come_up_often_and_are_known_to_nobody() {
        let mut topology = Topology::default();
        let mut database = Entity::new(id("orders-db"), EntityKind::Database);
        database.aliases = vec!["10.0.0.7:5432".to_owned()];
        topology.add(database);
        topology.add(Entity::new(id("orders"), EntityKind::Service));
        let span = |peer: &str, status| Span {
            trace_id: "t".into(),
            span_id: "s".into(),
            parent_id: None,
            entity: id("orders"),
            peer: Some(id(peer)),
            operation: "GET".into(),
            start_nanos: 0,
            end_nanos: 1,
            status,
        };
        let spans = [
            vec![span("bank", SpanStatus::Error); 4],
            vec![span("mail", SpanStatus::Ok); 9],
            vec![span("orders-db", SpanStatus::Error); 9],
        ];
        let evidence = [
            evidence(Content::Spans(spans.concat())),
            lines("connect to 10.0.0.7:5432 failed", 9),
            lines("connect to 10.0.0.9:6379 failed", 5),
            lines("connect to 10.0.0.8:6379 failed", 2),
        ];
        let found = strangers(&evidence, &topology);
        let told: Vec<_> =
            found.iter().map(|s| (s.name.as_str(), s.by.as_str(), s.times)).collect();
        assert_eq!(told, [("10.0.0.9:6379", "orders", 5), ("bank", "orders", 4)]);
        introduce(&mut topology, &found[1]);
        assert_eq!(topology.kind(&id("bank")), EntityKind::External);
        assert_eq!(strangers(&evidence, &topology).len(), 1);
    }
}
