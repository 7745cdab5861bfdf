use nightjar_incident::{Recording, Signal, signal};
use nightjar_topology::Topology;

/// A kind of evidence that can be taken away, to measure what it contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Log lines.
    Logs,
    /// Spans.
    Traces,
    /// Deployments, settings and other changes.
    Changes,
    /// All metrics but requests, errors and latency: processors, memory, pools, queues, limits.
    Gauges,
    /// Who depends on whom; the entities stay known.
    Topology,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Logs, Self::Traces, Self::Changes, Self::Gauges, Self::Topology];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Traces => "traces",
            Self::Changes => "changes",
            Self::Gauges => "gauges",
            Self::Topology => "topology",
        }
    }
}

/// The recording without some kinds of evidence; what is right stays right.
pub fn withhold(mut recording: Recording, kinds: &[Evidence]) -> Recording {
    for kind in kinds {
        match kind {
            Evidence::Logs => recording.logs.clear(),
            Evidence::Traces => recording.spans.clear(),
            Evidence::Changes => recording.changes.clear(),
            Evidence::Gauges => recording.metrics.retain(|series| {
                let signal = signal::of(series);
                matches!(
                    signal,
                    Signal::Requests | Signal::Errors | Signal::Availability | Signal::Latency
                )
            }),
            Evidence::Topology => {
                let mut alone = Topology::default();
                for entity in recording.topology.entities() {
                    alone.add(entity.clone());
                }
                recording.topology = alone;
            }
        }
    }
    recording
}
