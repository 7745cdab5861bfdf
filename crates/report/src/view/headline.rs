use jiff::Timestamp;
use nightjar_incident::{
    Conclusion, FaultMode, Hypothesis, Impact, Investigation, Share, Stage, Verdict, amount,
};

use super::Material;
use crate::Context;
use crate::text::Prose;
use crate::time::{clock, stamp};

/// A label with its value.
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: Prose,
}

/// The verdict as a class for colours and as a word, since colour alone tells nothing.
pub(super) fn verdict(conclusion: &Conclusion) -> (&'static str, &'static str) {
    match &conclusion.verdict {
        Verdict::CauseFound { .. } => ("found", "cause found"),
        Verdict::NoIncident { .. } => ("calm", "no incident"),
        Verdict::NotFound { .. } => ("unknown", "cause not found"),
    }
}

/// The fault with its place, as people say it: "connection pool exhausted in `inventory`".
pub(crate) fn named_fault(hypothesis: &Hypothesis) -> String {
    let mode = hypothesis.fault_mode;
    let fault = mode.row().name;
    let entity = format!("`{}`", hypothesis.entity);
    if let Some(peer) = &hypothesis.peer {
        return format!("{fault} between `{peer}` and {entity}");
    }
    match mode {
        FaultMode::ConnectionPoolExhausted
        | FaultMode::CpuSaturation
        | FaultMode::MemoryLeak
        | FaultMode::LockContention
        | FaultMode::SlowQuery => format!("{fault} in {entity}"),
        FaultMode::BadDeployment
        | FaultMode::WrongResult
        | FaultMode::ConfigurationError
        | FaultMode::ReplicationLag
        | FaultMode::Failover
        | FaultMode::CrashLoop => format!("{fault} of {entity}"),
        FaultMode::TrafficSurge
        | FaultMode::RetryStorm
        | FaultMode::DnsFailure
        | FaultMode::DiskFull
        | FaultMode::IoSaturation => format!("{fault} at {entity}"),
        FaultMode::NetworkDelay | FaultMode::PacketLoss => {
            format!("{fault} on the way to {entity}")
        }
        FaultMode::Throttled | FaultMode::Slow => format!("{entity} is {fault}"),
        FaultMode::Unavailable => format!("{entity} is {fault} any more"),
        FaultMode::Failing => format!("{entity} is {fault}"),
        FaultMode::ExternalDependency => format!("{fault}, {entity}"),
        FaultMode::CertificateExpired => format!("certificate of {entity} expired"),
        FaultMode::ConsumerLag => format!("{fault} at {entity}"),
        FaultMode::QuotaReached => format!("quota of {entity} reached"),
        FaultMode::BadHost => format!("bad host: {entity}"),
        FaultMode::ImagePullFailure => format!("the image of {entity} can't be pulled"),
        FaultMode::ProbeFailure => format!("a health probe fails {entity} although it is healthy"),
        FaultMode::Unschedulable => format!("no room to run {entity}"),
    }
}

/// One sentence that a person understands at once.
pub(crate) fn headline(conclusion: &Conclusion) -> String {
    let text = match &conclusion.verdict {
        Verdict::CauseFound { causes } => {
            let named: Vec<String> =
                causes.iter().map(|cause| named_fault(&cause.hypothesis)).collect();
            match named.as_slice() {
                [] => "a cause is claimed but not named".into(),
                [only] => only.clone(),
                several => format!("{} causes: {}", several.len(), several.join("; and ")),
            }
        }
        Verdict::NoIncident { .. } => "no incident: there is nothing to repair".into(),
        Verdict::NotFound { .. } => match conclusion.hypotheses.first() {
            Some(lead) => {
                format!("no root cause found; the strongest lead: {}", named_fault(lead))
            }
            None => "no root cause found, and no lead".into(),
        },
    };
    upper_first(&text)
}

/// A confidence as people read it; what is merely small isn't nothing.
pub(crate) fn confidence(share: Share) -> String {
    let is_tiny = share.value() > 0.0 && share.value() < 0.005;
    if is_tiny { "under 1 %".into() } else { share.to_string() }
}

/// With a capital letter and a full stop; nothing stays nothing.
pub(super) fn sentence(text: &str) -> String {
    let text = upper_first(text.trim());
    let is_ended = text.is_empty() || text.ends_with(['.', '!', '?', '…', '”']);
    if is_ended { text } else { text + "." }
}

/// As a sentence begins.
pub(super) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default() + chars.as_str()
}

/// One or two sentences below it.
pub(super) fn lede(material: &Material<'_>) -> Vec<Prose> {
    match &material.conclusion.verdict {
        Verdict::CauseFound { causes } => {
            causes.iter().map(|cause| material.prose(&sentence(&cause.statement))).collect()
        }
        Verdict::NoIncident { reason } | Verdict::NotFound { reason } => {
            vec![material.prose(&sentence(reason))]
        }
    }
}

pub(super) fn title(
    investigation: &Investigation,
    conclusion: &Conclusion,
    context: &Context,
) -> String {
    let name = if context.name.is_empty() {
        investigation.incident.id.as_str()
    } else {
        context.name.as_str()
    };
    format!("{} · {name}", headline(conclusion).replace('`', ""))
}

/// Since when: the earliest onset that supports what is claimed, else of the impact, else the
/// first alert's own time.
pub(super) fn zero(investigation: &Investigation, conclusion: &Conclusion) -> Timestamp {
    cause_onset(conclusion)
        .or_else(|| conclusion.impact.as_ref().and_then(|i| i.onset).map(|onset| onset.at))
        .or_else(|| investigation.incident.alerts.iter().map(|alert| alert.starts_at).min())
        .unwrap_or(investigation.incident.opened_at)
}

/// What [`zero`] is.
pub(super) fn zero_word(conclusion: &Conclusion) -> &'static str {
    let is_onset = cause_onset(conclusion).is_some()
        || conclusion.impact.as_ref().is_some_and(|impact| impact.onset.is_some());
    if is_onset { "onset" } else { "first alert's own time" }
}

fn cause_onset(conclusion: &Conclusion) -> Option<Timestamp> {
    let claimed = match &conclusion.verdict {
        Verdict::CauseFound { causes } => causes.first().map(|cause| &cause.hypothesis),
        Verdict::NotFound { .. } => conclusion.hypotheses.first(),
        Verdict::NoIncident { .. } => None,
    }?;
    let support = conclusion.observations.iter().filter(|o| claimed.support.contains(&o.id));
    let is_change =
        |o: &&nightjar_incident::Observation| o.kind == nightjar_incident::ObservationKind::Change;
    let support = support.filter(|o| o.is_abnormal() && !is_change(o));
    support.filter_map(|o| o.onset).map(|onset| onset.at).min()
}

/// What one wants to know first.
pub(super) fn facts(material: &Material<'_>) -> Vec<Fact> {
    let (conclusion, incident) = (material.conclusion, &material.investigation.incident);
    let mut facts = Vec::new();
    let mut add = |label, text: String| facts.push(Fact { label, value: material.prose(&text) });
    let stage = match conclusion.stage {
        Stage::Provisional => "provisional",
        Stage::Final => "final",
    };
    let claimed = material.claimed();
    if let Some(first) = claimed.first() {
        let label = match &conclusion.verdict {
            Verdict::CauseFound { .. } => "Confidence",
            Verdict::NotFound { .. } | Verdict::NoIncident { .. } => "Confidence of the lead",
        };
        let all: Vec<String> = claimed.iter().map(|h| h.confidence.to_string()).collect();
        add(
            label,
            format!(
                "{} ({stage})",
                if all.len() > 1 { all.join(" and ") } else { first.confidence.to_string() }
            ),
        );
    } else {
        add("Verdict", stage.into());
    }
    if cause_onset(conclusion).is_some() || conclusion.impact.is_some() {
        add("Since", stamp(material.zero));
    }
    let changes = material.changes();
    for hypothesis in &claimed {
        let Some(trigger) = &hypothesis.trigger else { continue };
        match changes.iter().find(|change| &change.id == trigger) {
            Some(change) => {
                let by = change.author.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                add(
                    "Set off by",
                    format!(
                        "{} at {}{by}: {}",
                        change.kind.label(),
                        clock(change.at),
                        change.summary
                    ),
                );
            }
            None => add("Set off by", format!("change `{trigger}`")),
        }
    }
    let providers: Vec<&str> =
        incident.alerts.iter().map(|alert| alert.provider.as_str()).collect();
    let mut kinds = providers.clone();
    kinds.sort_unstable();
    kinds.dedup();
    if !providers.is_empty() {
        add("Alerts", format!("{} ({})", providers.len(), kinds.join(", ")));
    }
    add(
        "As of",
        format!("{}, execution {}", stamp(conclusion.at), material.investigation.executions.len()),
    );
    facts
}

pub(super) fn impact_facts(material: &Material<'_>, impact: &Impact) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |label, text: String| facts.push(Fact { label, value: material.prose(&text) });
    add("Where users feel it", format!("`{}`", impact.entity));
    if let Some(onset) = impact.onset {
        add("Since", stamp(onset.at));
    }
    if let Some(failed) = impact.failed_requests.filter(|failed| failed.is_finite()) {
        add("Failed requests beyond the usual", format!("{failed:.0}"));
    }
    if let Some(share) = impact.worst_error_share {
        add("Failing at the worst", share.to_string());
    }
    if let Some((worst, usual)) = impact.worst_latency_seconds {
        add(
            "Latency at the worst",
            format!("{} (usual {})", amount(worst, "s"), amount(usual, "s")),
        );
    }
    facts
}

pub(super) fn windows(material: &Material<'_>) -> Vec<Fact> {
    let range = |window: nightjar_incident::Window| {
        format!("{} to {}", stamp(window.from), stamp(window.to))
    };
    let fact = |label, text: String| Fact { label, value: material.prose(&text) };
    vec![
        fact("Time examined", range(material.conclusion.window)),
        fact("Time taken as usual", range(material.conclusion.reference)),
    ]
}
