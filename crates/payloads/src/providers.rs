//! The table of providers.

use serde_json::Value;

use crate::draft::Draft;
use crate::refusal::Refusal;
use crate::{
    alertmanager, azure, checkmk, cloudevents, cloudwatch, datadog, dynatrace, generic,
    googlecloud, grafana, newrelic, opsgenie, pagerduty, pingdom, sentry, servicenow, signalfx,
    site24x7, splunk,
};

/// One form of message: how it is called, how it is recognised, how it is read.
pub(crate) struct Provider {
    /// The name on the alerts. Two forms of one system share it, so that the same alert over two
    /// ways is one alert.
    pub(crate) name: &'static str,
    /// Other names a configuration may use, folded (lower case, letters and digits only).
    pub(crate) aliases: &'static [&'static str],
    /// Whether the message has this shape.
    pub(crate) fits: fn(&Value) -> bool,
    /// The alerts in it, or why there is none.
    pub(crate) read: fn(&Value) -> Result<Vec<Draft>, Refusal>,
}

/// All forms, the more particular shapes first. The shapes don't overlap in what the senders
/// themselves make; in what people make of them the first one wins.
pub(crate) const PROVIDERS: [Provider; 23] = [
    Provider {
        name: "cloudwatch",
        aliases: &["aws", "awscloudwatch", "cloudwatchsns"],
        fits: cloudwatch::sns::fits,
        read: cloudwatch::sns::read,
    },
    Provider {
        name: "cloudwatch",
        aliases: &["aws", "awscloudwatch", "eventbridge", "cloudwatcheventbridge"],
        fits: cloudwatch::event::fits,
        read: cloudwatch::event::read,
    },
    Provider {
        name: "pagerduty",
        aliases: &["pagerdutyv3"],
        fits: pagerduty::fits,
        read: pagerduty::read,
    },
    Provider { name: "azure", aliases: &["azuremonitor"], fits: azure::fits, read: azure::read },
    Provider {
        name: "googlecloud",
        aliases: &["gcp", "googlecloudmonitoring", "stackdriver"],
        fits: googlecloud::fits,
        read: googlecloud::read,
    },
    Provider {
        name: "splunk",
        aliases: &["splunkenterprise", "splunkcloud"],
        fits: splunk::fits,
        read: splunk::read,
    },
    Provider {
        name: "signalfx",
        aliases: &["splunkobservability", "splunkobservabilitycloud"],
        fits: signalfx::fits,
        read: signalfx::read,
    },
    Provider {
        name: "servicenow",
        aliases: &["snow"],
        fits: servicenow::fits,
        read: servicenow::read,
    },
    Provider {
        name: "opsgenie",
        aliases: &["jsm", "jiraservicemanagement"],
        fits: opsgenie::fits,
        read: opsgenie::read,
    },
    Provider { name: "sentry", aliases: &[], fits: sentry::fits, read: sentry::read },
    Provider {
        name: "sentry",
        aliases: &["sentryplugin"],
        fits: sentry::plugin_fits,
        read: sentry::read_plugin,
    },
    Provider {
        name: "grafana",
        aliases: &["grafanaalerting"],
        fits: grafana::fits,
        read: grafana::read,
    },
    Provider {
        name: "grafana",
        aliases: &["grafanalegacy"],
        fits: grafana::legacy_fits,
        read: grafana::read_legacy,
    },
    Provider {
        name: "alertmanager",
        aliases: &["prometheus", "prometheusalertmanager", "mimir"],
        fits: alertmanager::fits,
        read: alertmanager::read,
    },
    Provider { name: "dynatrace", aliases: &[], fits: dynatrace::fits, read: dynatrace::read },
    Provider {
        name: "newrelic",
        aliases: &["newrelicworkflow"],
        fits: newrelic::fits,
        read: newrelic::read,
    },
    Provider {
        name: "newrelic",
        aliases: &["newrelicchannel"],
        fits: newrelic::channel_fits,
        read: newrelic::read_channel,
    },
    Provider {
        name: "pingdom",
        aliases: &["solarwindspingdom"],
        fits: pingdom::fits,
        read: pingdom::read,
    },
    Provider { name: "site24x7", aliases: &[], fits: site24x7::fits, read: site24x7::read },
    Provider {
        name: "checkmk",
        aliases: &["checkmkraw"],
        fits: checkmk::fits,
        read: checkmk::read,
    },
    Provider {
        name: "generic",
        aliases: &["webhook", "genericwebhook"],
        fits: generic::fits,
        read: generic::read,
    },
    Provider { name: "datadog", aliases: &["dd"], fits: datadog::fits, read: datadog::read },
    Provider {
        name: "cloudevents",
        aliases: &["cloudevent"],
        fits: cloudevents::fits,
        read: cloudevents::read,
    },
];

/// The names of the providers, each once.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    names.dedup();
    names
}
