//! Which place the search starts from, and whether anything is wrong there at all.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Alert, AlertStatus, Signal};
use nightjar_series::robust::median;
use nightjar_topology::{EntityId, RelationKind};

use crate::case::Case;
use crate::excess::{Excess, Kind};
use crate::graph::{Graph, State};
use crate::thresholds as limit;

/// What the request metrics say about the alerts' complaint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Complaint {
    /// It shows, at this place.
    Shows(State),
    /// The alerting entity itself is as usual; these places that it calls aren't, the costliest
    /// first.
    Below(Vec<State>),
    /// It is measured and as usual; the largest deviation found, with its place.
    Usual(State, f64),
    /// It is measured, but what is usual here isn't known: too little was recorded before.
    NoPast(State),
    /// It stood out in one row and is over.
    Blip(State),
    /// It stood out and has been usual for a while.
    Recovered(State),
    /// It shows, most at this place, but hardly anybody can feel it, and the alerts themselves are
    /// doubtful.
    Slight(State),
    /// No request metric of the alerting entities or of what depends on them.
    Unmeasured,
}

/// Finds the place nearest to the users at which the alerts' complaint shows.
pub(crate) fn complaint(case: &Case<'_>, graph: &Graph) -> Complaint {
    let mut states: Vec<State> = Vec::new();
    for symptom in case.symptoms {
        if let Some(node) = graph.entity(&symptom.entity) {
            // What its callers see of it counts as well: who is down counts no failures.
            let edges = graph.nodes.get(node).map_or(&[][..], |known| &known.callers);
            let edges = edges.iter().copied().filter(|&caller| graph.is_edge(caller));
            let seen_at: Vec<usize> = edges.chain([node]).collect();
            let each = |kind: &Kind| seen_at.iter().map(|&node| (node, *kind)).collect::<Vec<_>>();
            states.extend(kinds(symptom.signal).iter().flat_map(each));
        }
    }
    // Alerts of things that answer no requests (queues, pools, hosts): look at who needs them.
    if states.is_empty() {
        states = dependents(case, graph);
    }
    let called_off = is_called_off(case.alerts);
    let doubt = Doubt { called_off, storm: is_storm(case.alerts) };
    let told = judge(graph, states, limit::SYMPTOM_Z.value, doubt);
    let settled =
        matches!(told, Complaint::Shows(_) | Complaint::Slight(_) | Complaint::Unmeasured);
    if called_off || settled {
        return told;
    }
    // What few requests suffer from drowns in the sum over all: look at the calls behind it.
    let mut below = tops(graph, &ongoing(graph, behind(case, graph), limit::BELOW_Z.value));
    let cost = |state: &State| excess_of(graph, *state).map_or(0.0, Excess::total);
    below.sort_by(|a, b| a.1.cmp(&b.1).then(cost(b).total_cmp(&cost(a))).then(a.cmp(b)));
    if !below.is_empty() {
        return Complaint::Below(below);
    }
    told
}

/// What makes the alerts themselves doubtful.
#[derive(Clone, Copy)]
struct Doubt {
    called_off: bool,
    storm: bool,
}

/// Whether the monitoring system itself takes the complaint back: each of the alerts about requests
/// (of all alerts, where none is about requests) is resolved by its last word, or has come and gone
/// twice already.
fn is_called_off(alerts: &[Alert]) -> bool {
    let is_about_requests =
        |alert: &&Alert| alert.signal.is_none_or(|signal| signal.is_of_requests());
    let mut about: Vec<&Alert> = alerts.iter().filter(is_about_requests).collect();
    if about.is_empty() {
        about = alerts.iter().collect();
    }
    // By title: some systems give each return of the same alert a key of its own.
    let mut by_title: BTreeMap<(&str, &str), Vec<&Alert>> = BTreeMap::new();
    for alert in about {
        by_title.entry((&alert.provider, &alert.title)).or_default().push(alert);
    }
    let is_resolved = |alert: &&&Alert| alert.status == AlertStatus::Resolved;
    let is_off = |words: &Vec<&Alert>| {
        words.last().is_some_and(|last| is_resolved(&last))
            || words.iter().filter(is_resolved).count() >= limit::COME_AND_GONE
    };
    !by_title.is_empty() && by_title.values().all(is_off)
}

/// Whether so many alerts fire that an incident behind them could be felt.
fn is_storm(alerts: &[Alert]) -> bool {
    let titles: BTreeSet<&str> = alerts.iter().map(|alert| &*alert.title).collect();
    titles.len() >= limit::STORM
}

/// What some states say of the complaint together.
fn judge(graph: &Graph, mut states: Vec<State>, least: f64, doubt: Doubt) -> Complaint {
    states.sort_unstable();
    states.dedup();
    states.retain(|state| excess_of(graph, *state).is_some());
    let z = |state: &State| excess_of(graph, *state).map_or(0.0, Excess::z);
    let Some(loudest) = states.iter().copied().max_by(|a, b| z(a).total_cmp(&z(b))) else {
        return Complaint::Unmeasured;
    };
    let showing: Vec<State> = states.iter().copied().filter(|state| z(state) >= least).collect();
    if showing.is_empty() {
        let known = |state: &State| excess_of(graph, *state).is_some_and(|excess| excess.known);
        return match states.iter().any(known) {
            true => Complaint::Usual(loudest, z(&loudest)),
            false => Complaint::NoPast(loudest),
        };
    }
    let lasting: Vec<State> =
        showing.iter().copied().filter(|state| lasts(graph, *state)).collect();
    let over = |state: &State| {
        let short = doubt.called_off && is_short_and_falling(graph, *state);
        if short { usize::MAX } else { calm_rows(graph, *state) }
    };
    // The monitoring system saw it end too: one usual row agrees with that.
    let enough = if doubt.called_off { 1.0 } else { limit::CALM_ROWS.value };
    let ongoing: Vec<State> =
        lasting.iter().copied().filter(|state| (over(state) as f64) < enough).collect();
    let felt = ongoing.iter().any(|state| is_felt(graph, *state));
    match (lasting.is_empty(), ongoing.is_empty()) {
        (false, false) if (doubt.called_off || doubt.storm) && !felt => Complaint::Slight(loudest),
        (true, _) => Complaint::Blip(loudest),
        (false, true) => Complaint::Recovered(loudest),
        (false, false) => Complaint::Shows(nearest_to_users(graph, &ongoing)),
    }
}

/// Those of some states that stand out, last and aren't over.
pub(crate) fn ongoing(graph: &Graph, mut states: Vec<State>, least: f64) -> Vec<State> {
    states.retain(|state| {
        excess_of(graph, *state).is_some_and(|excess| excess.z() >= least)
            && lasts(graph, *state)
            && (calm_rows(graph, *state) as f64) < limit::CALM_ROWS.value
    });
    states
}

/// All that the alerting entities call, directly or not, of the kinds the alerts complain about,
/// where it costs enough to be what they are about.
fn behind(case: &Case<'_>, graph: &Graph) -> Vec<State> {
    let mut kinds_of: BTreeMap<usize, &'static [Kind]> = BTreeMap::new();
    for symptom in case.symptoms {
        if let Some(node) = graph.entity(&symptom.entity) {
            kinds_of.insert(node, kinds(symptom.signal));
        }
    }
    // What the alerting entities handle in a row: seconds and requests.
    let mut handled: BTreeMap<Kind, f64> = BTreeMap::new();
    for node in kinds_of.keys() {
        for kind in Kind::BOTH {
            let Some(excess) = excess_of(graph, (*node, kind)) else { continue };
            let requests = median(&excess.requests);
            let all = match kind {
                Kind::Time => requests * excess.usual,
                Kind::Errors => requests,
            };
            *handled.entry(kind).or_default() += all;
        }
    }
    let mut seen: BTreeSet<usize> = kinds_of.keys().copied().collect();
    let mut found = Vec::new();
    while !kinds_of.is_empty() {
        let mut next: BTreeMap<usize, &'static [Kind]> = BTreeMap::new();
        for (node, kinds) in &kinds_of {
            let callees = graph.nodes.get(*node).map_or(&[][..], |node| &node.callees);
            for &callee in callees.iter().filter(|callee| !seen.contains(callee)) {
                next.insert(callee, kinds);
            }
        }
        seen.extend(next.keys());
        let known = |state: &State| {
            excess_of(graph, *state).is_some_and(|excess| {
                excess.known && handled.get(&state.1).is_none_or(|all| matters(excess, *all))
            })
        };
        let states = next.iter().flat_map(|(node, kinds)| kinds.iter().map(|kind| (*node, *kind)));
        found.extend(states.filter(known));
        kinds_of = next;
    }
    found
}

/// What a signal complains about; both kinds where the alert doesn't tell.
fn kinds(signal: Option<Signal>) -> &'static [Kind] {
    match signal {
        Some(Signal::Latency | Signal::PoolPending | Signal::QueueAge) => &[Kind::Time],
        Some(Signal::Errors | Signal::Availability | Signal::Throttled | Signal::PoolTimeouts) => {
            &[Kind::Errors]
        }
        Some(_) | None => &Kind::BOTH,
    }
}

/// Whether a place's excess is worth speaking of, given all that the alerting entities handle in a
/// row.
fn matters(excess: &Excess, handled: f64) -> bool {
    excess.pulse.is_some_and(|pulse| {
        let rows = excess.values.get(pulse.from..pulse.to).unwrap_or_default();
        rows.iter().sum::<f64>() >= limit::MATERIAL.value * handled * rows.len() as f64
    })
}

/// The row of the window in which what goes on at a place began: the start of the elevated rows
/// that reach to the end, so that an earlier incident in the same window isn't taken for it; else
/// the start of what stands out most.
pub(crate) fn onset_row(excess: &Excess) -> Option<usize> {
    let pulse = excess.pulse?;
    let rows: Vec<bool> =
        excess.values.iter().zip(&excess.variance).map(|(e, var)| *e >= 2.0 * var.sqrt()).collect();
    let calm = rows.iter().rev().take_while(|elevated| !**elevated).count();
    let mut first = rows.len().saturating_sub(calm);
    // One calm row is a gap in the trouble, two are its start.
    while first > 0 {
        let before = |back: usize| first.checked_sub(back).and_then(|row| rows.get(row)).copied();
        match (before(1), before(2)) {
            (Some(true), _) => first -= 1,
            (Some(false), Some(true)) => first -= 2,
            (_, _) => break,
        }
    }
    let ongoing = calm < 2 && first < rows.len();
    Some(if ongoing && first >= pulse.from { first } else { pulse.from })
}

pub(crate) fn excess_of(graph: &Graph, state: State) -> Option<&Excess> {
    graph.nodes.get(state.0)?.excess(state.1)
}

/// Nodes that need an alerting entity, nearest first: those of the first distance at which any
/// has request metrics.
fn dependents(case: &Case<'_>, graph: &Graph) -> Vec<State> {
    let mut nearest: BTreeMap<usize, Vec<State>> = BTreeMap::new();
    for symptom in case.symptoms {
        let mut reach: Vec<(EntityId, usize)> =
            case.topology.blast_radius(&symptom.entity, |kind| {
                kind.is_request() || kind == RelationKind::RunsOn
            });
        // Those who empty a queue decide how full it is.
        let consumers = case.topology.dependents(&symptom.entity);
        reach.extend(
            consumers.filter(|r| r.kind == RelationKind::Consumes).map(|r| (r.from.clone(), 1)),
        );
        for (id, distance) in reach {
            if let Some(node) = graph.entity(&id).filter(|_| graph.is_measured(&id)) {
                nearest.entry(distance).or_default().extend(Kind::BOTH.map(|kind| (node, kind)));
            }
        }
    }
    nearest.into_values().next().unwrap_or_default()
}

/// Whether a second row stands out as well: a single interval that is over is a blip.
fn lasts(graph: &Graph, state: State) -> bool {
    let Some(excess) = excess_of(graph, state) else { return false };
    let Some(pulse) = excess.pulse else { return false };
    let rate = |range: std::ops::Range<usize>| {
        let sum = |v: &[f64]| v.get(range.clone()).unwrap_or_default().iter().sum::<f64>();
        let requests = sum(&excess.requests);
        if requests > 0.0 { sum(&excess.values) / requests } else { 0.0 }
    };
    // Against the level right before, whichever side of the usual one it was on.
    let before = rate(0..pulse.from);
    let mut rows: Vec<f64> = excess
        .values
        .iter()
        .zip(&excess.variance)
        .zip(&excess.requests)
        .map(|((e, var), r)| (e - before * r) / var.sqrt())
        .collect();
    rows.sort_unstable_by(|a, b| b.total_cmp(a));
    // One row is all there is right after the onset: then the alert itself is the second witness.
    let fresh = pulse.to == excess.values.len() && pulse.to - pulse.from == 1;
    fresh || rows.get(1).is_some_and(|second| *second >= limit::SECOND_ROW.value)
}

/// Usual rows at the end of the window.
fn calm_rows(graph: &Graph, state: State) -> usize {
    let Some(excess) = excess_of(graph, state) else { return 0 };
    let strongest = excess.values.iter().copied().fold(0.0, f64::max);
    excess
        .values
        .iter()
        .zip(&excess.variance)
        .rev()
        .take_while(|(e, var)| {
            **e < 2.0 * var.sqrt() || **e < limit::RECOVERED_SHARE.value * strongest
        })
        .count()
}

/// Whether little time was spent above half of the worst row, and the last row isn't: a short spell
/// whose end the monitoring system saw, too.
fn is_short_and_falling(graph: &Graph, state: State) -> bool {
    let Some(excess) = excess_of(graph, state) else { return false };
    let strongest = excess.values.iter().copied().fold(0.0, f64::max);
    let high = |e: &f64| *e >= strongest / 2.0;
    let rows = excess.values.iter().filter(|e| high(e)).count();
    rows <= limit::SHORT_ROWS && excess.values.last().is_some_and(|last| !high(last))
}

/// Whether what stands out at a place is large enough for somebody to feel it.
fn is_felt(graph: &Graph, state: State) -> bool {
    let Some(excess) = excess_of(graph, state) else { return false };
    let Some(pulse) = excess.pulse else { return false };
    let sum = |rows: &[f64]| rows.get(pulse.from..pulse.to).unwrap_or_default().iter().sum::<f64>();
    let least = match excess.kind {
        Kind::Time => limit::FELT_SLOWER.value * excess.usual,
        Kind::Errors => limit::FELT_FAILING.value,
    };
    sum(&excess.values) >= least * sum(&excess.requests)
}

/// Of several places at which it shows, those that no other of them waits for; of places that wait
/// for each other none is above the other.
fn tops(graph: &Graph, states: &[State]) -> Vec<State> {
    if states.iter().all(|state| Some(state.0) == states.first().map(|first| first.0)) {
        return states.to_vec();
    }
    let groups = graph.groups();
    let group_of = |node: usize| groups.get(node).copied();
    let mut by_group: Vec<(usize, usize)> =
        groups.iter().enumerate().map(|(node, &group)| (group, node)).collect();
    by_group.sort_unstable();
    let mut showing: BTreeSet<usize> = states.iter().filter_map(|s| group_of(s.0)).collect();
    // Callers come before their callees, so that what is known of a caller's group is all of it.
    let mut below: BTreeSet<usize> = BTreeSet::new();
    for (group, node) in by_group {
        let callers = graph.nodes.get(node).map_or(&[][..], |node| &node.callers);
        let mut above = callers.iter().filter_map(|&caller| group_of(caller));
        if above.any(|above| above != group && showing.contains(&above)) {
            below.insert(group);
        }
        if below.contains(&group) {
            showing.insert(group);
        }
    }
    states.iter().copied().filter(|s| group_of(s.0).is_none_or(|g| !below.contains(&g))).collect()
}

/// Of those that somebody can feel, the places that no other of them waits for.
pub(crate) fn felt_tops(graph: &Graph, states: &[State]) -> Vec<State> {
    let known = |state: &State| excess_of(graph, *state).is_some_and(|excess| excess.known);
    let felt: Vec<State> =
        states.iter().copied().filter(|state| known(state) && is_felt(graph, *state)).collect();
    tops(graph, &felt)
}

/// The loudest of those places that no other waits for.
fn nearest_to_users(graph: &Graph, states: &[State]) -> State {
    let z = |state: &State| excess_of(graph, *state).map_or(0.0, Excess::z);
    tops(graph, states)
        .into_iter()
        .max_by(|a, b| z(a).total_cmp(&z(b)))
        .or_else(|| states.first().copied())
        .unwrap_or((0, Kind::Time))
}
