use nightjar_topology::EntityKind;
use serde_json::{Value, json};

use super::Transition;
use super::rule::Subject;

/// The message of a webhook with the template that Datadog's documentation suggests for
/// correlation: every value is a string.
pub(super) fn payload(transition: &Transition<'_>) -> Value {
    let Transition { rule, entity, .. } = transition;
    let id = &rule.entity;
    let metric = match rule.subject {
        Subject::Latency => "trace.http.request.duration.avg",
        Subject::ErrorShare | Subject::ErrorCount => "trace.http.request.errors",
        Subject::Processor => "kubernetes.cpu.usage.total",
        Subject::Memory => "kubernetes.memory.usage_pct",
        Subject::PoolPending => "hikaricp.connections.pending",
        Subject::Throttled => "aws.dynamodb.throttled_requests",
        Subject::Disk => "system.disk.in_use",
        Subject::QueueAge => "aws.sqs.approximate_age_of_oldest_message",
    };
    let region = entity.attributes.get("cloud.region").map_or("none", String::as_str);
    let is_host = entity.kind == EntityKind::Host;
    let scope = format!("{}:{id}", if is_host { "host" } else { "service" });
    let state = if transition.is_firing { "Triggered" } else { "Recovered" };
    let link = format!("https://app.datadoghq.eu/monitors/{}", transition.number % 1_000_000);
    json!({
        "id": format!("{}", transition.number * 31 + u64::from(transition.is_firing)),
        "alert_id": format!("{}", transition.number % 1_000_000),
        "alert_cycle_key": format!("{}", transition.number),
        "aggreg_key": format!("{:016x}", transition.number * 2_654_435_761),
        "alert_transition": state,
        "alert_status": state,
        "alert_type": if transition.is_firing { "error" } else { "success" },
        "alert_metric": metric,
        "alert_query": format!("avg(last_2m):avg:{metric}{{{scope},env:prod}} > {}", rule.threshold),
        "alert_scope": format!("{scope},env:prod"),
        "alert_priority": "P2",
        "event_type": "query_alert_monitor",
        "title": format!("[{state} on {{{scope}}}] {}", rule.title()),
        "body": format!("{}. Last value {:.3}, threshold {}. @webhook-nightjar", rule.title(), transition.value, rule.threshold),
        "hostname": if is_host { id.as_str() } else { "" },
        "tags": format!("env:prod,monitor,region:{region},{scope}"),
        "date": transition.at.as_millisecond().to_string(),
        "last_updated": transition.at.as_millisecond().to_string(),
        "org": { "id": "418214", "name": "Example Shop" },
        "link": link,
    })
}
