use serde_json::{Value, json};

use super::Transition;
use super::rule::Subject;
use nightjar_topology::EntityKind;

/// An alarm as CloudWatch sends it through SNS: the message is JSON in a string.
pub(super) fn payload(transition: &Transition<'_>) -> Value {
    let Transition { rule, entity, .. } = transition;
    let id = rule.entity.as_str();
    let (namespace, dimension) = match entity.kind {
        EntityKind::Table => ("AWS/DynamoDB", "TableName"),
        EntityKind::Function => ("AWS/Lambda", "FunctionName"),
        EntityKind::Queue => ("AWS/SQS", "QueueName"),
        EntityKind::Database => ("AWS/RDS", "DBInstanceIdentifier"),
        _ => ("AWS/ApiGateway", "ApiName"),
    };
    let (metric, statistic, unit) = match (rule.subject, entity.kind) {
        (Subject::Latency, EntityKind::Function) => ("Duration", "AVERAGE", "Seconds"),
        (Subject::Latency, _) => ("Latency", "AVERAGE", "Seconds"),
        (Subject::ErrorShare | Subject::ErrorCount, EntityKind::Function) => {
            ("Errors", "SUM", "Count")
        }
        (Subject::ErrorShare | Subject::ErrorCount, _) => ("5XXError", "SUM", "Count"),
        (Subject::Processor, _) => ("CPUUtilization", "AVERAGE", "Percent"),
        (Subject::Memory, _) => ("MemoryUtilization", "AVERAGE", "Percent"),
        (Subject::PoolPending, _) => ("DatabaseConnections", "MAXIMUM", "Count"),
        (Subject::Throttled, _) => ("ThrottledRequests", "SUM", "Count"),
        (Subject::Disk, _) => ("FreeStorageSpace", "AVERAGE", "Bytes"),
        (Subject::QueueAge, _) => ("ApproximateAgeOfOldestMessage", "MAXIMUM", "Seconds"),
    };
    let time = transition.at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
    let (new, old, relation) = if transition.is_firing {
        ("ALARM", "OK", "greater than")
    } else {
        ("OK", "ALARM", "not greater than")
    };
    let name = format!("{id}-{metric}");
    let message = json!({
        "AlarmName": name,
        "AlarmDescription": rule.title(),
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2026-03-02T09:14:11.120+0000",
        "NewStateValue": new,
        "NewStateReason": format!("Threshold Crossed: {} datapoint(s) [{:.1}] were {relation} the threshold ({:.1}).", rule.samples, transition.value, rule.threshold),
        "StateChangeTime": time,
        "Region": "EU (Frankfurt)",
        "AlarmArn": format!("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{name}"),
        "OldStateValue": old,
        "OKActions": [],
        "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:oncall"],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": metric,
            "Namespace": namespace,
            "StatisticType": "Statistic",
            "Statistic": statistic,
            "Unit": unit,
            "Dimensions": [{ "value": id, "name": dimension }],
            "Period": 60,
            "EvaluationPeriods": rule.samples,
            "DatapointsToAlarm": rule.samples,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": rule.threshold,
            "TreatMissingData": "notBreaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    });
    json!({
        "Type": "Notification",
        "MessageId": format!("{:08x}-7c1e-5b0a-9f3d-{:012x}", transition.number, transition.number * 31 + u64::from(transition.is_firing)),
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:oncall",
        "Subject": format!("{new}: \"{name}\" in EU (Frankfurt)"),
        "Message": message.to_string(),
        "Timestamp": transition.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "SignatureVersion": "1",
        "Signature": "c2ltdWxhdGVk",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0000000000000000000000.pem",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    })
}
