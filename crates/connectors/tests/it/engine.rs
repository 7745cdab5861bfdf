//! What the engine makes of what a database tells of this moment.

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::Answer;
use nightjar_incident::{
    Alert, Evidence, EvidenceId, FaultMode, Observation, ObservationKind, Source, SpaceId, Window,
};
use nightjar_rootcause::{Case, Symptom, investigate};
use nightjar_topology::{Entity, EntityId, EntityKind, Topology};

/// What is observed of the entity `db`, which an alert just now complains about.
pub(crate) fn concluded(answers: &[Answer]) -> Vec<Observation> {
    let now = Timestamp::now();
    let db = EntityId::new("db").unwrap();
    let mut topology = Topology::default();
    topology.add(Entity::new(db.clone(), EntityKind::Database));
    let evidence: Vec<Evidence> = answers
        .iter()
        .enumerate()
        .map(|(number, answer)| Evidence {
            id: EvidenceId::new(format!("ev-{number}")),
            space: SpaceId::new("s"),
            source: Source { connection: "mine".to_owned(), system: "database".to_owned() },
            query: answer.query.clone(),
            window: Window { from: now - SignedDuration::from_hours(1), to: now },
            taken_at: now,
            content: answer.content.clone(),
            truncated: answer.truncated.clone(),
            notes: answer.notes.clone(),
        })
        .collect();
    let alerts: Vec<Alert> = Vec::new();
    let symptoms = [Symptom { entity: db, signal: None }];
    let case = Case {
        now,
        alerts: &alerts,
        symptoms: &symptoms,
        topology: &topology,
        evidence: &evidence,
        gaps: &[],
        is_cut_short: false,
        without: &[],
    };
    investigate(&case).observations
}

/// The fault that the database is observed to state itself, with all that is stated.
pub(crate) fn stated(observations: &[Observation]) -> (Option<FaultMode>, Vec<&str>) {
    let of = |observation: &&Observation| {
        observation.kind == ObservationKind::Stated && observation.entity.as_str() == "db"
    };
    let stated: Vec<&Observation> = observations.iter().filter(of).collect();
    // Of several the most certain.
    let most = stated.iter().max_by(|a, b| a.z.total_cmp(&b.z));
    let summaries = stated.iter().map(|observation| observation.summary.as_str()).collect();
    (most.and_then(|observation| observation.stated), summaries)
}
