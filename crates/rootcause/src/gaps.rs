//! What couldn't be seen, and what it would have told.

use std::collections::BTreeSet;

use nightjar_incident::Gap;
use nightjar_topology::{EntityId, EntityKind};

use crate::case::Case;
use crate::explain::Suspect;
use crate::graph::Graph;
use crate::ledger::metrics;

/// Gaps of the connections, and entities next to the trail without telemetry of their own.
pub(crate) fn find(
    case: &Case<'_>,
    graph: Option<&Graph>,
    ranked: &[Suspect],
    starts: &[EntityId],
) -> Vec<Gap> {
    let mut found: Vec<Gap> = case.gaps.to_vec();
    let told: BTreeSet<&EntityId> =
        metrics(case.evidence).map(|(_, series)| &series.entity).collect();
    let trail: BTreeSet<&EntityId> =
        ranked.first().into_iter().flat_map(|s| &s.path).chain(starts).collect();
    for id in &trail {
        if !told.contains(id) {
            found.push(silent(case, id, "whether the fault is its own or comes from beyond it"));
        }
        for relation in case.topology.dependencies(id).filter(|r| r.kind.is_request()) {
            let seen = told.contains(&relation.to)
                || graph.is_some_and(|graph| graph.edge(id, &relation.to).is_some());
            if !seen && !trail.contains(&relation.to) {
                let why = format!("whether `{id}` suffers from it");
                found.push(silent(case, &relation.to, &why));
            }
        }
    }
    for alert in case.alerts.iter().filter(|_| case.symptoms.is_empty()) {
        let known = case.topology.entities().any(|entity| {
            alert.entity_names.iter().any(|name| {
                entity.id.as_str().eq_ignore_ascii_case(name)
                    || entity.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
            })
        });
        if !known {
            found.push(Gap {
                entity: None,
                wanted: format!("the entity that alert `{}` speaks of", alert.title),
                reason: "the topology knows none of its names".to_owned(),
                would_tell: "where to start".to_owned(),
            });
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|gap| seen.insert(gap.clone()));
    found
}

fn silent(case: &Case<'_>, id: &EntityId, would_tell: &str) -> Gap {
    let reason = match case.topology.kind(id) {
        EntityKind::External => "it lies outside the estate and reports nothing",
        _ => "no metrics of it were recorded",
    };
    Gap {
        entity: Some(id.clone()),
        wanted: format!("metrics of `{id}`"),
        reason: reason.to_owned(),
        would_tell: would_tell.to_owned(),
    }
}
