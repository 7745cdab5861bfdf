//! Requests that are counted twice: by a counter of their own and by the histogram of their duration.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::signal::{self, Signal};
use nightjar_incident::{MetricSeries, Statistic};
use nightjar_topology::EntityId;

/// Whose requests, sent or answered, of which protocol.
type Requests = (EntityId, Option<EntityId>, bool, String);

/// Leaves each request counted once: by the metric that tells failed ones apart, else by the first name.
/// Answers with what was left out.
pub(super) fn once(series: &mut Vec<MetricSeries>) -> Vec<String> {
    let mut names: BTreeMap<Requests, BTreeMap<String, bool>> = BTreeMap::new();
    for one in series.iter().filter(|one| is_count(one)) {
        let tells = signal::row(one).is_some_and(|row| {
            row.failing.iter().any(|label| one.attributes.contains_key(label.name))
        });
        let known = names.entry(requests(one)).or_default();
        *known.entry(one.name.clone()).or_default() |= tells;
    }
    names.retain(|_, names| names.len() > 1);
    let kept: BTreeMap<Requests, String> = names
        .into_iter()
        .filter_map(|(requests, names)| {
            let best = names.iter().find(|(_, tells)| **tells).or_else(|| names.iter().next());
            Some((requests, best?.0.clone()))
        })
        .collect();
    let mut left_out: BTreeSet<(String, String)> = BTreeSet::new();
    series.retain(|one| {
        let Some(kept) = kept.get(&requests(one)).filter(|_| is_count(one)) else { return true };
        if *kept != one.name {
            left_out.insert((one.name.clone(), kept.clone()));
        }
        *kept == one.name
    });
    let told = left_out.iter();
    told.map(|(name, kept)| format!("`{name}` counts the same requests as `{kept}`: left out"))
        .collect()
}

fn is_count(series: &MetricSeries) -> bool {
    series.statistic == Statistic::Count
        && matches!(signal::of(series), Signal::Requests | Signal::Errors)
}

/// Names of metrics begin with the protocol: `http_requests_total` and `http_request_duration_seconds` are of
/// the same requests, `grpc_server_handled_total` isn't.
fn requests(series: &MetricSeries) -> Requests {
    let protocol = series.name.split('_').next().unwrap_or_default();
    let is_sent = signal::is_of_caller(series);
    (series.entity.clone(), series.peer.clone(), is_sent, protocol.to_owned())
}
