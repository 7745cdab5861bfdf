//! Stated: programs and platforms that name the fault themselves, in well-known words.
//!
//! Text is data: a phrase of the table is matched, nothing is interpreted. A phrase that was always
//! there is no news; one that was said and not repeated is context. A line may be an echo of
//! somebody's input, so lines without a severity of their own, or that quote the phrase, count
//! little (see [`Weight`]).

mod phrases;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightjar_incident::{
    ChangeKind, Content, Direction, EvidenceId, FaultMode, LogSeverity, ObservationKind, Onset,
    Signal, signal,
};
use nightjar_topology::{EntityId, RelationKind};

use self::phrases::{PHRASES, Phrase};
use super::gauge::latest;
use super::{About, Draft, View};
use crate::ledger::metrics;
use crate::thresholds as limit;

/// How much a line that holds a phrase is worth as a witness, in lines.
#[derive(Clone, Copy, PartialEq)]
struct Weight(f64);

impl Weight {
    /// A warning or an error of the program's own.
    const OWN: Self = Self(1.0);
    /// Somebody is quoted, or nobody says how bad it is.
    const ECHO: Self = Self(0.3);
}

/// What was said of one fault at one entity.
struct Said<'a> {
    before: f64,
    during: f64,
    weight: f64,
    first: Timestamp,
    last: Timestamp,
    example: &'a str,
    evidence: EvidenceId,
    /// What the entity calls and names in the lines.
    named: BTreeSet<EntityId>,
}

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "stated",
    kind: ObservationKind::Stated,
    measured: "lines and events that name a fault in well-known words",
    unit: "{line}",
    thresholds: &[limit::STATED_LINES, limit::STATED_RATE, limit::STATED_STALE, limit::POOL_WELL],
    method: "table of phrases; count over the root of a doubled Poisson variance",
    reason: "text is matched, never interpreted; a phrase that was always there is no news",
    means: "the system says itself what is wrong",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let index = Index::new();
    let mut said: BTreeMap<(EntityId, FaultMode), Said<'_>> = BTreeMap::new();
    let mut earliest: Option<Timestamp> = None;
    let mut note = |entity: &EntityId, at, mode, weight: Weight, text, evidence: &EvidenceId| {
        let entry = said.entry((entity.clone(), mode)).or_insert_with(|| Said {
            before: 0.0,
            during: 0.0,
            weight: 0.0,
            first: at,
            last: at,
            example: text,
            evidence: evidence.clone(),
            named: BTreeSet::new(),
        });
        if is_of_callees(mode) {
            entry.named.extend(named(view, entity, text));
        }
        entry.first = entry.first.min(at);
        entry.last = entry.last.max(at);
        entry.weight += weight.0;
        if at < view.window.from {
            entry.before += 1.0;
        } else {
            entry.during += 1.0;
        }
    };
    for piece in view.case.evidence {
        match &piece.content {
            Content::Logs(lines) => {
                for line in lines.iter().filter(|line| line.at <= view.case.now) {
                    earliest = Some(earliest.map_or(line.at, |at| at.min(line.at)));
                    if let Some((mode, weight)) = read(&index, &line.body, line.severity) {
                        note(&line.entity, line.at, mode, weight, line.body.as_str(), &piece.id);
                    }
                }
            }
            Content::Changes(changes) => {
                let of_platform = changes.iter().filter(|change| {
                    change.kind == ChangeKind::Infrastructure && change.at <= view.case.now
                });
                for change in of_platform {
                    let Some((phrase, _)) = index.find(&change.summary) else { continue };
                    for entity in &change.entities {
                        let text = change.summary.as_str();
                        note(entity, change.at, phrase.mode, Weight::OWN, text, &piece.id);
                    }
                }
            }
            Content::Series(_) | Content::Spans(_) | Content::Inventory(_) | Content::Text(_) => {}
        }
    }
    said.into_iter()
        .filter_map(|((entity, mode), said)| draft(view, entity, mode, &said, earliest))
        .collect()
}

/// Whether those who meet a fault are those who call the place that has it.
fn is_of_callees(mode: FaultMode) -> bool {
    matches!(
        mode,
        FaultMode::DnsFailure
            | FaultMode::CertificateExpired
            | FaultMode::QuotaReached
            | FaultMode::Throttled
    )
}

/// Which of the entities that one calls a text names, as a word of its own.
fn named<'a>(
    view: &View<'a>,
    entity: &'a EntityId,
    text: &'a str,
) -> impl Iterator<Item = EntityId> + use<'a> {
    let topology = view.case.topology;
    let called = topology
        .dependencies(entity)
        .filter(|r| r.kind.is_request() || r.kind == RelationKind::Publishes);
    called.map(|relation| &relation.to).filter(|id| holds_word(text, id.as_str())).cloned()
}

/// Whether a name stands in a text without being part of a longer one.
fn holds_word(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(name).any(|(at, found)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// The fault a line names, and its worth as a witness.
fn read(index: &Index, body: &str, severity: LogSeverity) -> Option<(FaultMode, Weight)> {
    match severity {
        LogSeverity::Trace | LogSeverity::Debug | LogSeverity::Info => None,
        LogSeverity::Unspecified => index.find(body).map(|(phrase, _)| (phrase.mode, Weight::ECHO)),
        LogSeverity::Warn | LogSeverity::Error | LogSeverity::Fatal => {
            let (phrase, quoted) = index.find(body)?;
            Some((phrase.mode, if quoted { Weight::ECHO } else { Weight::OWN }))
        }
    }
}

fn draft(
    view: &View<'_>,
    entity: EntityId,
    mode: FaultMode,
    said: &Said<'_>,
    earliest: Option<Timestamp>,
) -> Option<Draft> {
    let minutes = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64() / 60.0;
    let quoted: String = said.example.chars().take(160).collect();
    let name = mode.row().name;
    let onset = Onset { at: said.first, earliest: said.first, latest: said.first };
    let mut all = said.named.iter();
    let peer = all.next().filter(|_| all.next().is_none()).cloned();
    let mut draft = Draft {
        entity: entity.clone(),
        peer,
        kind: ObservationKind::Stated,
        signal: None,
        stated: Some(mode),
        direction: Direction::Appeared,
        onset: Some(onset),
        usual: 0.0,
        seen: said.before + said.during,
        unit: "{line}".to_owned(),
        z: 0.0,
        summary: format!("`{entity}` states {name}: {quoted}"),
        evidence: vec![said.evidence.clone()],
    };
    let silent = minutes(said.last, view.case.now);
    if silent > limit::STATED_STALE.value {
        draft.direction = Direction::Steady;
        draft.summary =
            format!("`{entity}` stated {name} {silent:.0} minutes ago and not since: {quoted}");
        return Some(draft);
    }
    if gauge_is_fine(view, &draft.entity, mode, said.last) {
        draft.direction = Direction::Steady;
        draft.summary =
            format!("`{entity}` stated {name}, and what is measured of it is fine since: {quoted}");
        return Some(draft);
    }
    // How often it was said before the window, where lines were recorded then.
    let recorded = earliest.map_or(0.0, |at| minutes(at, view.window.from)).max(0.0);
    let lasts = minutes(view.window.from, view.case.now).max(1.0);
    let expected = if recorded > lasts { said.before / recorded * lasts } else { 0.0 };
    let always = said.before > 0.0
        && recorded > lasts
        && minutes(said.first, view.window.from) > 0.8 * recorded;
    if always && said.during < limit::STATED_RATE.value * expected.max(1.0) {
        return None;
    }
    draft.usual = expected;
    // Lines come in bunches: a doubled Poisson variance, as for other log lines.
    draft.z = said.weight / (2.0 * expected.max(0.5)).sqrt() * limit::GAUGE_Z.value
        / limit::STATED_LINES.value;
    Some(draft)
}

/// Whether what the statement is about was measured after it, and is well: then it is over.
fn gauge_is_fine(view: &View<'_>, entity: &EntityId, mode: FaultMode, said: Timestamp) -> bool {
    let wanted: &[Signal] = match mode {
        FaultMode::DiskFull => &[Signal::DiskFree, Signal::DiskUtilization],
        FaultMode::ReplicationLag => &[Signal::ReplicationLag],
        FaultMode::ConnectionPoolExhausted => &[Signal::PoolUsage],
        _ => return false,
    };
    let most = latest(view, Signal::PoolLimit).get(entity).copied();
    let size = latest(view, Signal::DiskSize).get(entity).copied();
    let mut fine = false;
    for (_, series) in metrics(view.case.evidence) {
        let signal = signal::of(series);
        if series.entity != *entity || !wanted.contains(&signal) {
            continue;
        }
        let until = series.column.between(i64::MIN, view.case.now.as_millisecond() + 1);
        let finite = || until.samples().filter(|(_, value)| value.is_finite());
        let Some((at, level)) = finite().next_back() else { continue };
        let highest = finite().map(|(_, value)| value).fold(f64::MIN, f64::max);
        let is_well = match signal {
            Signal::DiskUtilization => level < limit::DISK_FULL.value,
            Signal::DiskFree => {
                level > 2.0 * (1.0 - limit::DISK_FULL.value) * size.unwrap_or(highest)
            }
            Signal::ReplicationLag => level < limit::LAG_NOTABLE.value,
            _ => level < limit::POOL_WELL.value * most.unwrap_or(highest),
        };
        if at <= said.as_millisecond() || !is_well {
            return false;
        }
        fine = true;
    }
    fine
}

/// The phrases by their first byte, so that a line is read once.
struct Index {
    by_first: Vec<Vec<&'static Phrase>>,
}

impl Index {
    fn new() -> Self {
        let mut by_first: Vec<Vec<&'static Phrase>> = vec![Vec::new(); 256];
        for phrase in PHRASES {
            let first = phrase.text.bytes().next().map(usize::from);
            if let Some(list) = first.and_then(|first| by_first.get_mut(first)) {
                list.push(phrase);
            }
        }
        Self { by_first }
    }

    /// The first phrase of the table that a text holds, and whether it stands in quotes.
    fn find(&self, text: &str) -> Option<(&'static Phrase, bool)> {
        let bytes = text.as_bytes();
        let mut best: Option<(usize, &'static Phrase, bool)> = None;
        let mut quoted = false;
        for (start, byte) in bytes.iter().enumerate() {
            if *byte == b'"' {
                quoted = !quoted;
            }
            let Some(list) = self.by_first.get(usize::from(byte.to_ascii_lowercase())) else {
                continue;
            };
            let rest = bytes.get(start..).unwrap_or_default();
            for phrase in list {
                if starts_with(rest, phrase.text) && holds(bytes, phrase.and) {
                    let place = PHRASES.iter().position(|p| std::ptr::eq(p, *phrase));
                    let place = place.unwrap_or(usize::MAX);
                    if best.is_none_or(|(known, _, _)| place < known) {
                        best = Some((place, phrase, quoted));
                    }
                }
            }
        }
        best.map(|(_, phrase, quoted)| (phrase, quoted))
    }
}

fn starts_with(bytes: &[u8], phrase: &str) -> bool {
    bytes.get(..phrase.len()).is_some_and(|head| head.eq_ignore_ascii_case(phrase.as_bytes()))
}

fn holds(bytes: &[u8], part: &str) -> bool {
    part.is_empty()
        || bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Option<FaultMode> {
        read(&Index::new(), body, LogSeverity::Error).map(|(mode, _)| mode)
    }

    #[test]
    fn the_words_of_many_systems_name_the_same_fault() {
        let dns = [
            "Error: getaddrinfo ENOTFOUND db.internal",
            "java.net.UnknownHostException: db.internal",
            "dial tcp: lookup db.internal on 10.0.0.10:53: no such host",
            "[Errno -3] Temporary failure in name resolution",
        ];
        for line in dns {
            assert_eq!(names(line), Some(FaultMode::DnsFailure), "{line}");
        }
        assert_eq!(names("write /var/lib/x: No space left on device"), Some(FaultMode::DiskFull));
        assert_eq!(
            names("Back-off restarting failed container app in pod app-1"),
            Some(FaultMode::CrashLoop)
        );
        assert_eq!(names("Back-off pulling image \"app:1\""), Some(FaultMode::ImagePullFailure));
        assert_eq!(names("payment declined"), None);
    }

    #[test]
    fn an_echo_weighs_less_than_a_programs_own_words() {
        let index = Index::new();
        let own = read(&index, "pg: deadlock detected", LogSeverity::Error);
        let echo = read(&index, "search for \"deadlock detected\" failed", LogSeverity::Error);
        assert!(own.is_some_and(|(_, weight)| weight == Weight::OWN));
        assert!(echo.is_some_and(|(_, weight)| weight == Weight::ECHO));
        assert!(read(&index, "q=deadlock detected", LogSeverity::Info).is_none());
    }

    #[test]
    fn a_name_within_a_longer_one_is_not_named() {
        let line = "call to stock-db failed: limit exceeded";
        assert!(holds_word(line, "stock-db") && !holds_word(line, "stock"));
        assert!(!holds_word(line, "db"));
    }

    #[test]
    fn phrases_are_in_lower_case() {
        for phrase in PHRASES {
            assert_eq!(phrase.text, phrase.text.to_ascii_lowercase());
            assert_eq!(phrase.and, phrase.and.to_ascii_lowercase());
        }
    }
}
