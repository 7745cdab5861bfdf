//! Where the tables are, and what of them is there.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_connect::{BadConfig, Error, ErrorKind};
use nightjar_incident::Window;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ask::{Client, Sql};
use crate::limits::Allowance;

/// Settings of a connection to ClickHouse. The tables are called as the collector's exporter makes them,
/// unless told otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The database.
    #[serde(default = "database")]
    database: String,
    /// The table of logs; `null` where there is none.
    #[serde(default = "logs")]
    logs_table: Option<String>,
    /// The table of spans; `null` where there is none.
    #[serde(default = "traces")]
    traces_table: Option<String>,
    /// What the names of the five tables of metrics begin with: `otel_metrics` for `otel_metrics_gauge`,
    /// `_sum`, `_histogram`, `_exponential_histogram` and `_summary`; `null` where there are none.
    #[serde(default = "metrics")]
    metrics_tables: Option<String>,
    /// Whether each query brings its own limits (time, bytes, read-only). Off for users whose profile has
    /// `readonly = 1`: they may set none, and their profile has to.
    #[serde(default = "yes")]
    pub(super) limits_in_query: bool,
}

fn yes() -> bool {
    true
}

fn database() -> String {
    "default".to_owned()
}

fn logs() -> Option<String> {
    Some("otel_logs".to_owned())
}

fn traces() -> Option<String> {
    Some("otel_traces".to_owned())
}

fn metrics() -> Option<String> {
    Some("otel_metrics".to_owned())
}

/// Names, checked.
pub(super) struct Tables {
    database: String,
    pub(super) logs: Option<String>,
    pub(super) traces: Option<String>,
    pub(super) metrics: Option<String>,
}

/// A table of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    Gauge,
    Sum,
    Histogram,
    Exponential,
    Summary,
}

impl Shape {
    const ALL: [Self; 5] =
        [Self::Gauge, Self::Sum, Self::Histogram, Self::Exponential, Self::Summary];

    fn suffix(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Sum => "sum",
            Self::Histogram => "histogram",
            Self::Exponential => "exponential_histogram",
            Self::Summary => "summary",
        }
    }
}

impl Tables {
    pub(super) fn new(config: Config) -> Result<Self, BadConfig> {
        let is_name = |name: &str| {
            let fits =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            !name.is_empty() && name.len() <= 200 && name.bytes().all(fits)
        };
        for (field, name) in [
            ("database", Some(&config.database)),
            ("logs_table", config.logs_table.as_ref()),
            ("traces_table", config.traces_table.as_ref()),
            ("metrics_tables", config.metrics_tables.as_ref()),
        ] {
            if name.is_some_and(|name| !is_name(name)) {
                let reason = "a name of letters, digits, `_`, `-` and `.` is expected";
                return Err(BadConfig::field(field, reason));
            }
        }
        Ok(Self {
            database: config.database,
            logs: config.logs_table,
            traces: config.traces_table,
            metrics: config.metrics_tables,
        })
    }

    fn metrics(&self) -> impl Iterator<Item = (Shape, String)> + '_ {
        let named = |prefix: &'_ String| {
            let prefix = prefix.clone();
            Shape::ALL.map(|shape| (shape, format!("{prefix}_{}", shape.suffix())))
        };
        self.metrics.as_ref().map(named).into_iter().flatten()
    }

    /// Asks which of the tables are there.
    pub(super) async fn look(
        &self,
        client: &Client,
        allowance: &mut Allowance,
    ) -> Result<Found, Error> {
        let mut names: Vec<String> = self.metrics().map(|(_, name)| name).collect();
        names.extend(self.logs.clone());
        names.extend(self.traces.clone());
        let sql = Sql::new(
            "SELECT table, name, type FROM system.columns
             WHERE database = {database:String} AND table IN {tables:Array(String)}",
        );
        let sql = sql.text("database", &self.database);
        let sql = sql.texts("tables", names.iter().map(String::as_str));
        let rows: Vec<(String, String, String)> = client.rows(&sql, allowance).await?;
        let mut columns: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (table, column, of_type) in rows {
            columns.entry(table).or_default().insert(column, of_type);
        }
        let table = |name: &String| {
            let known = columns.get(name)?;
            let named = format!("`{}`.`{name}`", self.database);
            let has_seconds = known.contains_key("TimestampTime");
            Some(Table { named, has_seconds })
        };
        let is_json = |columns: &BTreeMap<String, String>| {
            columns.get("ResourceAttributes").is_some_and(|of_type| of_type.starts_with("JSON"))
        };
        Ok(Found {
            logs: self.logs.as_ref().map(|name| (name.clone(), table(name))),
            traces: self.traces.as_ref().map(|name| (name.clone(), table(name))),
            metrics: self
                .metrics()
                .map(|(shape, name)| (shape, (table(&name), name)))
                .map(|(shape, (table, name))| (shape, name, table))
                .collect(),
            as_json: columns.iter().filter(|(_, c)| is_json(c)).map(|(t, _)| t.clone()).collect(),
        })
    }
}

/// A table that is there.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Its name with that of its database, quoted.
    pub(super) named: String,
    /// Whether it has the times in seconds, by which the table of logs is ordered.
    has_seconds: bool,
}

/// What of the tables is there.
pub(super) struct Found {
    logs: Option<(String, Option<Table>)>,
    traces: Option<(String, Option<Table>)>,
    metrics: Vec<(Shape, String, Option<Table>)>,
    /// Tables whose attributes are JSON, which isn't read.
    as_json: BTreeSet<String>,
}

impl Found {
    pub(super) fn logs(&self) -> Result<Table, Error> {
        self.one(self.logs.as_ref())
    }

    pub(super) fn traces(&self) -> Result<Table, Error> {
        self.one(self.traces.as_ref())
    }

    fn one(&self, table: Option<&(String, Option<Table>)>) -> Result<Table, Error> {
        match table {
            Some((name, _)) if self.as_json.contains(name) => {
                let message = "attributes in columns of the type JSON aren't read";
                Err(Error::new(ErrorKind::BadQuery, name, message))
            }
            Some((_, Some(table))) => Ok(table.clone()),
            Some((name, None)) => Err(missing(name)),
            None => Err(Error::new(ErrorKind::NotFound, "tables", "there is no such table set")),
        }
    }

    /// The tables of metrics that are there.
    pub(super) fn metrics(&self) -> Result<Vec<(Shape, Table)>, Error> {
        let there = self.metrics.iter().filter(|(_, name, _)| !self.as_json.contains(name));
        let there = there.filter_map(|(shape, _, table)| Some((*shape, table.clone()?)));
        let there: Vec<(Shape, Table)> = there.collect();
        match (there.is_empty(), self.metrics.first()) {
            (true, Some((_, name, _))) => Err(missing(name)),
            (true, None) | (false, _) => Ok(there),
        }
    }

    /// Whether nothing is missing that may come yet: the collector makes its tables when it starts.
    pub(super) fn is_complete(&self) -> bool {
        let single = [&self.logs, &self.traces].into_iter().flatten();
        single
            .map(|(_, table)| table)
            .chain(self.metrics.iter().map(|(.., table)| table))
            .all(Option::is_some)
    }

    /// Every table that is there and says whose its rows are, with the column of their time.
    pub(super) fn all(&self) -> Vec<(Table, &'static str)> {
        let mut all = Vec::new();
        all.extend(self.logs().ok().map(|table| (table, "Timestamp")));
        all.extend(self.traces().ok().map(|table| (table, "Timestamp")));
        let metrics = self.metrics().unwrap_or_default();
        all.extend(metrics.into_iter().map(|(_, table)| (table, "TimeUnix")));
        all
    }

    /// What an administrator should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let single = [&self.logs, &self.traces].into_iter().flatten();
        for (name, table) in single {
            if table.is_none() {
                notes.push(format!("the table `{name}` isn't there, or may not be read"));
            }
        }
        if !self.metrics.is_empty() && self.metrics.iter().all(|(_, _, table)| table.is_none()) {
            notes.push("no table of metrics is there, or none may be read".to_owned());
        }
        for name in &self.as_json {
            notes.push(format!("`{name}` keeps attributes as JSON, which isn't read"));
        }
        notes
    }
}

fn missing(name: &str) -> Error {
    let message = format!("the table `{name}` isn't there, or may not be read");
    Error::new(ErrorKind::NotFound, name, message)
}

/// Whether the user has rights that nothing here needs.
pub(super) async fn may_write(client: &Client, allowance: &mut Allowance) -> bool {
    #[derive(Deserialize)]
    struct Grant((String,));
    let grants: Result<Vec<Grant>, Error> = client.rows(&Sql::new("SHOW GRANTS"), allowance).await;
    let writes = ["INSERT", "ALTER", "DROP", "CREATE TABLE", "TRUNCATE", "ALL"];
    grants.is_ok_and(|grants| {
        grants.iter().any(|Grant((grant,))| {
            let rights = grant.split(" ON ").next().unwrap_or_default();
            let mut rights = rights.trim_start_matches("GRANT ").split(", ");
            rights.any(|right| writes.contains(&right.trim()))
        })
    })
}

/// Whose a row is: its service, or what else its resource names.
pub(super) const ENTITY: &str = "multiIf(
    ServiceName != '' AND NOT startsWith(ServiceName, 'unknown_service'), toString(ServiceName),
    ResourceAttributes['faas.name'] != '', ResourceAttributes['faas.name'],
    ResourceAttributes['k8s.pod.name'] != '', ResourceAttributes['k8s.pod.name'],
    ResourceAttributes['k8s.deployment.name'] != '', ResourceAttributes['k8s.deployment.name'],
    ResourceAttributes['k8s.statefulset.name'] != '', ResourceAttributes['k8s.statefulset.name'],
    ResourceAttributes['k8s.daemonset.name'] != '', ResourceAttributes['k8s.daemonset.name'],
    ResourceAttributes['container.name'] != '', ResourceAttributes['container.name'],
    ResourceAttributes['k8s.node.name'] != '', ResourceAttributes['k8s.node.name'],
    ResourceAttributes['host.name'])";

/// Which rows are of the entities asked about, the parameter `who`; all, where none are named.
pub(super) fn who(is_of_all: bool) -> String {
    match is_of_all {
        true => "1".to_owned(),
        // By the service first: the tables are ordered by it.
        false => format!(
            "(ServiceName IN {{who:Array(String)}} OR
              ((ServiceName = '' OR startsWith(ServiceName, 'unknown_service'))
               AND {ENTITY} IN {{who:Array(String)}}))"
        ),
    }
}

impl Table {
    /// Which rows are of the time asked about, the parameters `from` and `to` in Unix nanoseconds.
    pub(super) fn when(&self, column: &str) -> String {
        let mut when = format!(
            "{column} >= fromUnixTimestamp64Nano({{from:Int64}})
             AND {column} < fromUnixTimestamp64Nano({{to:Int64}})"
        );
        if self.has_seconds {
            when.push_str(
                " AND TimestampTime >= toDateTime(intDiv({from:Int64}, 1000000000))
                  AND TimestampTime <= toDateTime(intDiv({to:Int64}, 1000000000))",
            );
        }
        when
    }
}

impl Sql {
    /// With the parameters `from` and `to`.
    pub(super) fn within(self, window: Window) -> Self {
        self.number("from", nanos(window.from)).number("to", nanos(window.to))
    }
}

/// Unix nanoseconds, as far as ClickHouse's times reach.
pub(super) fn nanos(at: jiff::Timestamp) -> i64 {
    let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
    i64::try_from(at.as_nanosecond().clamp(least, most)).unwrap_or_default().max(0)
}
