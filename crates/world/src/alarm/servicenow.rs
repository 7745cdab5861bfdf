use serde_json::{Value, json};

use super::Transition;

/// An incident record as a business rule would send it: every value is a string.
pub(super) fn payload(transition: &Transition<'_>) -> Value {
    let Transition { rule, entity, .. } = transition;
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let sys_id =
        format!("{:016x}{:016x}", transition.number * 40_503, transition.number * 2_654_435_761);
    let environment = entity.attributes.get("k8s.cluster.name").map_or("shop-prod", String::as_str);
    let resolved_at = if transition.is_firing { String::new() } else { time(transition.at) };
    json!({
        "sys_id": sys_id,
        "number": format!("INC{:07}", transition.number % 10_000_000),
        "short_description": rule.title(),
        "description": format!("Event management: {}. Measured {:.3}, threshold {}.", rule.title(), transition.value, rule.threshold),
        "state": if transition.is_firing { "1" } else { "6" },
        "impact": "2",
        "urgency": "1",
        "priority": "2",
        "severity": "2",
        "category": "availability",
        "assignment_group": { "display_value": "Shop Operations", "link": "https://example.service-now.com/api/now/table/sys_user_group/8a4dde73" },
        "cmdb_ci": { "display_value": rule.entity.as_str(), "link": format!("https://example.service-now.com/api/now/table/cmdb_ci/{sys_id}") },
        "business_service": { "display_value": environment, "link": "https://example.service-now.com/api/now/table/cmdb_ci_service/27d32778" },
        "opened_at": time(transition.since),
        "resolved_at": resolved_at,
        "close_code": "",
        "close_notes": "",
    })
}
