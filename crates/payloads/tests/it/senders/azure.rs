use nightjar_incident::{Severity, Signal};
use serde_json::{Value, json};

use crate::sender::{Expected, Sender, bare};

const TARGET: &str =
    "/subscriptions/0f1e/resourcegroups/shop/providers/microsoft.web/sites/checkout";

fn sample() -> Value {
    json!({
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": "/subscriptions/0f1e/providers/Microsoft.AlertsManagement/alerts/a1b2",
                "alertRule": "checkout answers slowly",
                "severity": "Sev1",
                "signalType": "Metric",
                "monitorCondition": "Fired",
                "monitoringService": "Platform",
                "alertTargetIDs": [TARGET],
                "configurationItems": ["checkout"],
                "originAlertId": "o-1",
                "firedDateTime": "2026-11-23T03:00:12.0000000Z",
                "description": "p95 above 2 s",
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0",
            },
            "alertContext": {
                "properties": null,
                "conditionType": "SingleResourceMultipleMetricCriteria",
                "condition": {
                    "windowSize": "PT5M",
                    "allOf": [{
                        "metricName": "HttpResponseTime",
                        "metricNamespace": "microsoft.web/sites",
                        "operator": "GreaterThan",
                        "threshold": "2",
                        "timeAggregation": "Average",
                        "dimensions": [{ "name": "Instance", "value": "rd0003" }],
                        "metricValue": 3.1,
                    }],
                },
            },
            "customProperties": { "team": "shop" },
        },
    })
}

pub(crate) fn metric() -> Sender {
    Sender {
        provider: "azure",
        form: "metric",
        sample: sample(),
        wrap: bare,
        again: vec![("/data/alertContext/condition/allOf/0/metricValue", json!(3.4))],
        acknowledged: None,
        resolved: Some(vec![
            ("/data/essentials/monitorCondition", json!("Resolved")),
            ("/data/essentials/resolvedDateTime", json!("2026-11-23T03:20:00Z")),
        ]),
        another: vec![("/data/essentials/alertId", json!("/subscriptions/0f1e/alerts/c3"))],
        odd_state: Some(vec![("/data/essentials/monitorCondition", json!("Exploded"))]),
        odd_severity: Some(vec![("/data/essentials/severity", json!("purple"))]),
        no_service: vec![
            ("/data/essentials/alertTargetIDs", json!([])),
            ("/data/essentials/configurationItems", json!(null)),
            ("/data/alertContext/condition/allOf/0/dimensions", json!([])),
        ],
        no_title: Some(vec![("/data/essentials/alertRule", json!(null))]),
        no_key: (
            vec![
                ("/data/essentials/alertId", json!(null)),
                ("/data/essentials/originAlertId", json!(null)),
            ],
            "`data.essentials.alertId` or `data.essentials.originAlertId` should be a text; found nothing",
        ),
        start: &["/data/essentials/firedDateTime"],
        batch: None,
        expected: Expected {
            key: "/subscriptions/0f1e/providers/Microsoft.AlertsManagement/alerts/a1b2",
            title: "checkout answers slowly",
            description: "p95 above 2 s",
            severity: Severity::High,
            signal: Some(Signal::Latency),
            names: &["checkout", TARGET, "rd0003"],
            labels: &[
                ("team", "shop"),
                ("metric", "HttpResponseTime"),
                ("query", "Average HttpResponseTime GreaterThan 2"),
            ],
            url: None,
            notes: &[],
        },
    }
}

/// A search over logs, which has a link.
pub(crate) fn log() -> Sender {
    let mut log = metric();
    log.form = "log search";
    log.sample["data"]["essentials"]["monitoringService"] = json!("Log Alerts V2");
    log.sample["data"]["essentials"]["severity"] = json!("Sev2");
    log.sample["data"]["essentials"]["alertRule"] = json!("checkout fails");
    log.sample["data"]["alertContext"]["condition"]["allOf"] = json!([{
        "searchQuery": "requests | where success == false",
        "metricMeasureColumn": null,
        "operator": "GreaterThan",
        "threshold": "5",
        "timeAggregation": "Count",
        "dimensions": [],
        "metricValue": 9,
        "linkToSearchResultsUI": "https://portal.azure.example/logs",
    }]);
    log.expected = Expected {
        title: "checkout fails",
        severity: Severity::Warning,
        signal: Some(Signal::Errors),
        names: &["checkout", TARGET],
        labels: &[("query", "requests | where success == false")],
        url: Some("https://portal.azure.example/logs"),
        ..log.expected
    };
    log
}
