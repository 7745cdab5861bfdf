//! Alerts that fire by the server's own rules, as messages in the form in which Alertmanager sends them, so that
//! they are read as those are.

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{Alerts, Error};
use nightjar_incident::RawAlert;
use serde_json::json;

use super::Prometheus;
use super::answer::{Active, one_line};

#[async_trait]
impl Alerts for Prometheus {
    async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        let allowance = self.api.allowance();
        let active = self.api.alerts(allowance.clone()).await?;
        if active.alerts.is_empty() {
            return Ok(Vec::new());
        }
        // Rules tell what an alert stands for; some servers keep them to themselves.
        let rules = self.api.rules(allowance).await.map(|rules| rules.groups).unwrap_or_default();
        let rules: Vec<_> = rules.into_iter().flat_map(|group| group.rules).collect();
        let mut found: Vec<RawAlert> = Vec::new();
        for alert in active.alerts.into_iter().filter(|alert| alert.state == "firing") {
            let Some(at) = alert.active_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok())
            else {
                continue;
            };
            if at > until {
                continue;
            }
            let name = alert.labels.get("alertname").map(String::as_str).unwrap_or_default();
            let rule = rules.iter().find(|rule| rule.kind != "recording" && rule.name == name);
            let told = rule.map(|rule| (one_line(&rule.query), rule.duration));
            found.push(message(alert, at, told));
        }
        found.sort_by_key(|alert| alert.received_at);
        Ok(found)
    }
}

/// One alert as a group of one, version 4 of Alertmanager's webhook.
fn message(alert: Active, at: Timestamp, rule: Option<(String, Option<f64>)>) -> RawAlert {
    let Active { labels, mut annotations, .. } = alert;
    if let Some((expression, lasts)) = rule {
        let lasts = lasts.map_or(String::new(), |seconds| format!(" for {seconds} s"));
        annotations.entry("rule".to_owned()).or_insert(format!("{expression}{lasts}"));
    }
    let payload = json!({
        "version": "4",
        "groupKey": format!("prometheus:{labels:?}"),
        "status": "firing",
        "receiver": "nightjar",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "alerts": [{
            "status": "firing",
            "labels": labels,
            "annotations": annotations,
            "startsAt": at.to_string(),
            "endsAt": "0001-01-01T00:00:00Z",
        }],
    });
    RawAlert { provider: Some("alertmanager".to_owned()), received_at: at, payload }
}
