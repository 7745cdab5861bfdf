//! Which methods suit which alerting system.

use crate::method::Method;

impl Method {
    /// The methods that a provider (as docs/specs/alerts.md names it) can use, the recommended
    /// first. For one that isn't known, those that somebody who writes a sender can choose from.
    ///
    /// Names of users, headers and parameters in them are proposals, where the provider doesn't
    /// set them.
    #[must_use]
    pub fn of_provider(provider: &str) -> Vec<Self> {
        let labels = labels(provider);
        // INVARIANT: every label of the table can be read; a test reads them all.
        labels.iter().filter_map(|label| Self::parse(label).ok()).collect()
    }
}

/// The reasons, and where each is from, stand in docs/guide/webhooks.md.
fn labels(provider: &str) -> &'static [&'static str] {
    match provider {
        "alertmanager" => &["apikey", "basic:nightjar"],
        "azure" => &["query:token"],
        "cloudevents" => &["apikey", "query:access_token"],
        "cloudwatch" => &["sns", "apikey", "basic:nightjar"],
        "datadog" => &["apikey", "basic:nightjar"],
        "dynatrace" => &["apikey", "hmac", "basic:nightjar"],
        "gitlab" => &["standard", "gitlab"],
        "googlecloud" => &["basic:nightjar", "query:auth_token"],
        "grafana" => {
            &["grafana:X-Grafana-Alerting-Timestamp", "grafana", "apikey", "basic:nightjar"]
        }
        "newrelic" => &["apikey", "basic:nightjar"],
        "opsgenie" => &["apikey", "query:token"],
        "pagerduty" => &["pagerduty"],
        "pingdom" => &["query:token"],
        "sentry" => &["sentry"],
        "servicenow" => &["apikey", "basic:nightjar"],
        "signalfx" => &["apikey"],
        "site24x7" => &["apikey", "basic:nightjar", "query:token"],
        "splunk" => &["query:token"],
        _ => &["hmac", "apikey", "standard", "basic:nightjar", "query:token"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proposal_can_be_read() {
        for provider in [
            "alertmanager",
            "azure",
            "checkmk",
            "cloudevents",
            "cloudwatch",
            "datadog",
            "dynatrace",
            "generic",
            "gitlab",
            "googlecloud",
            "grafana",
            "newrelic",
            "opsgenie",
            "pagerduty",
            "pingdom",
            "sentry",
            "servicenow",
            "signalfx",
            "site24x7",
            "splunk",
            "somebody else",
        ] {
            let labels = labels(provider);
            let methods = Method::of_provider(provider);
            let read: Vec<String> = methods.iter().map(ToString::to_string).collect();
            assert_eq!(read, labels, "{provider}");
        }
    }
}
