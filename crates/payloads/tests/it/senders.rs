//! The rows, one file per sender.

mod alertmanager;
mod azure;
mod checkmk;
mod cloudevents;
mod cloudwatch;
mod datadog;
mod dynatrace;
mod generic;
mod googlecloud;
mod grafana;
mod newrelic;
mod opsgenie;
mod pagerduty;
mod pingdom;
mod sentry;
mod servicenow;
mod signalfx;
mod site24x7;
mod splunk;

use crate::sender::Sender;

pub(crate) use googlecloud::base64;

pub(crate) fn all() -> Vec<Sender> {
    vec![
        alertmanager::group(),
        azure::metric(),
        azure::log(),
        checkmk::service(),
        checkmk::host(),
        cloudevents::own(),
        cloudevents::around_another(),
        cloudwatch::over_sns(),
        cloudwatch::bare(),
        cloudwatch::over_eventbridge(),
        datadog::full_template(),
        dynatrace::template(),
        generic::incident(),
        googlecloud::webhook(),
        googlecloud::over_pubsub(),
        grafana::unified(),
        grafana::legacy(),
        newrelic::workflow(),
        newrelic::channel(),
        opsgenie::alert(),
        pagerduty::incident(),
        pingdom::check(),
        sentry::issue_alert(),
        sentry::issue(),
        sentry::metric_alert(),
        sentry::plugin(),
        servicenow::record(),
        signalfx::detector(),
        site24x7::monitor(),
        splunk::saved_search(),
    ]
}
