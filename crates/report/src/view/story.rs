use jiff::Timestamp;
use nightjar_incident::{AlertStatus, Investigation, ObservationKind, Severity, Stage, Verdict};

use super::Material;
use super::headline::headline;
use crate::text::{Anchors, Prose};
use crate::time::{clock, machine, offset, stamp};

/// One line of the timeline.
pub(crate) struct Event {
    pub(crate) at: String,
    pub(crate) machine: String,
    pub(crate) offset: String,
    pub(crate) kind: &'static str,
    pub(crate) class: &'static str,
    pub(crate) text: Prose,
    pub(crate) link: Option<String>,
}

/// What triage made of an alert.
pub(crate) struct Note {
    pub(crate) at: String,
    pub(crate) alert: Prose,
    pub(crate) decision: &'static str,
    pub(crate) reason: Prose,
}

/// The verdict of one execution.
pub(crate) struct Version {
    pub(crate) number: usize,
    pub(crate) at: String,
    pub(crate) occasion: Prose,
    pub(crate) verdict: Prose,
    pub(crate) confidence: String,
    pub(crate) stage: &'static str,
    pub(crate) is_changed: bool,
}

/// Longer than this nobody reads a timeline.
const MOST_EVENTS: usize = 60;

/// Alerts, changes, onsets and verdicts in time order.
pub(super) fn timeline(material: &Material<'_>) -> (Vec<Event>, usize) {
    let mut raw: Vec<(Timestamp, u8, Event)> = Vec::new();
    let mut add = |at: Timestamp, order: u8, kind, class, text: String, link| {
        let event = Event {
            at: clock(at),
            machine: machine(at),
            offset: offset(at, material.zero),
            kind,
            class,
            text: material.prose(&text),
            link,
        };
        raw.push((at, order, event));
    };
    let claimed = material.claimed();
    let (window, reference) = (material.conclusion.window, material.conclusion.reference);
    for change in material.changes() {
        let is_trigger = claimed.iter().any(|h| h.trigger.as_ref() == Some(&change.id));
        if !is_trigger && (change.at < reference.from || change.at >= window.to) {
            continue;
        }
        let entities: Vec<String> = change.entities.iter().map(|id| format!("`{id}`")).collect();
        let by = change.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
        let mark = if is_trigger { " — what set it off" } else { "" };
        let text = format!(
            "{} of {}{by}: {}{mark}",
            change.kind.label(),
            entities.join(", "),
            change.summary
        );
        add(change.at, 0, "change", if is_trigger { "hot" } else { "" }, text, None);
    }
    for observation in &material.conclusion.observations {
        let is_support = claimed.iter().any(|h| h.support.contains(&observation.id));
        let is_impact = material
            .conclusion
            .impact
            .as_ref()
            .is_some_and(|impact| impact.observations.contains(&observation.id));
        let is_alerting = material.investigation.incident.entities.contains(&observation.entity);
        let is_told = is_support || is_impact || (claimed.is_empty() && is_alerting);
        let is_own = observation.kind == ObservationKind::Change;
        if let Some(onset) = observation.onset
            && observation.is_abnormal()
            && is_told
            && !is_own
        {
            let link = material.anchors.link(observation.id.as_str());
            add(onset.at, 1, "onset", "", observation.summary.clone(), link);
        }
    }
    for alert in &material.investigation.incident.alerts {
        let entities: Vec<String> = alert
            .entity_names
            .iter()
            .take(1)
            .map(|n| format!(" (`{}`)", n.replace('`', "'")))
            .collect();
        let status = match alert.status {
            AlertStatus::Firing => "",
            AlertStatus::Acknowledged => ", acknowledged",
            AlertStatus::Resolved => ", resolved",
        };
        let text = format!(
            "{}, {}{status}: {}{}",
            alert.provider,
            severity(alert.severity),
            alert.title,
            entities.concat()
        );
        add(alert.received_at, 2, "alert", "alerted", text, None);
    }
    for (index, execution) in material.investigation.executions.iter().enumerate() {
        let conclusion = &execution.conclusion;
        let text = format!("{}{}", headline(conclusion), sureness(conclusion));
        add(conclusion.at, 3, "verdict", "hot", format!("{}: {text}", index + 1), None);
    }
    raw.sort_by_key(|event| (event.0, event.1));
    let all = raw.len();
    let surplus = all.saturating_sub(MOST_EVENTS);
    if surplus > 0 {
        // Onsets are the many; the rest is the story and stays.
        let mut onsets_left = raw.iter().filter(|e| e.1 == 1).count().saturating_sub(surplus);
        raw.retain(|event| {
            if event.1 != 1 {
                return true;
            }
            let is_kept = onsets_left > 0;
            onsets_left = onsets_left.saturating_sub(1);
            is_kept
        });
    }
    let cut = all - raw.len();
    (raw.into_iter().map(|(_, _, event)| event).collect(), cut)
}

fn sureness(conclusion: &nightjar_incident::Conclusion) -> String {
    let stage = stage(conclusion.stage);
    match &conclusion.verdict {
        Verdict::CauseFound { causes } => {
            let all: Vec<String> =
                causes.iter().map(|cause| cause.hypothesis.confidence.to_string()).collect();
            format!(" ({}, {stage})", all.join(" and "))
        }
        Verdict::NotFound { .. } | Verdict::NoIncident { .. } => format!(" ({stage})"),
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Provisional => "provisional",
        Stage::Final => "final",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::High => "high",
        Severity::Critical => "critical",
        Severity::Unknown => "severity unknown",
    }
}

/// How the alerts came together.
pub(super) fn triage(material: &Material<'_>) -> Vec<Note> {
    notes(material.investigation, &material.anchors)
}

pub(super) fn notes(investigation: &Investigation, anchors: &Anchors) -> Vec<Note> {
    let note = |note: &nightjar_incident::TriageNote| {
        let alert = investigation.incident.alerts.iter().find(|alert| alert.id == note.alert);
        let name = match alert {
            Some(alert) => format!("{}: {}", alert.provider, alert.title),
            None => format!("alert `{}`", note.alert),
        };
        Note {
            at: stamp(note.at),
            alert: Prose::new(&name, anchors),
            decision: note.decision.label(),
            reason: Prose::new(&note.reason, anchors),
        }
    };
    investigation.triage.iter().map(note).collect()
}

/// How the verdict developed.
pub(super) fn versions(material: &Material<'_>) -> Vec<Version> {
    let mut before: Option<String> = None;
    let mut versions = Vec::new();
    for (index, execution) in material.investigation.executions.iter().enumerate() {
        let conclusion = &execution.conclusion;
        let verdict = headline(conclusion);
        let confidence = match &conclusion.verdict {
            Verdict::CauseFound { causes } => {
                let all: Vec<String> =
                    causes.iter().map(|cause| cause.hypothesis.confidence.to_string()).collect();
                all.join(" and ")
            }
            Verdict::NotFound { .. } => {
                conclusion.hypotheses.first().map_or("–".into(), |h| h.confidence.to_string())
            }
            Verdict::NoIncident { .. } => "–".into(),
        };
        versions.push(Version {
            number: index + 1,
            at: stamp(conclusion.at),
            occasion: material.prose(&execution.occasion),
            is_changed: before.as_ref().is_some_and(|before| before != &verdict),
            verdict: material.prose(&verdict),
            confidence,
            stage: stage(conclusion.stage),
        });
        before = Some(verdict);
    }
    versions
}
