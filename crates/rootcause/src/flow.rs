//! Where excess comes from: probability handed down the call graph from the symptom.
//!
//! At every place the question is which explanation predicts its excess best: one of its callees,
//! times the share of the callee's excess that it can have suffered, or itself. Probability goes
//! on to the callees in that proportion; what stays is the probability that the fault starts
//! there. The model is physics, not regression: a caller's excess is `a` times the callee's with
//! `a` near the caller's share of the callee's requests and hardly above 1, so nothing needs to
//! vary in the reference for it to be known.

mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use nightjar_series::gaussian::log_sum_exp;

use self::transfer::{Share, handed_on, itself, standing_out};
use crate::excess::{Excess, Kind};
use crate::graph::{Graph, State};
use crate::ledger::Ledger;
use crate::thresholds as limit;

/// Places that are followed back to the symptom: far more than anybody looks at. What the others hold
/// counts as unexplained, so that a chain of calls costs no more than in proportion to its length.
const MOST_ROOTS: usize = 100;

/// How the symptoms' probability ended up.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// The symptom that most of the probability started from.
    pub(crate) symptom: State,
    /// All places that probability started from.
    pub(crate) symptoms: Vec<State>,
    /// Probability that the fault starts at a place, most probable first.
    pub(crate) roots: Vec<Root>,
}

/// A place where the fault may start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Root {
    pub(crate) node: usize,
    /// The kind of excess that carries most of the probability.
    pub(crate) kind: Kind,
    pub(crate) mass: f64,
    /// Nodes from the root up to the symptom, both included.
    pub(crate) path: Vec<usize>,
    /// Share of the symptom's excess that goes away when this place is repaired.
    pub(crate) share: f64,
}

impl Graph {
    /// Hands probability down from the symptoms, the first of which is the main one; it starts in
    /// proportion to what each costs. `strangers` says whether places that the topology doesn't
    /// connect with a symptom may explain it.
    pub(crate) fn flow(&self, ledger: &Ledger, symptoms: &[State], strangers: bool) -> Flow {
        let order = self.order(symptoms);
        let rank: BTreeMap<usize, usize> =
            order.iter().enumerate().map(|(rank, &node)| (node, rank)).collect();
        let mut mass = self.starts(symptoms);
        let mut stayed: BTreeMap<State, f64> = BTreeMap::new();
        // Who handed a state most of its probability, and how much of the sender's excess it is.
        let mut origin: BTreeMap<State, (State, f64, f64)> = BTreeMap::new();
        for &node in &order {
            for kind in Kind::BOTH {
                let here = (node, kind);
                let amount = mass.get(&here).copied().unwrap_or(0.0);
                if amount < limit::MASS_FLOOR.value {
                    continue;
                }
                let strangers = strangers && symptoms.contains(&here);
                for explanation in self.explanations(ledger, here, strangers) {
                    let part = amount * explanation.probability;
                    match explanation.by {
                        None => *stayed.entry(here).or_default() += part,
                        // A callee before its caller in the order closes a cycle: not entered.
                        Some(state) if rank.get(&state.0) > rank.get(&node) => {
                            *mass.entry(state).or_default() += part;
                            if origin.get(&state).is_none_or(|(_, most, _)| part > *most) {
                                origin.insert(state, (here, part, explanation.share));
                            }
                        }
                        Some(_) => *stayed.entry(here).or_default() += part,
                    }
                }
            }
        }
        let mut all: BTreeMap<usize, (Kind, f64, f64)> = BTreeMap::new();
        for (&(node, kind), &amount) in &stayed {
            let (most_of, most, total) = all.entry(node).or_insert((kind, amount, 0.0));
            if amount > *most {
                (*most_of, *most) = (kind, amount);
            }
            *total += amount;
        }
        let mut masses: Vec<(usize, Kind, f64)> =
            all.into_iter().map(|(node, (kind, _, total))| (node, kind, total)).collect();
        masses.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        masses.truncate(MOST_ROOTS);
        let root = |(node, kind, mass): (usize, Kind, f64)| {
            let (path, share) = trace_back((node, kind), symptoms, &origin);
            Root { node, kind, mass, path, share }
        };
        let roots = masses.into_iter().map(root).collect();
        let symptom = symptoms.first().copied().unwrap_or((0, Kind::Time));
        Flow { symptom, symptoms: symptoms.to_vec(), roots }
    }

    fn starts(&self, symptoms: &[State]) -> BTreeMap<State, f64> {
        let cost = |&(node, kind): &State| {
            let excess = self.nodes.get(node).and_then(|node| node.excess(kind));
            excess.map_or(0.0, |excess| excess.total().max(0.0)) + f64::MIN_POSITIVE
        };
        // Seconds and failed requests don't add up: each kind gets its share by the number of places.
        let mut mass = BTreeMap::new();
        for kind in Kind::BOTH {
            let same: Vec<State> =
                symptoms.iter().copied().filter(|state| state.1 == kind).collect();
            let total: f64 = same.iter().map(cost).sum();
            let part = same.len() as f64 / symptoms.len() as f64;
            mass.extend(same.iter().map(|state| (*state, part * cost(state) / total)));
        }
        mass
    }

    /// Callers before callees, the symptom first, cycles broken at the first visit. Places that
    /// the symptom doesn't reach are listed too: an unseen edge may lead to any of them.
    fn order(&self, symptoms: &[State]) -> Vec<usize> {
        let mut first: Vec<usize> = symptoms.iter().map(|state| state.0).collect();
        first.dedup();
        let mut done = BTreeSet::new();
        let (mut reached, mut strangers) = (Vec::new(), Vec::new());
        for &symptom in &first {
            self.visit(symptom, &mut done, &mut reached);
        }
        for start in 0..self.nodes.len() {
            self.visit(start, &mut done, &mut strangers);
        }
        let others = strangers.into_iter().rev().chain(reached.into_iter().rev());
        let others: Vec<usize> = others.filter(|node| !first.contains(node)).collect();
        first.iter().copied().chain(others).collect()
    }

    /// What may explain a place's excess, with probabilities that add up to 1.
    fn explanations(&self, ledger: &Ledger, here: State, strangers: bool) -> Vec<Explanation> {
        let (index, kind) = here;
        let Some(own) = self.nodes.get(index).and_then(|node| node.excess(kind)) else {
            // Nothing is measured here: what arrived stays.
            return vec![Explanation { by: None, log_weight: 0.0, probability: 1.0, share: 1.0 }];
        };
        let free = itself(own);
        let mut found =
            vec![Explanation { by: None, log_weight: free, probability: 0.0, share: 1.0 }];
        let other = match kind {
            Kind::Time => Kind::Errors,
            Kind::Errors => Kind::Time,
        };
        let below = self.below(index, kind);
        // What a callee that measures nothing would hand on may have any form, as one's own.
        found.extend(below.blind.iter().map(|&(callee, share)| Explanation {
            by: Some((callee, kind)),
            log_weight: free + (limit::BLIND.value * share).ln(),
            probability: 0.0,
            share: 1.0,
        }));
        for &callee in &below.measured {
            let share = self.usual_share(ledger, index, callee);
            // A place first seen in the incident explains nothing: error paths call what was
            // never called before, and an unknown usual level would fit any shape.
            if let Some(theirs) = self.nodes.get(callee).and_then(|node| node.excess(kind))
                && theirs.known
            {
                let prior = standing_out(theirs, below.measured.len());
                let share = if kind == Kind::Errors { share.forgiving() } else { share };
                let mut explanation = handed_on(own, theirs, (callee, kind), share, prior);
                // What the drift of the place itself explains isn't the merit of a calm callee.
                if theirs.z() < limit::OWN_TEST.value {
                    explanation.log_weight = explanation.log_weight.min(free + prior);
                }
                found.push(explanation);
            }
        }
        found.extend(self.together(ledger, here, own, &below.measured));
        // Where nobody measures the other kind, the whole way down would be walked for nothing.
        let measured =
            if self.measures(other) { self.below(index, other).measured } else { Vec::new() };
        let slow = match kind {
            Kind::Time => &below.measured,
            Kind::Errors => &measured,
        };
        found.extend(self.overrun(ledger, here, free, slow));
        for callee in measured {
            if let Some(theirs) = self.nodes.get(callee).and_then(|node| node.excess(other))
                && theirs.known
                && theirs.z() >= limit::OWN_TEST.value
            {
                let share = Share::converted(self.usual_share(ledger, index, callee), other);
                let prior = limit::OTHER_KIND.value.ln();
                found.push(handed_on(own, theirs, (callee, other), share, prior));
            }
        }
        if strangers {
            let above = self.above(index);
            for (stranger, node) in self.nodes.iter().enumerate() {
                let known = stranger == index || below.measured.contains(&stranger);
                let Some(theirs) = node.excess(kind).filter(|_| !known) else { continue };
                if self.is_edge(stranger) || above.contains(&stranger) {
                    continue;
                }
                if theirs.known && theirs.z() >= limit::OWN_TEST.value {
                    let share = self.usual_share(ledger, index, stranger);
                    let prior = limit::UNSEEN_EDGE.value.ln();
                    found.push(handed_on(own, theirs, (stranger, kind), share, prior));
                }
            }
        }
        let weights: Vec<f64> = found.iter().map(|explanation| explanation.log_weight).collect();
        let total = log_sum_exp(&weights);
        for explanation in &mut found {
            explanation.probability =
                if total.is_finite() { (explanation.log_weight - total).exp() } else { 0.0 };
        }
        if !total.is_finite()
            && let Some(first) = found.first_mut()
        {
            first.probability = 1.0;
        }
        found
    }

    /// Several callees in trouble at once, as those of a shared database are: what none of them
    /// explains alone they may explain together. Each gets its part of the probability.
    fn together(
        &self,
        ledger: &Ledger,
        (caller, kind): State,
        own: &Excess,
        callees: &[usize],
    ) -> Vec<Explanation> {
        let troubled: Vec<(usize, f64, &Excess)> = callees
            .iter()
            .filter_map(|&callee| {
                let theirs = self.nodes.get(callee)?.excess(kind)?;
                let stands_out = theirs.known && theirs.z() >= limit::OWN_TEST.value;
                let share = self.usual_share(ledger, caller, callee).middle;
                stands_out.then_some((callee, share, theirs))
            })
            .collect();
        let Some((_, _, first)) = troubled.first().filter(|_| troubled.len() > 1) else {
            return Vec::new();
        };
        let rows = own.values.len();
        let mut sum: Excess = (*first).clone();
        (sum.values, sum.variance) = (vec![0.0; rows], vec![0.0; rows]);
        let mut offset = vec![0.0_f64; rows];
        for (_, share, theirs) in &troubled {
            let add = |to: &mut [f64], from: &[f64], factor: f64| {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
            };
            add(&mut sum.values, &theirs.values, *share);
            add(&mut sum.variance, &theirs.variance, share * share);
            for (all, one) in offset.iter_mut().zip(&theirs.offset) {
                *all = all.hypot(share * one);
            }
        }
        sum.offset = offset;
        let all = Share { middle: 1.0, below: limit::SHARE_BELOW.value };
        let prior = limit::TOGETHER.value.ln();
        let whole = handed_on(own, &sum, (caller, kind), all, prior);
        let cost = |share: f64, theirs: &Excess| (share * theirs.total()).max(0.0);
        let total: f64 = troubled.iter().map(|(_, share, theirs)| cost(*share, theirs)).sum();
        let part = |(callee, share, theirs): &(usize, f64, &Excess)| {
            let part = if total > 0.0 { cost(*share, theirs) / total } else { 0.0 };
            Explanation {
                by: Some((*callee, kind)),
                log_weight: whole.log_weight + part.ln(),
                probability: 0.0,
                share: whole.share * part,
            }
        };
        troubled.iter().map(part).collect()
    }

    /// Callees that keep a caller waiting for a multiple of the time it usually takes altogether.
    ///
    /// By Little's law (1961) the caller then holds as many times more requests at once, so that it
    /// runs out of workers and connections: its own queue comes on top of what the callee takes,
    /// calls run into their time-outs, and its excess may have any form and size.
    fn overrun(
        &self,
        ledger: &Ledger,
        (caller, kind): State,
        free: f64,
        callees: &[usize],
    ) -> Vec<Explanation> {
        let Some(own) = self.nodes.get(caller).and_then(|node| node.excess(Kind::Time)) else {
            return Vec::new();
        };
        let waits = |callee: usize| {
            let theirs = self.nodes.get(callee)?.excess(Kind::Time)?;
            let pulse = theirs.pulse.filter(|pulse| pulse.z >= limit::OWN_TEST.value)?;
            let sum = |rows: &[f64]| rows.get(pulse.from..pulse.to).map(|r| r.iter().sum::<f64>());
            let share = self.usual_share(ledger, caller, callee).middle;
            let waiting = share * sum(&theirs.values)?;
            let usually = own.usual * sum(&own.requests)?;
            let overruns = theirs.known && waiting >= limit::OVERRUN.value * usually;
            (overruns && waiting > 0.0).then_some((callee, waiting))
        };
        let found: Vec<(usize, f64)> = callees.iter().copied().filter_map(waits).collect();
        let all: f64 = found.iter().map(|(_, waiting)| waiting).sum();
        let price = match kind {
            Kind::Time => 0.0,
            Kind::Errors => limit::OTHER_KIND.value.ln(),
        };
        let explanation = |(callee, waiting): (usize, f64)| Explanation {
            by: Some((callee, Kind::Time)),
            log_weight: free + price + (limit::OVERRUN_ODDS.value * waiting / all).ln(),
            probability: 0.0,
            share: 1.0,
        };
        found.into_iter().map(explanation).collect()
    }

    /// The share of a callee's requests that come from this caller.
    fn usual_share(&self, ledger: &Ledger, caller: usize, callee: usize) -> Share {
        let median = |node: usize| {
            let table = self.nodes.get(node)?.table(ledger)?;
            let rows = table.requests.get(ledger.window.clone())?;
            table.counted.then(|| nightjar_series::robust::median(rows))
        };
        if self.is_edge(callee) {
            // The edge is the caller's own measurement of this callee.
            return Share { middle: 1.0, below: limit::EDGE_SHARE_BELOW.value };
        }
        let middle = if self.is_edge(caller) {
            median(caller).zip(median(callee)).map(|(edge, all)| edge / all)
        } else {
            let callers = self.nodes.get(callee).map_or(&[][..], |node| &node.callers);
            let others = callers.iter().copied().filter(|&other| other != caller);
            let others: f64 = others.filter_map(median).sum();
            median(caller).map(|mine| mine / (mine + others))
        };
        let middle = middle.filter(|share| share.is_finite()).unwrap_or(1.0).clamp(1e-3, 1.0);
        Share { middle, below: limit::SHARE_BELOW.value }
    }
}

/// One explanation of a place's excess.
struct Explanation {
    /// The place it comes from; `None` for the place itself.
    by: Option<State>,
    log_weight: f64,
    probability: f64,
    /// Share of the excess that it accounts for.
    share: f64,
}

/// The way from a root back to the symptom, and the share of the symptom's excess that it carries.
fn trace_back(
    root: State,
    symptoms: &[State],
    origin: &BTreeMap<State, (State, f64, f64)>,
) -> (Vec<usize>, f64) {
    let mut path = vec![root.0];
    let mut share = 1.0;
    let mut here = root;
    while !symptoms.contains(&here) {
        let Some(&(before, _, part)) = origin.get(&here) else { break };
        share *= part;
        if path.last() != Some(&before.0) {
            path.push(before.0);
        }
        here = before;
    }
    (path, share)
}
