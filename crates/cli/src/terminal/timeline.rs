//! The timeline of an investigation as it goes: one event, a few lines.

use jiff::Timestamp;
use nightjar_incident::{Alert, Hypothesis, Stage, TriageDecision, TriageNote, Verdict};

use super::conclusion::fault;
use super::text::{BAD, GOOD, NOTABLE, Names, PLAIN, WIDTH, Words, clock, paint, percent};

/// Column where the words of an event begin: behind the time of day and the label.
const LABEL_WIDTH: usize = 9;

/// The message of an alerting system arrived.
pub(crate) fn alert(at: Timestamp, alert: &Alert, names: &Names<'_>) -> String {
    let words =
        Words::new().plain(provider(&alert.provider)).plain(": ").prose(&alert.title, names);
    event(Some(at), "alert", NOTABLE, &words)
}

/// What triage made of it.
pub(crate) fn triage(note: &TriageNote, names: &Names<'_>) -> String {
    let mut words = Words::new().plain(note.decision.label());
    if let Some(incident) = &note.incident {
        let joint = match note.decision {
            TriageDecision::Proceed => " ",
            TriageDecision::Linked => " to ",
            TriageDecision::Duplicate | TriageDecision::Skipped => " in ",
        };
        words = words.plain(joint).strong(incident.as_str());
    }
    let words = words.plain(": ").prose(&note.reason, names);
    event(None, "triage", PLAIN, &words)
}

/// A message that nobody could read.
pub(crate) fn rejected(at: Timestamp, reason: &str) -> String {
    event(Some(at), "rejected", BAD, &Words::new().plain(reason))
}

/// The investigation itself had trouble.
pub(crate) fn trouble(at: Timestamp, body: &serde_json::Value) -> String {
    event(Some(at), "trouble", BAD, &Words::new().plain(&body.to_string()))
}

/// A run that ended.
pub(crate) struct Told<'a> {
    pub(crate) at: Timestamp,
    pub(crate) incident: &'a str,
    /// What made it run, where the line before doesn't say it.
    pub(crate) occasion: Option<&'a str>,
    pub(crate) stage: Stage,
    pub(crate) verdict: &'a Verdict,
    /// The verdict it revises.
    pub(crate) before: Option<(Stage, &'a Verdict)>,
}

/// The verdict of a run, and what it changed.
pub(crate) fn verdict(told: &Told<'_>, names: &Names<'_>) -> String {
    let is_same = told.before.is_some_and(|(stage, verdict)| {
        stage == told.stage && summary(verdict) == summary(told.verdict)
    });
    let mut out = String::new();
    if let Some(occasion) = told.occasion {
        let words = Words::new().strong(told.incident).plain(", ").prose(occasion, names);
        let words = if is_same { words.plain(": verdict as before") } else { words };
        out = event(Some(told.at), "again", PLAIN, &words);
    }
    if is_same {
        if told.occasion.is_none() {
            out.push_str(&event(None, "verdict", PLAIN, &Words::new().plain("as before")));
        }
        return out;
    }
    let stage = match told.stage {
        Stage::Provisional => "provisional: ",
        Stage::Final => "final: ",
    };
    let mut words = Words::new().plain(stage);
    words = match told.verdict {
        Verdict::CauseFound { causes } => {
            for (index, cause) in causes.iter().enumerate() {
                let joint = if index > 0 { "; and " } else { "" };
                let confidence = format!("confidence {}", percent(cause.hypothesis.confidence));
                words = fault(words.plain(joint), &cause.hypothesis)
                    .plain(", ")
                    .styled(GOOD, &confidence);
            }
            words
        }
        Verdict::NoIncident { reason } => words.plain("no incident: ").prose(reason, names),
        Verdict::NotFound { reason } => words.plain("no cause found: ").prose(reason, names),
    };
    if let Some(note) = told.before.and_then(|(_, before)| difference(before, told.verdict)) {
        words = words.faint(&format!(" ({note})"));
    }
    out.push_str(&event(None, "verdict", PLAIN, &words));
    out
}

/// As much of a verdict as the timeline shows.
fn summary(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::CauseFound { causes } => {
            let told = causes.iter().map(|cause| &cause.hypothesis).map(|hypothesis| {
                let mode = hypothesis.fault_mode.row().id;
                format!("{} {mode} {}", hypothesis.entity, hypothesis.confidence)
            });
            told.collect()
        }
        Verdict::NoIncident { reason } | Verdict::NotFound { reason } => vec![reason.clone()],
    }
}

/// What a run changed, in a few words; nothing if it only confirmed.
fn difference(before: &Verdict, now: &Verdict) -> Option<String> {
    match (lead(before), lead(now)) {
        (Some(was), Some(is)) if was.entity == is.entity && was.fault_mode == is.fault_mode => {
            let (was, is) = (percent(was.confidence), percent(is.confidence));
            (was != is).then(|| format!("was {was}"))
        }
        (Some(was), Some(_) | None) => {
            Some(format!("was {}: {}", was.entity, was.fault_mode.row().name))
        }
        (None, Some(_) | None) => None,
    }
}

/// The cause a verdict claims first.
fn lead(verdict: &Verdict) -> Option<&Hypothesis> {
    match verdict {
        Verdict::CauseFound { causes } => causes.first().map(|cause| &cause.hypothesis),
        Verdict::NoIncident { .. } | Verdict::NotFound { .. } => None,
    }
}

/// How a provider calls itself.
fn provider(id: &str) -> &str {
    match id {
        "datadog" => "Datadog",
        "pagerduty" => "PagerDuty",
        "servicenow" => "ServiceNow",
        "cloudwatch" => "CloudWatch",
        "alertmanager" => "Alertmanager",
        "grafana" => "Grafana",
        "azure" => "Azure Monitor",
        "checkmk" => "Checkmk",
        "cloudevents" => "CloudEvents",
        "dynatrace" => "Dynatrace",
        "googlecloud" => "Google Cloud",
        "newrelic" => "New Relic",
        "opsgenie" => "Opsgenie",
        "pingdom" => "Pingdom",
        "sentry" => "Sentry",
        "signalfx" => "Splunk Observability",
        "site24x7" => "Site24x7",
        "splunk" => "Splunk",
        other => other,
    }
}

fn event(at: Option<Timestamp>, label: &str, style: anstyle::Style, words: &Words) -> String {
    let time = at.map_or_else(|| " ".repeat(8), clock);
    let indent = time.chars().count() + 2 + LABEL_WIDTH;
    let body = words.flow(&" ".repeat(indent), WIDTH);
    let mut out = time;
    out.push_str("  ");
    paint(&mut out, style, label);
    out.extend(std::iter::repeat_n(' ', LABEL_WIDTH.saturating_sub(label.chars().count())));
    out.push_str(body.trim_start_matches(' '));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::fixture;
    use crate::terminal::text::{bare, names};

    #[test]
    fn a_timeline_shows_alerts_reasons_and_how_the_verdict_changed() {
        let investigation = fixture::investigation();
        let names = names(&investigation.topology);
        let mut out = String::new();
        for (one, note) in investigation.incident.alerts.iter().zip(&investigation.triage) {
            out.push_str(&alert(one.received_at, one, &names));
            out.push_str(&triage(note, &names));
        }
        let mut before = None;
        for execution in &investigation.executions {
            let conclusion = &execution.conclusion;
            let told = Told {
                at: conclusion.at,
                incident: "inc-1",
                occasion: before.map(|_| execution.occasion.as_str()),
                stage: conclusion.stage,
                verdict: &conclusion.verdict,
                before,
            };
            out.push_str(&verdict(&told, &names));
            before = Some((conclusion.stage, &conclusion.verdict));
        }
        out.push_str(&rejected(
            investigation.incident.opened_at,
            "body: expected an object, found a number",
        ));
        insta::assert_snapshot!(bare(&out));
    }
}
