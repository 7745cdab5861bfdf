use serde::{Deserialize, Serialize};

/// What can be wrong with an entity. The table [`FaultMode::row`] says how each shows and travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultMode {
    /// A new version is slower or fails.
    BadDeployment,
    /// Callers wait for a free connection.
    ConnectionPoolExhausted,
    /// The provider turns requests away above a limit.
    Throttled,
    /// Something outside the estate answers slowly or fails.
    ExternalDependency,
    /// Work waits for processor time.
    CpuSaturation,
    /// Memory grows until the process is killed.
    MemoryLeak,
    /// More requests than the entity can serve.
    TrafficSurge,
    /// Requests take long on the way.
    NetworkDelay,
    /// Answers come slowly, and nothing seen says why.
    Slow,
    /// Requests fail, and nothing seen says why.
    Failing,
    /// Answers come, but with the wrong content.
    WrongResult,
    /// The entity stopped answering or reporting.
    Unavailable,
}

/// What kind of trouble a fault mode is, for coarse comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A limit of capacity was met.
    ResourceExhaustion,
    /// Code or artefact is wrong.
    CodeDefect,
    /// A setting is wrong.
    ConfigurationError,
    /// Network, hosts, platform.
    Infrastructure,
    /// Somebody else's system.
    Dependency,
    /// More work than planned.
    Traffic,
    /// Not known.
    Unknown,
}

/// One row of the table of fault modes.
#[derive(Clone, Copy, Debug)]
pub struct FaultRow {
    /// Stable id, as written in `expect.toml` and JSON.
    pub id: &'static str,
    /// As people read it.
    pub name: &'static str,
    /// The coarse kind.
    pub category: Category,
    /// How it shows in telemetry.
    pub shows: &'static str,
    /// How it reaches others.
    pub travels: &'static str,
}

impl FaultMode {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::BadDeployment,
        Self::ConnectionPoolExhausted,
        Self::Throttled,
        Self::ExternalDependency,
        Self::CpuSaturation,
        Self::MemoryLeak,
        Self::TrafficSurge,
        Self::NetworkDelay,
        Self::Slow,
        Self::Failing,
        Self::WrongResult,
        Self::Unavailable,
    ];

    /// The mode with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.row().id == id)
    }

    /// What is known of the mode.
    pub fn row(self) -> FaultRow {
        match self {
            Self::BadDeployment => FaultRow {
                id: "bad_deployment",
                name: "bad deployment",
                category: Category::CodeDefect,
                shows: "latency or errors of the entity's own begin within minutes after a deployment of it, often with log lines never seen before",
                travels: "to callers, by the share of their requests that need the entity",
            },
            Self::ConnectionPoolExhausted => FaultRow {
                id: "connection_pool_exhausted",
                name: "connection pool exhausted",
                category: Category::ResourceExhaustion,
                shows: "connections in use sit at the limit, requests wait for one, time-outs say so in the log; the database itself isn't slow",
                travels: "to callers of the entity that owns the pool",
            },
            Self::Throttled => FaultRow {
                id: "throttled",
                name: "throttled by a capacity limit",
                category: Category::ResourceExhaustion,
                shows: "throttled requests appear, consumed capacity sits at the provisioned one",
                travels: "to callers as errors, and as latency where they retry",
            },
            Self::ExternalDependency => FaultRow {
                id: "external_dependency",
                name: "trouble of an external dependency",
                category: Category::Dependency,
                shows: "time or errors of calls to an entity outside the estate grow; what is inside is calm",
                travels: "to callers",
            },
            Self::CpuSaturation => FaultRow {
                id: "cpu_saturation",
                name: "CPU saturation",
                category: Category::ResourceExhaustion,
                shows: "CPU use rises to the limit without more requests; everything the entity does takes longer",
                travels: "to callers as latency; on a host, to everything that runs there",
            },
            Self::MemoryLeak => FaultRow {
                id: "memory_leak",
                name: "memory leak with out-of-memory kills",
                category: Category::ResourceExhaustion,
                shows: "memory climbs to the limit, falls at a restart, climbs again; requests fail while it restarts",
                travels: "to callers as bursts of errors",
            },
            Self::TrafficSurge => FaultRow {
                id: "traffic_surge",
                name: "traffic surge",
                category: Category::Traffic,
                shows: "requests rise at the entrance and everywhere below; latency follows where capacity ends",
                travels: "down, with the requests; back up as latency of what saturates first",
            },
            Self::NetworkDelay => FaultRow {
                id: "network_delay",
                name: "network delay",
                category: Category::Infrastructure,
                shows: "the caller's time on the edge grows while the callee's own time doesn't",
                travels: "to callers over that edge",
            },
            Self::Slow => FaultRow {
                id: "slow",
                name: "slow for an unknown reason",
                category: Category::Unknown,
                shows: "the entity's excess time isn't explained by anything it calls",
                travels: "to callers as latency and time-outs",
            },
            Self::Failing => FaultRow {
                id: "failing",
                name: "failing for an unknown reason",
                category: Category::Unknown,
                shows: "the entity's excess errors aren't explained by anything it calls",
                travels: "to callers as errors",
            },
            Self::WrongResult => FaultRow {
                id: "wrong_result",
                name: "wrong results",
                category: Category::CodeDefect,
                shows: "lines and calls that belong to other outcomes appear at normal speed",
                travels: "to callers, which log and call differently",
            },
            Self::Unavailable => FaultRow {
                id: "unavailable",
                name: "not answering",
                category: Category::Infrastructure,
                shows: "the entity's telemetry stops and calls to it fail",
                travels: "to callers as errors",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_row_is_the_name_on_the_wire() {
        for mode in FaultMode::ALL {
            let wire = serde_json::to_string(&mode).unwrap();
            assert_eq!(wire, format!("\"{}\"", mode.row().id));
            assert_eq!(FaultMode::from_id(mode.row().id), Some(mode));
        }
    }
}
