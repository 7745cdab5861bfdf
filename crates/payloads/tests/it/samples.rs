//! One message per sender about the same trouble, to be varied by the tests.

use serde_json::{Value, json};

pub(crate) fn datadog() -> Value {
    json!({
        "id": "7411",
        "title": "[Triggered] p95 latency of checkout",
        "event_msg": "checkout p95 is 3.1 s",
        "alert_id": "101",
        "alert_cycle_key": "c-1",
        "aggreg_key": "a-1",
        "alert_transition": "Triggered",
        "alert_status": "Alert",
        "alert_query": "avg(last_5m):p95:trace.http.request.duration{env:prod,service:checkout} > 2",
        "alert_scope": "env:prod,service:checkout",
        "alert_metric": "trace.http.request.duration",
        "alert_priority": "P1",
        "tags": "env:prod,service:checkout,team:shop",
        "hostname": "checkout-7",
        "link": "https://app.datadoghq.example/monitors/101",
        "date": "1795402812000",
        "org": { "id": "1", "name": "Shop" },
    })
}

pub(crate) fn pagerduty() -> Value {
    json!({
        "event": {
            "id": "01BBYA",
            "event_type": "incident.triggered",
            "resource_type": "incident",
            "occurred_at": "2026-11-23T03:00:14.000Z",
            "agent": null,
            "client": { "name": "Monitoring" },
            "data": {
                "id": "PGR0VU2",
                "type": "incident",
                "self": "https://api.pagerduty.example/incidents/PGR0VU2",
                "html_url": "https://acme.pagerduty.example/incidents/PGR0VU2",
                "number": 2,
                "status": "triggered",
                "incident_key": "d3640fbd41094207a1c11e58e46b1662",
                "created_at": "2026-11-23T03:00:12Z",
                "title": "checkout errors above 5 %",
                "service": { "id": "PF9KMXH", "type": "service_reference", "summary": "checkout" },
                "assignees": [],
                "priority": null,
                "urgency": "high",
                "conference_bridge": null,
                "resolve_reason": null,
            },
        },
    })
}

pub(crate) fn servicenow() -> Value {
    json!({
        "sys_id": "9d385017c611228701d22104cc95c371",
        "number": "INC0010023",
        "short_description": "Customers can't pay: slow answers",
        "description": "Reported by three shops.",
        "state": "1",
        "impact": "2",
        "urgency": "1",
        "priority": "1 - Critical",
        "category": "software",
        "assignment_group": { "display_value": "Payments", "link": "https://x.example/g" },
        "cmdb_ci": { "display_value": "payment-processor", "link": "https://x.example/ci" },
        "business_service": { "display_value": "Shop", "link": "https://x.example/s" },
        "opened_at": "2026-11-23 03:00:12",
        "resolved_at": "",
    })
}

pub(crate) fn alarm() -> Value {
    json!({
        "AlarmName": "payments-table-throttled",
        "AlarmDescription": null,
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": "Threshold Crossed: 1 datapoint [42.0] was greater than the threshold (0.0).",
        "StateChangeTime": "2026-11-23T03:00:12.000+0000",
        "Region": "EU (Ireland)",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:payments-table-throttled",
        "Trigger": {
            "MetricName": "ThrottledRequests",
            "Namespace": "AWS/DynamoDB",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": null,
            "Dimensions": [
                { "value": "payments", "name": "TableName" },
                { "value": "PutItem", "name": "Operation" },
            ],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0.0,
            "TreatMissingData": "",
        },
    })
}

pub(crate) fn over_sns(alarm: &Value) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "f3",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Subject": "ALARM",
        "Message": alarm.to_string(),
        "Timestamp": "2026-11-23T03:00:13.000Z",
        "SignatureVersion": "1",
    })
}

pub(crate) fn sns() -> Value {
    over_sns(&alarm())
}

pub(crate) fn eventbridge() -> Value {
    json!({
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-11-23T03:00:13Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:payments-table-throttled"],
        "detail": {
            "alarmName": "payments-table-throttled",
            "configuration": {
                "description": "The table turns requests away",
                "metrics": [{
                    "id": "m1",
                    "metricStat": {
                        "metric": {
                            "dimensions": { "TableName": "payments" },
                            "name": "ThrottledRequests",
                            "namespace": "AWS/DynamoDB",
                        },
                        "period": 60,
                        "stat": "Sum",
                    },
                    "returnData": true,
                }],
            },
            "state": { "value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-11-23T03:00:12.000+0000" },
            "previousState": { "value": "OK", "timestamp": "2026-11-23T01:00:00.000+0000" },
            "alarmTags": { "team": "payments" },
        },
    })
}

pub(crate) fn alertmanager() -> Value {
    json!({
        "version": "4",
        "groupKey": "{}:{alertname=\"HighLatency\"}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "nightjar",
        "groupLabels": { "alertname": "HighLatency" },
        "commonLabels": { "alertname": "HighLatency", "cluster": "a" },
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.example",
        "alerts": [{
            "status": "firing",
            "labels": {
                "alertname": "HighLatency", "service": "checkout", "severity": "critical",
                "instance": "10.0.0.1:9100",
            },
            "annotations": { "summary": "checkout is slow", "description": "p95 is 3.1 s" },
            "startsAt": "2026-11-23T03:00:12.000Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://prometheus.example/graph?g0.expr=histogram_quantile%280.95%2C+rate%28http_request_duration_seconds_bucket%5B5m%5D%29%29+%3E+2&g0.tab=1",
            "fingerprint": "c4e1f0a9b8d7e6f5",
        }],
    })
}

pub(crate) fn grafana() -> Value {
    let mut message = alertmanager();
    message["orgId"] = json!(1);
    message["state"] = json!("alerting");
    message["title"] = json!("[FIRING:1] HighLatency");
    message["alerts"][0]["values"] = json!({ "B": 3.1, "C": 1 });
    message["alerts"][0]["dashboardURL"] = json!("https://grafana.example/d/1");
    message
}

pub(crate) fn grafana_legacy() -> Value {
    json!({
        "ruleId": 7,
        "ruleName": "checkout latency",
        "ruleUrl": "https://grafana.example/rule/7",
        "state": "alerting",
        "message": "p95 above 2 s",
        "evalMatches": [{ "value": 3.1, "metric": "latency", "tags": { "service": "checkout" } }],
    })
}

pub(crate) fn generic() -> Value {
    json!({
        "eventType": "incident",
        "incidentId": "shop-17",
        "action": "created",
        "priority": "HIGH",
        "title": "checkout answers slowly",
        "description": "p95 3.1 s",
        "timestamp": "2026-11-23T03:00:12.000Z",
        "service": "checkout",
        "data": {
            "metric": "latency",
            "entities": ["checkout-7"],
            "metadata": { "region": "eu-west-1" },
        },
    })
}
