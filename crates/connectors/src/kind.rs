use nightjar_connect::{BadConfig, Capability, Connection, Connector, Tested};
use nightjar_incident::Source;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::guard::guarded;
use crate::limits::Limits;

/// A connector as its author writes it.
pub(crate) trait Kind {
    /// How it is called.
    const KIND: &'static str;
    /// What it connects with, in one sentence.
    const SUMMARY: &'static str;
    /// What its connections can be asked, at most.
    const CAPABILITIES: &'static [Capability];
    /// What it is tested against.
    const TESTED: &'static [Tested];
    /// How the system is reached: [`crate::http::Http`] for most.
    type Reach: Reach;
    /// Its own settings: a struct with named fields.
    type Config: DeserializeOwned + JsonSchema;

    /// Makes a connection; sends nothing.
    fn connect(
        reach: Self::Reach,
        config: Self::Config,
        source: Source,
    ) -> Result<Connection, BadConfig>;
}

/// Settings that connectors share. They stand beside those of their own in one object.
pub(crate) trait Reach: DeserializeOwned + JsonSchema {
    /// How much a system is asked for at most.
    fn limits(&self) -> Limits;
}

/// For what is reached in a way of its own: nothing but limits is shared.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Limited {
    /// How much it is asked for at most.
    #[serde(default)]
    pub(crate) limits: Limits,
}

impl Reach for Limited {
    fn limits(&self) -> Limits {
        self.limits
    }
}

/// The connector as everybody else knows it.
pub(crate) fn connector<K: Kind>() -> Connector {
    let mut config = schema::<K::Config>();
    merge(&mut config, schema::<K::Reach>());
    Connector {
        kind: K::KIND,
        summary: K::SUMMARY,
        capabilities: K::CAPABILITIES.to_vec(),
        tested: K::TESTED.to_vec(),
        config: config.into(),
        open: open::<K>,
    }
}

/// A schema with everything in one place: whoever looks for secrets or makes a form needs no references.
fn schema<T: JsonSchema>() -> Map<String, Value> {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    match settings.into_generator().into_root_schema_for::<T>().to_value() {
        Value::Object(mut parts) => {
            for part in ["title", "$schema", "description"] {
                parts.remove(part);
            }
            parts
        }
        _ => Map::new(),
    }
}

/// Adds the settings of another schema.
fn merge(into: &mut Map<String, Value>, other: Map<String, Value>) {
    for (name, part) in other {
        match (into.get_mut(&name), part) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (Some(_), _) => {}
            (None, part) => {
                into.insert(name, part);
            }
        }
    }
}

fn open<K: Kind>(name: &str, config: &Value) -> Result<Connection, BadConfig> {
    let shared = schema::<K::Reach>();
    let shared = shared.get("properties").and_then(Value::as_object);
    let is_shared = |name: &str| shared.is_some_and(|shared| shared.contains_key(name));
    let settings = config.as_object().ok_or(BadConfig::NotAnObject)?.clone();
    let (shared, own): (Map<_, _>, Map<_, _>) =
        settings.into_iter().partition(|(name, _)| is_shared(name));
    let reach: K::Reach = read(shared)?;
    let limits = reach.limits();
    limits.check()?;
    let source = Source { connection: name.to_owned(), system: K::KIND.to_owned() };
    Ok(guarded(K::connect(reach, read(own)?, source)?, limits))
}

fn read<T: DeserializeOwned>(settings: Map<String, Value>) -> Result<T, BadConfig> {
    serde_path_to_error::deserialize(Value::Object(settings)).map_err(|error| {
        let field = error.path().to_string();
        // Values may be secrets, and serde repeats some of them in its errors.
        let reason = without_values(&error.into_inner().to_string());
        BadConfig::field(if field == "." { "config".to_owned() } else { field }, reason)
    })
}

/// What serde says of wrong settings, without the values that it found.
fn without_values(message: &str) -> String {
    match (message.strip_prefix("invalid type: "), message.strip_prefix("invalid value: ")) {
        (Some(rest), _) | (None, Some(rest)) => match rest.rsplit_once(", expected ") {
            Some((_, expected)) => format!("{expected} is expected"),
            None => "it isn't what is expected".to_owned(),
        },
        (None, None) => match message.split_once(", expected ") {
            // `unknown variant `hunter2`, expected …`
            Some((_, expected)) => format!("{expected} is expected"),
            None => message.to_owned(),
        },
    }
}
