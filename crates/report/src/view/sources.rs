use std::collections::BTreeSet;

use nightjar_incident::{
    Change, Conclusion, Content, Evidence, Observation, ObservationKind, Signal,
};

use super::{Link, Material};
use crate::text::{Prose, anchor, shortened};
use crate::time::{clock, stamp};

/// How one number was obtained.
pub(crate) struct ObservationView {
    pub(crate) anchor: String,
    pub(crate) id: String,
    pub(crate) text: Prose,
    pub(crate) method: &'static str,
    pub(crate) measured: Prose,
    pub(crate) usual: String,
    pub(crate) seen: String,
    pub(crate) surprise: String,
    pub(crate) onset: Option<String>,
    pub(crate) from: Vec<Link>,
}

/// What a connection answered.
pub(crate) struct EvidenceView {
    pub(crate) anchor: String,
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) query: String,
    pub(crate) window: String,
    pub(crate) taken_at: String,
    pub(crate) answer: String,
    pub(crate) truncated: Option<String>,
    pub(crate) notes: Vec<String>,
}

/// More than this is a table for machines.
const MOST_OBSERVATIONS: usize = 60;
/// A query that names hundreds of entities is cut; the JSON holds all of it.
const LONGEST_QUERY: usize = 600;
const MOST_NOTES: usize = 8;

/// The observations the report speaks of: those that any hypothesis or the impact cites, then the
/// most surprising of the others.
pub(super) fn shown_observations(conclusion: &Conclusion) -> Vec<&Observation> {
    let mut cited = BTreeSet::new();
    for hypothesis in &conclusion.hypotheses {
        cited.extend(hypothesis.support.iter().chain(&hypothesis.against));
    }
    cited.extend(conclusion.impact.iter().flat_map(|impact| &impact.observations));
    let mut shown: Vec<&Observation> = conclusion.observations.iter().collect();
    shown.sort_by(|a, b| {
        let is_uncited = |o: &Observation| !cited.contains(&o.id);
        is_uncited(a).cmp(&is_uncited(b)).then(b.z.abs().total_cmp(&a.z.abs()))
    });
    shown.truncate(MOST_OBSERVATIONS);
    shown.sort_by_key(|observation| place(conclusion, observation));
    shown
}

/// The engine's own order, so that the ids run upwards.
fn place(conclusion: &Conclusion, observation: &Observation) -> usize {
    let at = conclusion.observations.iter().position(|other| other.id == observation.id);
    at.unwrap_or(usize::MAX)
}

/// Which test found it, in words a reader can check.
fn method(observation: &Observation) -> &'static str {
    use nightjar_incident::ObservationKind as Kind;
    match observation.kind {
        Kind::Latency => {
            "excess time against the usual level (median and MAD), onset by change point"
        }
        Kind::Errors => "failed requests against the usual rate (counts)",
        Kind::Traffic => "number of requests against the usual level",
        Kind::Saturation => "level against the limit and against the usual level",
        Kind::Throttling => "requests turned away against none or few",
        Kind::Backlog => "work waiting against the usual level",
        Kind::Restart => "restarts counted",
        Kind::NetworkGap => "caller's time on the edge minus the callee's own time",
        Kind::Logs => "log lines grouped by template: new ones, and rates",
        Kind::LogMix => "log lines by template, counted per call of the operation that writes them",
        Kind::Calls => "calls by operation, counted per call of the operation that makes them",
        Kind::Spans => "spans: own time and where errors begin",
        Kind::Change => "time of the change against the onset",
        Kind::Missing => "samples expected and not received",
        Kind::Stated => "well-known words of a program or platform, how often and since when",
        Kind::Disk => "operations, queue and time of the disk against the usual level",
        Kind::Locks => "waits for locks against the usual level; deadlocks counted",
        Kind::Replication => "lag and volume of the log against the usual level",
        Kind::Replicas => "replicas running against those wanted",
        Kind::Statement => "share of one statement in the load of the database",
        Kind::Expiry => "time left until the end",
        Kind::Tail => {
            "high quantiles of latency against their usual level, the mean being as usual"
        }
        Kind::Headroom => {
            "steady rise (Mann-Kendall, Theil-Sen) and the time it leaves to the limit"
        }
        Kind::Drift => "steady rise over the hours before (Mann-Kendall, Theil-Sen)",
        Kind::Retries => "calls made again after a failed one, per call",
        Kind::Timeouts => {
            "failed calls that all last equally long, and longer than those that succeed"
        }
        Kind::Burst => "error lines by the minute against their usual rate (Kleinberg)",
        Kind::StackTrace => "exceptions by type and place, how often against before",
    }
}

pub(super) fn observation(material: &Material<'_>, observation: &Observation) -> ObservationView {
    use nightjar_incident::ObservationKind as Kind;
    let label = match observation.kind {
        Kind::LogMix | Kind::Calls | Kind::Tail | Kind::Headroom | Kind::Drift => {
            observation.kind.label()
        }
        _ => observation.signal.map_or(observation.kind.label(), Signal::label),
    };
    let whose = match &observation.peer {
        Some(peer) if observation.kind == ObservationKind::NetworkGap => {
            format!("time on the way between `{peer}` and `{}`", observation.entity)
        }
        Some(peer) if observation.kind == Kind::LogMix => {
            format!("what `{peer}` says of `{}`", observation.entity)
        }
        Some(peer) => format!("{label} of `{}` calling `{peer}`", observation.entity),
        None => format!("{label} of `{}`", observation.entity),
    };
    let surprise = if observation.is_abnormal() && observation.z.is_finite() {
        format!("{:.1} σ", observation.z.abs())
    } else {
        "as usual".into()
    };
    ObservationView {
        anchor: anchor(observation.id.as_str()),
        id: observation.id.to_string(),
        text: material.prose(&observation.summary),
        method: method(observation),
        measured: material.prose(&whose),
        usual: observation.amount(observation.usual),
        seen: observation.amount(observation.seen),
        surprise,
        onset: observation.onset.map(|onset| {
            format!(
                "{} UTC (between {} and {})",
                clock(onset.at),
                clock(onset.earliest),
                clock(onset.latest)
            )
        }),
        from: observation.evidence.iter().map(|id| material.link(id.as_str())).collect(),
    }
}

pub(super) fn evidence(evidence: &Evidence) -> EvidenceView {
    let count = evidence.content.len();
    let what = match &evidence.content {
        Content::Series(_) => "metric series",
        Content::Logs(_) => "log lines",
        Content::Spans(_) => "spans",
        Content::Changes(_) => "changes",
        Content::Inventory(_) => "entities",
        Content::Text(_) => "text",
    };
    let left_out = evidence.notes.len().saturating_sub(MOST_NOTES);
    let mut notes: Vec<String> = evidence.notes.iter().take(MOST_NOTES).cloned().collect();
    if left_out > 0 {
        notes.push(format!("and {left_out} more notes"));
    }
    EvidenceView {
        anchor: anchor(evidence.id.as_str()),
        id: evidence.id.to_string(),
        source: format!("{} ({})", evidence.source.connection, evidence.source.system),
        query: shortened(&evidence.query, LONGEST_QUERY),
        window: format!("{} to {}", stamp(evidence.window.from), stamp(evidence.window.to)),
        taken_at: stamp(evidence.taken_at),
        answer: if count == 0 {
            format!("nothing found ({what})")
        } else {
            format!("{count} {what}")
        },
        truncated: evidence.truncated.clone(),
        notes,
    }
}

/// The changes an answer holds.
pub(super) fn changes_of(evidence: &Evidence) -> &[Change] {
    match &evidence.content {
        Content::Changes(changes) => changes,
        Content::Series(_)
        | Content::Logs(_)
        | Content::Spans(_)
        | Content::Inventory(_)
        | Content::Text(_) => &[],
    }
}
