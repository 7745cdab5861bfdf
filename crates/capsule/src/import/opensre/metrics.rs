//! CloudWatch metrics and Performance Insights as columns.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::Column;
use nightjar_topology::{EntityId, EntityKind};
use serde_json::Value;

use super::json::{items, list, short, text, time};
use super::scenario::Scenario;
use super::{Draft, latest_in};

pub(super) fn read(scenario: &Scenario, draft: &mut Draft) {
    for (file, document) in scenario.documents("aws_cloudwatch_metrics") {
        match document {
            Ok(document) => cloudwatch(&file, &document, draft),
            Err(error) => draft.note(format!("metrics: {error}")),
        }
    }
    for (file, document) in scenario.documents("aws_performance_insights") {
        match document {
            Ok(document) => insights(&file, &document, draft),
            Err(error) => draft.note(format!("metrics: {error}")),
        }
    }
}

/// One document of metrics, or one metric by itself.
fn cloudwatch(file: &str, document: &Value, draft: &mut Draft) {
    let several = items(document, &["metric_data_results", "metrics"]);
    let single = std::slice::from_ref(document);
    let metrics =
        if several.is_empty() && document.get("metric_name").is_some() { single } else { several };
    for metric in metrics {
        if let Err(why) = one(metric, draft) {
            draft.note(format!("metrics: {file}: {why}"));
        }
    }
}

fn one(metric: &Value, draft: &mut Draft) -> Result<(), String> {
    let name = text(metric, "metric_name").ok_or("a metric without `metric_name`")?;
    let dimension = list(metric.get("dimensions"))
        .iter()
        .find_map(|d| text(d, "Value").or_else(|| text(d, "value")));
    let entity = dimension.ok_or_else(|| format!("`{}` names no entity", short(name)))?;
    let Some(entity) = draft.entity(entity, EntityKind::Database) else { return Ok(()) };
    if let Some(status) = text(metric, "status_code").filter(|status| *status != "Complete") {
        draft.note(format!("metrics: `{}` is told as {}", short(name), short(status)));
    }
    let (unit, factor) = unit(text(metric, "unit").unwrap_or_default());
    let times = list(metric.get("timestamps"));
    let values = list(metric.get("values"));
    if times.len() != values.len() {
        draft.note(format!(
            "metrics: `{}` has {} times for {} values; the rest is left out",
            short(name),
            times.len(),
            values.len()
        ));
    }
    let samples = times
        .iter()
        .zip(values)
        .filter_map(|(at, value)| Some((time(at)?.as_millisecond(), value.as_f64()? * factor)));
    let statistic = match text(metric, "stat").unwrap_or_default() {
        "Maximum" => Statistic::Max,
        "Sum" => Statistic::Sum,
        "SampleCount" => Statistic::Count,
        // The least within a minute is nearest to a level.
        "Minimum" => Statistic::Last,
        _ => Statistic::Mean,
    };
    let samples: Vec<(i64, f64)> = samples.collect();
    if samples.is_empty() {
        return Err(format!("`{}` has no values", short(name)));
    }
    let (name, attributes) = (format!("aws.rds.{}", snake(name)), BTreeMap::new());
    push(draft, entity, name, statistic, unit, attributes, samples);
    Ok(())
}

/// UCUM and the factor to it, from CloudWatch's words.
fn unit(word: &str) -> (&'static str, f64) {
    match word {
        "Percent" => ("1", 0.01),
        "Seconds" => ("s", 1.0),
        "Milliseconds" => ("s", 1e-3),
        "Microseconds" => ("s", 1e-6),
        "Bytes" => ("By", 1.0),
        "Kilobytes" => ("By", 1e3),
        "Megabytes" => ("By", 1e6),
        "Gigabytes" => ("By", 1e9),
        "Bytes/Second" => ("By/s", 1.0),
        "Kilobytes/Second" => ("By/s", 1e3),
        "Megabytes/Second" => ("By/s", 1e6),
        "Count/Second" => ("1/s", 1.0),
        _ => ("1", 1.0),
    }
}

/// `CPUUtilization` as `cpu_utilization`, `ReadIOPS` as `read_iops`.
pub(super) fn snake(name: &str) -> String {
    match name {
        "MaximumUsedTransactionIDs" => return "maximum_used_transaction_ids".to_owned(),
        "EBSIOBalance%" => return "ebs_io_balance".to_owned(),
        "EBSByteBalance%" => return "ebs_byte_balance".to_owned(),
        _ => {}
    }
    let letters: Vec<char> =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let mut out = String::with_capacity(name.len() + 8);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|n| letters.get(n));
        let after = letters.get(index + 1);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Load of the database, and of its statements by what they wait for.
fn insights(file: &str, document: &Value, draft: &mut Draft) {
    let Some(database) = text(document, "db_instance_identifier") else {
        return draft.note(format!("metrics: {file}: no `db_instance_identifier`"));
    };
    let Some(entity) = draft.entity(database, EntityKind::Database) else { return };
    let load = document.get("db_load");
    let times = load.map_or(&[][..], |load| items(load, &["timestamps"]));
    let values = load.map_or(&[][..], |load| items(load, &["values"]));
    let samples: Vec<(i64, f64)> = times
        .iter()
        .zip(values)
        .filter_map(|(at, value)| Some((time(at)?.as_millisecond(), value.as_f64()?)))
        .collect();
    let most = samples.iter().map(|(_, load)| *load).fold(0.0, f64::max);
    let last = samples.last().map(|(at, _)| *at);
    let at = last.or_else(|| latest_in(document).map(Timestamp::as_millisecond));
    if !samples.is_empty() {
        let name = "aws.rds.db_load".to_owned();
        push(draft, entity.clone(), name, Statistic::Mean, "1", BTreeMap::new(), samples.clone());
    }
    let Some(at) = at else {
        return draft.note(format!("metrics: {file}: no times"));
    };
    let statements = items(document, &["top_sql"]);
    let told = |value: &Value| value.get("db_load_avg").and_then(Value::as_f64);
    let sum: f64 = statements.iter().filter_map(told).sum();
    // Statements can't load a database more than it is loaded: then the numbers are per cent of it.
    let mean = samples.iter().map(|(_, load)| *load).sum::<f64>() / samples.len().max(1) as f64;
    let factor = if most > 0.0 && sum > 2.0 * most { mean / 100.0 } else { 1.0 };
    for statement in statements {
        let (Some(query), Some(load)) = (text(statement, "statement"), told(statement)) else {
            draft.note(format!("metrics: {file}: a statement without text or load"));
            continue;
        };
        let waits: Vec<(Option<&str>, f64)> = items(statement, &["wait_events"])
            .iter()
            .filter_map(|wait| Some((text(wait, "name"), told(wait)?)))
            .collect();
        let parts = if waits.is_empty() { vec![(None, load)] } else { waits };
        for (wait, load) in parts {
            let mut attributes = BTreeMap::from([("db.query.text".to_owned(), query.to_owned())]);
            if let Some(wait) = wait {
                attributes.insert("db.wait.event".to_owned(), wait.to_owned());
            }
            let name = "aws.rds.statement_load".to_owned();
            let sample = vec![(at, load * factor)];
            push(draft, entity.clone(), name, Statistic::Mean, "1", attributes, sample);
        }
    }
    for wait in items(document, &["top_wait_events"]) {
        if let (Some(name), Some(load)) = (text(wait, "name"), told(wait)) {
            let attributes = BTreeMap::from([("db.wait.event".to_owned(), name.to_owned())]);
            let sample = vec![(at, load * factor)];
            let name = "aws.rds.wait_load".to_owned();
            push(draft, entity.clone(), name, Statistic::Mean, "1", attributes, sample);
        }
    }
}

pub(super) fn push(
    draft: &mut Draft,
    entity: EntityId,
    name: String,
    statistic: Statistic,
    unit: &str,
    attributes: BTreeMap<String, String>,
    samples: Vec<(i64, f64)>,
) {
    let (column, repairs) = Column::from_samples(samples);
    draft.recording.metrics.push(MetricSeries {
        entity,
        peer: None,
        name,
        statistic,
        unit: unit.to_owned(),
        attributes,
        column,
        repairs,
    });
}
