//! A whole recording.

use jiff::Timestamp;
use nightjar_incident::{
    Change, ChangeId, ChangeKind, LogRecord, LogSeverity, RawAlert, Recording, Span, SpanStatus,
};
use nightjar_topology::{Entity, EntityId, EntityKind};
use serde_json::json;

use crate::redactor;

fn recording() -> Recording {
    let entity = EntityId::new("alice-service").unwrap();
    let mut recording = Recording { name: "one".to_owned(), ..Recording::default() };
    let mut node = Entity::new(entity.clone(), EntityKind::Service);
    node.attributes.insert("contact.email".to_owned(), "ada@example.com".to_owned());
    node.attributes.insert("service.version".to_owned(), "1.2.3.4".to_owned());
    recording.topology.add(node);
    recording.alerts.push(RawAlert {
        provider: None,
        received_at: Timestamp::UNIX_EPOCH,
        payload: json!({"title": "checkout fails for ada@example.com", "startsAt": 1_764_000_000_000_i64}),
    });
    recording.changes.push(Change {
        id: ChangeId::new("change-1"),
        kind: ChangeKind::Deployment,
        at: Timestamp::UNIX_EPOCH,
        entities: vec![entity.clone()],
        summary: "deploy 1.2.3 for ada@example.com".to_owned(),
        author: Some("Ada Lovelace".to_owned()),
        previous: Some("password=hunter2".to_owned()),
        url: Some("https://user:hunter22@git.internal/c/1".to_owned()),
    });
    recording.logs.push(LogRecord {
        at: Timestamp::UNIX_EPOCH,
        entity: entity.clone(),
        severity: LogSeverity::Error,
        body: "no stock for ada@example.com from 203.0.113.9".to_owned(),
        trace_id: Some("5b8efff798038103d269b633813fc60c".to_owned()),
        span_id: None,
    });
    recording.spans.push(Span {
        trace_id: "5b8efff798038103d269b633813fc60c".to_owned(),
        span_id: "eee19b7ec3c1b174".to_owned(),
        parent_id: None,
        entity,
        peer: None,
        operation: "GET /users/ada@example.com".to_owned(),
        start_nanos: 1,
        end_nanos: 2,
        status: SpanStatus::Error,
    });
    recording
}

#[test]
fn everything_a_person_wrote_is_read_and_everything_else_stays() {
    let before = recording();
    let mut after = before.clone();
    let mut redactor = redactor();
    redactor.recording(&mut after);
    let text = serde_json::to_string(&after).unwrap();
    for secret in ["ada@", "Ada Lovelace", "hunter2", "203.0.113.9"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // One person, one pseudonym: in topology, alert, change, log and span.
    let pseudonym = redactor.text("ada@example.com").into_owned();
    assert_eq!(text.matches("‹email:").count(), 5, "{text}");
    assert_eq!(text.matches(pseudonym.as_str()).count(), 5, "{text}");

    assert_eq!(after.logs[0].entity, before.logs[0].entity);
    assert_eq!(after.logs[0].trace_id, before.logs[0].trace_id);
    assert_eq!(after.alerts[0].payload["startsAt"], before.alerts[0].payload["startsAt"]);
    assert!(text.contains("1.2.3.4") && text.contains("alice-service"), "{text}");

    let mut again = after.clone();
    redactor.recording(&mut again);
    assert_eq!(again, after);
}
