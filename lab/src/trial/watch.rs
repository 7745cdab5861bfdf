//! Alerts, as Alertmanager sent them to the lab's door.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stack::{Stack, control};

/// Waits for the first alert that fires: seconds since the injection, and what fires so far.
pub(crate) async fn until_alert(
    stack: &Stack,
    injected: Instant,
    patience: Duration,
) -> anyhow::Result<(f64, Vec<String>)> {
    loop {
        if let Some(names) = names(stack) {
            return Ok((injected.elapsed().as_secs_f64(), names));
        }
        anyhow::ensure!(injected.elapsed() < patience, "no alert within {} s", patience.as_secs());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Names and services of all alerts that fired so far; none if none did.
pub(crate) fn names(stack: &Stack) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(control::alerts(&stack.place)).ok()?;
    let mut names: Vec<String> = text.lines().flat_map(of_line).collect();
    names.sort();
    names.dedup();
    if names.is_empty() { None } else { Some(names) }
}

fn of_line(line: &str) -> Vec<String> {
    let read: Value = serde_json::from_str(line).unwrap_or_default();
    let alerts =
        read.pointer("/body/alerts").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names = Vec::new();
    for alert in alerts {
        let label = |name: &str| {
            let found = alert.pointer(&format!("/labels/{name}")).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        if alert.get("status").and_then(Value::as_str) == Some("firing") {
            names.push(format!("{}({})", label("alertname"), label("service")));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fires_is_an_alert() {
        let line = r#"{"body":{"alerts":[{"status":"firing","labels":{"alertname":"A","service":"s"}},
            {"status":"resolved","labels":{"alertname":"B"}}, 7]}}"#;
        assert_eq!(of_line(&line.replace('\n', "")), ["A(s)"]);
        assert!(of_line("nonsense").is_empty());
    }
}
