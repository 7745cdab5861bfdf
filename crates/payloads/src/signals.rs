//! What a metric name, a query or a headline says was measured.

use nightjar_incident::{Signal, signal};

use crate::body::fold;

/// Parts of folded metric names, the first that occurs decides; `None` marks names that look like
/// a later row and mean something else. Names are those of CloudWatch, Datadog, Prometheus
/// exporters and the OpenTelemetry conventions.
const METRICS: &[(&str, Option<Signal>)] = &[
    ("throttl", Some(Signal::Throttled)),
    ("ratelimited", Some(Signal::Throttled)),
    ("diskqueue", None),
    ("volumequeue", None),
    ("cpucredit", None),
    ("gcduration", None),
    ("gcpause", None),
    ("gctime", None),
    ("5xx", Some(Signal::Errors)),
    ("4xx", Some(Signal::Errors)),
    ("ageofoldestmessage", Some(Signal::QueueAge)),
    ("iteratorage", Some(Signal::QueueAge)),
    ("queueage", Some(Signal::QueueAge)),
    ("messagesvisible", Some(Signal::QueueDepth)),
    ("messagesready", Some(Signal::QueueDepth)),
    ("queuedepth", Some(Signal::QueueDepth)),
    ("queuelength", Some(Signal::QueueDepth)),
    ("queuesize", Some(Signal::QueueDepth)),
    ("consumerlag", Some(Signal::QueueDepth)),
    ("consumergrouplag", Some(Signal::QueueDepth)),
    ("backlog", Some(Signal::QueueDepth)),
    ("connectiontimeout", Some(Signal::PoolTimeouts)),
    ("connectionpooltimeout", Some(Signal::PoolTimeouts)),
    ("pooltimeout", Some(Signal::PoolTimeouts)),
    ("connectionspending", Some(Signal::PoolPending)),
    ("pendingconnections", Some(Signal::PoolPending)),
    ("connectionpendingrequests", Some(Signal::PoolPending)),
    ("poolpending", Some(Signal::PoolPending)),
    ("poolwait", Some(Signal::PoolPending)),
    ("connectionmax", Some(Signal::PoolLimit)),
    ("maxconnections", Some(Signal::PoolLimit)),
    ("databaseconnections", Some(Signal::PoolUsage)),
    ("connectioncount", Some(Signal::PoolUsage)),
    ("connectionsactive", Some(Signal::PoolUsage)),
    ("connectionsused", Some(Signal::PoolUsage)),
    ("activeconnections", Some(Signal::PoolUsage)),
    ("connectionsinuse", Some(Signal::PoolUsage)),
    ("connectionpool", Some(Signal::PoolUsage)),
    ("poolusage", Some(Signal::PoolUsage)),
    ("poolexhausted", Some(Signal::PoolUsage)),
    ("consumedreadcapacity", Some(Signal::CapacityConsumed)),
    ("consumedwritecapacity", Some(Signal::CapacityConsumed)),
    ("consumedcapacity", Some(Signal::CapacityConsumed)),
    ("provisionedreadcapacity", Some(Signal::CapacityLimit)),
    ("provisionedwritecapacity", Some(Signal::CapacityLimit)),
    ("provisionedcapacity", Some(Signal::CapacityLimit)),
    ("availability", Some(Signal::Availability)),
    ("successrate", Some(Signal::Availability)),
    ("healthyhost", Some(Signal::Availability)),
    ("targetdown", Some(Signal::Up)),
    ("instancedown", Some(Signal::Up)),
    ("servicedown", Some(Signal::Up)),
    ("hostdown", Some(Signal::Up)),
    ("nodedown", Some(Signal::Up)),
    ("jobdown", Some(Signal::Up)),
    ("exporterdown", Some(Signal::Up)),
    ("targetmissing", Some(Signal::Up)),
    ("jobmissing", Some(Signal::Up)),
    ("unreachable", Some(Signal::Up)),
    ("notresponding", Some(Signal::Up)),
    ("crashloop", Some(Signal::Restarts)),
    ("restart", Some(Signal::Restarts)),
    ("cpu", Some(Signal::CpuUtilization)),
    ("memoryutilization", Some(Signal::MemoryUtilization)),
    ("memorylimitutilization", Some(Signal::MemoryUtilization)),
    ("memusedpercent", Some(Signal::MemoryUtilization)),
    ("mempct", Some(Signal::MemoryUtilization)),
    ("memorylimit", Some(Signal::MemoryLimit)),
    ("memory", Some(Signal::MemoryUsage)),
    ("systemmem", Some(Signal::MemoryUsage)),
    ("oomkill", Some(Signal::MemoryUsage)),
    ("heap", Some(Signal::MemoryUsage)),
    ("disk", Some(Signal::DiskUtilization)),
    ("filesystem", Some(Signal::DiskUtilization)),
    ("storagespace", Some(Signal::DiskUtilization)),
    ("inode", Some(Signal::DiskUtilization)),
    ("latency", Some(Signal::Latency)),
    ("latencies", Some(Signal::Latency)),
    ("duration", Some(Signal::Latency)),
    ("responsetime", Some(Signal::Latency)),
    ("elapsed", Some(Signal::Latency)),
    ("error", Some(Signal::Errors)),
    ("exception", Some(Signal::Errors)),
    ("failure", Some(Signal::Errors)),
    ("failed", Some(Signal::Errors)),
    ("fault", Some(Signal::Errors)),
    ("networkin", Some(Signal::NetworkIo)),
    ("networkout", Some(Signal::NetworkIo)),
    ("networkio", Some(Signal::NetworkIo)),
    ("networktransmit", Some(Signal::NetworkIo)),
    ("networkreceive", Some(Signal::NetworkIo)),
    ("requests", Some(Signal::Requests)),
    ("requestcount", Some(Signal::Requests)),
    ("requestrate", Some(Signal::Requests)),
    ("invocations", Some(Signal::Requests)),
    ("throughput", Some(Signal::Requests)),
    ("tracehits", Some(Signal::Requests)),
];

/// What the name of a metric or alert rule says.
pub(crate) fn of_metric(name: &str) -> Option<Signal> {
    let folded = fold(name);
    METRICS.iter().find(|(part, _)| folded.contains(part)).and_then(|(_, signal)| *signal)
}

/// What a query says: the metric inside it, or a PromQL selector of failed requests.
pub(crate) fn of_query(query: &str) -> Option<Signal> {
    if query.contains("5..") || query.contains("5xx") {
        return Some(Signal::Errors);
    }
    // `up == 0`: so short a name is only one where it stands alone.
    let mut words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    if words.any(|word| signal::rows(word).any(|row| row.signal == Signal::Up)) {
        return Some(Signal::Up);
    }
    of_metric(metric_of_query(query))
}

/// The metric of a Datadog query, `trace.http.request.duration` in
/// `avg(last_5m):p95:trace.http.request.duration{service:cart} > 2`; otherwise the query as it is.
pub(crate) fn metric_of_query(query: &str) -> &str {
    match query.split_once('{') {
        Some((head, _)) => head.rsplit([':', '(']).next().unwrap_or(head).trim(),
        None => query,
    }
}

/// Words of headlines. Only a headline that speaks of one thing is believed.
const WORDS: &[(&str, Signal)] = &[
    ("latency", Signal::Latency),
    ("slow", Signal::Latency),
    ("p95", Signal::Latency),
    ("p99", Signal::Latency),
    ("error", Signal::Errors),
    ("errors", Signal::Errors),
    ("5xx", Signal::Errors),
    ("fail", Signal::Errors),
    ("fails", Signal::Errors),
    ("failing", Signal::Errors),
    ("failures", Signal::Errors),
    ("exceptions", Signal::Errors),
    ("availability", Signal::Availability),
    ("cpu", Signal::CpuUtilization),
    ("memory", Signal::MemoryUsage),
    ("oom", Signal::MemoryUsage),
    ("oomkilled", Signal::MemoryUsage),
    ("disk", Signal::DiskUtilization),
    ("filesystem", Signal::DiskUtilization),
    ("throttled", Signal::Throttled),
    ("throttling", Signal::Throttled),
    ("throttles", Signal::Throttled),
    ("down", Signal::Up),
    ("unreachable", Signal::Up),
    ("restarts", Signal::Restarts),
    ("restarting", Signal::Restarts),
    ("backlog", Signal::QueueDepth),
    ("connections", Signal::PoolUsage),
];

/// What a headline says, if it says one thing.
pub(crate) fn of_text(text: &str) -> Option<Signal> {
    let mut found: Option<Signal> = None;
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let word = word.to_lowercase();
        let Some((_, signal)) = WORDS.iter().find(|(known, _)| *known == word) else { continue };
        if found.is_some_and(|other| other != *signal) {
            return None;
        }
        found = Some(*signal);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_of_many_systems_are_understood() {
        for (name, signal) in [
            ("ThrottledRequests", Some(Signal::Throttled)),
            ("HTTPCode_Target_5XX_Count", Some(Signal::Errors)),
            ("5XXError", Some(Signal::Errors)),
            ("SuccessfulRequestLatency", Some(Signal::Latency)),
            ("Duration", Some(Signal::Latency)),
            ("TargetResponseTime", Some(Signal::Latency)),
            ("ApproximateAgeOfOldestMessage", Some(Signal::QueueAge)),
            ("DatabaseConnections", Some(Signal::PoolUsage)),
            ("FreeStorageSpace", Some(Signal::DiskUtilization)),
            ("DiskQueueDepth", None),
            ("trace.http.request.errors", Some(Signal::Errors)),
            ("db.client.connection.pending_requests", Some(Signal::PoolPending)),
            ("TargetDown", Some(Signal::Up)),
            ("KubeNodeUnreachable", Some(Signal::Up)),
            ("CPUThrottlingSlowdown", Some(Signal::Throttled)),
            ("KubePodCrashLooping", Some(Signal::Restarts)),
            ("WidgetsPainted", None),
            ("", None),
        ] {
            assert_eq!(of_metric(name), signal, "{name}");
        }
    }

    #[test]
    fn a_query_gives_its_metric() {
        let query = "avg(last_5m):p95:trace.http.request.duration{service:errors} by {host} > 2";
        assert_eq!(metric_of_query(query), "trace.http.request.duration");
        assert_eq!(of_query(query), Some(Signal::Latency));
        assert_eq!(
            of_query(r#"sum(rate(http_requests_total{code=~"5.."}[5m])) > 1"#),
            Some(Signal::Errors)
        );
        assert_eq!(of_query(r#"up{job="cart"} == 0"#), Some(Signal::Up));
        assert_eq!(of_query("redis_up == 0"), Some(Signal::Up));
        assert_eq!(of_query("up_since > 3"), None);
    }

    #[test]
    fn a_headline_about_two_things_says_nothing() {
        assert_eq!(of_text("High latency on cart"), Some(Signal::Latency));
        assert_eq!(of_text("Latency and errors on cart"), None);
        assert_eq!(of_text("Certificate expires"), None);
    }
}
