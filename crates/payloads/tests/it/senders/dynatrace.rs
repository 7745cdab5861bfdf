use nightjar_incident::{Severity, Signal};
use serde_json::json;

use crate::sender::{Expected, Sender, bare};

pub(crate) fn template() -> Sender {
    Sender {
        provider: "dynatrace",
        form: "template",
        sample: json!({
            "State": "OPEN",
            "ProblemID": "P-26112",
            "PID": "-4711815_1795402800000V2",
            "ProblemTitle": "Failure rate increase",
            "ProblemSeverity": "ERROR",
            "ProblemImpact": "SERVICES",
            "ImpactedEntity": "1 impacted service",
            "ImpactedEntities": [
                { "type": "SERVICE", "name": "checkout", "entity": "SERVICE-0F1E2D3C" },
            ],
            "ImpactedEntityNames": "checkout",
            "ProblemDetailsText": "5 % of requests fail",
            "ProblemDetailsJSON": { "startTime": 1_795_402_812_000_i64, "endTime": -1 },
            "ProblemURL": "https://x.dynatrace.example/#problems;pid=1",
            "Tags": "env:prod, team:shop",
        }),
        wrap: bare,
        again: vec![("/ProblemDetailsText", json!("7 % of requests fail"))],
        acknowledged: None,
        resolved: Some(vec![
            ("/State", json!("RESOLVED")),
            ("/ProblemDetailsJSON/endTime", json!(1_795_404_000_000_i64)),
        ]),
        another: vec![("/PID", json!("1_1V2"))],
        odd_state: Some(vec![("/State", json!("Exploded"))]),
        odd_severity: Some(vec![("/ProblemSeverity", json!("purple"))]),
        no_service: vec![
            ("/ImpactedEntities", json!([])),
            ("/ImpactedEntityNames", json!(null)),
            ("/ImpactedEntity", json!("3 impacted entities")),
        ],
        no_title: Some(vec![("/ProblemTitle", json!(null))]),
        no_key: (
            vec![("/PID", json!(null)), ("/ProblemID", json!(null))],
            "`PID` or `ProblemID` should be a text; found nothing",
        ),
        start: &["/ProblemDetailsJSON/startTime"],
        batch: None,
        expected: Expected {
            key: "-4711815_1795402800000V2",
            title: "Failure rate increase",
            description: "5 % of requests fail",
            severity: Severity::High,
            signal: Some(Signal::Errors),
            names: &["checkout", "SERVICE-0F1E2D3C"],
            labels: &[("env", "prod"), ("team", "shop"), ("category", "ERROR")],
            url: Some("https://x.dynatrace.example/#problems;pid=1"),
            notes: &[],
        },
    }
}
