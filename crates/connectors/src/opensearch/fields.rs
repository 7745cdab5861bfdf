//! Which fields hold what is needed. Shippers differ: ECS, OpenTelemetry as Elasticsearch keeps it and as
//! Data Prepper writes it, and what loggers do by themselves.

use std::collections::BTreeMap;

use nightjar_connect::BadConfig;
use schemars::JsonSchema;
use serde::Deserialize;

/// Fields by what they hold, the most telling first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Names {
    /// When a line was written.
    pub(super) time: Vec<String>,
    /// What it says.
    pub(super) message: Vec<String>,
    /// How bad it is, in words.
    pub(super) level: Vec<String>,
    /// How bad it is, as one of OpenTelemetry's numbers.
    pub(super) level_number: Vec<String>,
    /// Who wrote it.
    pub(super) entity: Vec<String>,
    /// The trace it was written in.
    pub(super) trace: Vec<String>,
    /// The span it was written in.
    pub(super) span: Vec<String>,
}

impl Default for Names {
    fn default() -> Self {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            time: all(&["@timestamp", "time", "timestamp"]),
            message: all(&["message", "body.text", "body", "log", "msg", "event.original"]),
            level: all(&[
                "log.level",
                "severity_text",
                "severityText",
                "severity.text",
                "level",
                "severity",
            ]),
            level_number: all(&["severity_number", "severityNumber", "severity.number"]),
            entity: all(&[
                "service.name",
                "resource.attributes.service.name",
                "resource.attributes.service@name",
                "serviceName",
                "kubernetes.deployment.name",
                "kubernetes.container.name",
                "kubernetes.container_name",
                "kubernetes.pod.name",
                "container.name",
                "host.name",
            ]),
            trace: all(&["trace.id", "trace_id", "traceId"]),
            span: all(&["span.id", "span_id", "spanId"]),
        }
    }
}

/// What `_field_caps` answers: by field and type, what can be done with it.
#[derive(Deserialize)]
pub(super) struct Caps {
    fields: BTreeMap<String, BTreeMap<String, Cap>>,
}

#[derive(Deserialize)]
struct Cap {
    #[serde(default)]
    aggregatable: bool,
}

/// The fields that are there.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) time: Option<String>,
    pub(super) messages: Vec<String>,
    /// Of the messages one that is indexed word by word.
    pub(super) text: Option<String>,
    pub(super) levels: Vec<String>,
    pub(super) level_numbers: Vec<String>,
    /// As they are asked for: with `.keyword` where the field itself is text.
    pub(super) entities: Vec<String>,
    pub(super) traces: Vec<String>,
    pub(super) spans: Vec<String>,
}

impl Names {
    fn lists(&self) -> [(&'static str, &Vec<String>); 7] {
        [
            ("time", &self.time),
            ("message", &self.message),
            ("level", &self.level),
            ("level_number", &self.level_number),
            ("entity", &self.entity),
            ("trace", &self.trace),
            ("span", &self.span),
        ]
    }

    pub(super) fn check(&self) -> Result<(), BadConfig> {
        for (list, names) in self.lists() {
            let is_name = |name: &String| {
                let fits = |letter: char| letter.is_alphanumeric() || "@._-/ ".contains(letter);
                !name.is_empty() && name.len() <= 500 && name.chars().all(fits)
            };
            if names.len() > 50 || !names.iter().all(is_name) {
                let reason = "names of fields are expected";
                return Err(BadConfig::field(format!("fields.{list}"), reason));
            }
        }
        Ok(())
    }

    /// All names, with the keywords beside fields that are text.
    pub(super) fn all(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.lists().iter().flat_map(|(_, names)| names.iter().cloned()).collect();
        let keywords: Vec<String> = [&self.level, &self.entity]
            .into_iter()
            .flatten()
            .map(|name| format!("{name}.keyword"))
            .collect();
        all.extend(keywords);
        all
    }

    /// Those that are there.
    pub(super) fn found(&self, caps: &Caps) -> Fields {
        let is_there = |name: &&String| caps.fields.contains_key(*name);
        let there = |names: &[String]| names.iter().filter(is_there).cloned().collect::<Vec<_>>();
        let can_count = |name: &String| {
            let types = caps.fields.get(name);
            types.is_some_and(|types| types.values().any(|cap| cap.aggregatable))
        };
        let exact = |names: &[String]| {
            let exact = names.iter().filter_map(|name| {
                let keyword = format!("{name}.keyword");
                [name.clone(), keyword].into_iter().find(|name| can_count(name))
            });
            exact.collect::<Vec<_>>()
        };
        let is_text = |name: &&String| {
            caps.fields.get(*name).is_some_and(|types| {
                types.keys().any(|of_type| matches!(&**of_type, "text" | "match_only_text"))
            })
        };
        Fields {
            time: there(&self.time).into_iter().next(),
            messages: there(&self.message),
            text: self.message.iter().find(is_text).cloned(),
            levels: exact(&self.level),
            level_numbers: there(&self.level_number),
            entities: exact(&self.entity),
            traces: there(&self.trace),
            spans: there(&self.span),
        }
    }
}

/// The field itself, where it is asked for by its keyword.
pub(super) fn plain(name: &str) -> &str {
    name.strip_suffix(".keyword").unwrap_or(name)
}

impl Fields {
    /// What is read of each line.
    pub(super) fn read(&self) -> Vec<&str> {
        let lists = [
            &self.messages,
            &self.levels,
            &self.level_numbers,
            &self.entities,
            &self.traces,
            &self.spans,
        ];
        lists.into_iter().flatten().map(|name| plain(name)).collect()
    }
}
