//! CloudWatch alarms, over SNS and over EventBridge. Both ways give the same key, so that an alarm
//! that is sent over both is one alert.

use nightjar_incident::{AlertStatus, Signal};

use crate::body::{Body, shorten};
use crate::draft::Draft;
use crate::signals;

pub(crate) mod event;
pub(crate) mod sns;

/// One metric that an alarm watches.
struct Watched {
    namespace: Option<String>,
    name: String,
    dimensions: Vec<(String, String)>,
}

fn status(body: &mut Body<'_>, state: &str) -> AlertStatus {
    match state {
        "ALARM" => AlertStatus::Firing,
        "OK" => AlertStatus::Resolved,
        "INSUFFICIENT_DATA" => {
            let note = "INSUFFICIENT_DATA: the metric stopped arriving; unknown is taken as firing";
            body.notes.push(note.into());
            AlertStatus::Firing
        }
        other => {
            body.notes.push(format!("state `{}` is not known; taken as firing", shorten(other)));
            AlertStatus::Firing
        }
    }
}

/// Takes over what the alarm watches: names, labels and the signal.
fn add_watched(draft: &mut Draft, watched: &[Watched]) {
    for metric in watched {
        for (name, value) in &metric.dimensions {
            draft.label(name, Some(value.clone()));
        }
        draft.label("namespace", metric.namespace.clone());
        draft.label("metric", Some(metric.name.clone()));
    }
    let labels = draft.labels.clone();
    draft.names.add_labels(&labels);
    // Dimensions nobody listed that by their name hold a name: `DeliveryStreamName`.
    for (name, value) in watched.iter().flat_map(|metric| &metric.dimensions) {
        let names_something = ["Name", "Id", "Identifier", "Arn"].iter().any(|e| name.ends_with(e));
        if names_something && name != "ClusterName" {
            draft.names.add(value);
        }
    }
    // An alarm on errors per request is about the errors.
    let mut signals = watched.iter().filter_map(|metric| signals::of_metric(&metric.name));
    let first = signals.next();
    draft.signal = match first {
        Some(Signal::Requests) => signals.find(|s| *s != Signal::Requests).or(first),
        Some(_) => first,
        None => signals::of_metric(&draft.title),
    };
}

/// What tells one alarm from all others: its ARN, else what the ARN is made of.
fn key(arn: Option<&str>, account: Option<&str>, name: &str) -> String {
    match (arn, account) {
        (Some(arn), _) => arn.to_owned(),
        (None, Some(account)) => format!("{account}:{name}"),
        (None, None) => name.to_owned(),
    }
}

/// The region in an ARN: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:name`.
fn region(arn: &str) -> Option<String> {
    arn.split(':').nth(3).filter(|region| !region.is_empty()).map(str::to_owned)
}
