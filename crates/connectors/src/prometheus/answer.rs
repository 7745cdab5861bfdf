//! What the API answers: its envelope, vectors and matrices.

use std::collections::BTreeMap;
use std::fmt;

use nightjar_connect::{Error, ErrorKind};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// Labels of a series, `__name__` among them.
pub(super) type Labels = BTreeMap<String, String>;

/// The envelope around every answer.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    #[serde(default)]
    status: String,
    data: Option<T>,
    #[serde(default)]
    error: String,
    /// What the server wants to be known: parts that didn't answer (Thanos, Mimir), odd functions.
    #[serde(default)]
    warnings: Vec<String>,
    /// VictoriaMetrics: whether some of its storage nodes didn't answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

impl<T> Envelope<T> {
    /// The data, and what the server wants to be known.
    pub(super) fn open(self, asked: &str) -> Result<(T, Vec<String>), Error> {
        let mut notes: Vec<String> =
            self.warnings.iter().map(|warning| one_line(warning)).collect();
        if self.is_partial {
            notes.push("the server says that a part of it didn't answer".to_owned());
        }
        match self.data {
            Some(data) if self.status != "error" => Ok((data, notes)),
            _ => {
                let message = format!("the answer holds no data: {}", one_line(&self.error));
                Err(Error::new(ErrorKind::Protocol, asked, message))
            }
        }
    }
}

/// A text of the server as one short line without control characters.
pub(super) fn one_line(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(200).collect()
}

/// The result of a query.
#[derive(Deserialize)]
pub(super) struct Found {
    #[serde(default)]
    pub(super) result: Vec<Series>,
}

/// One series: with one sample, or with those of a range.
#[derive(Deserialize)]
pub(super) struct Series {
    #[serde(default)]
    pub(super) metric: Labels,
    #[serde(default)]
    pub(super) value: Option<Sample>,
    #[serde(default)]
    pub(super) values: Vec<Sample>,
}

/// Unix seconds and a number that stands as text.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Sample(pub(super) f64, pub(super) Number);

impl Sample {
    /// Unix milliseconds; times beyond all reason become the last ones there are.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it saturates, and no window holds the last times"
    )]
    pub(super) fn millis(self) -> i64 {
        (self.0 * 1000.0).round() as i64
    }

    pub(super) fn value(self) -> f64 {
        self.1.0
    }

    /// The value as a count.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates: less than nothing is nothing"
    )]
    pub(super) fn count(self) -> usize {
        self.1.0 as usize
    }
}

/// A number as Prometheus writes it: as text, with `NaN` and `+Inf`.
#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number as text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map(Number).map_err(|_| E::custom("a number as text is expected"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// What the server says of its build.
#[derive(Deserialize)]
pub(super) struct Build {
    #[serde(default)]
    pub(super) version: Option<String>,
    /// Mimir and Cortex say who they are.
    #[serde(default)]
    pub(super) application: Option<String>,
}

/// Rules and what became of them.
#[derive(Deserialize)]
pub(super) struct Alerts {
    #[serde(default)]
    pub(super) alerts: Vec<Active>,
}

/// An alert that is pending or firing.
#[derive(Deserialize)]
pub(super) struct Active {
    #[serde(default)]
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) annotations: Labels,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default, rename = "activeAt")]
    pub(super) active_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Rules {
    #[serde(default)]
    pub(super) groups: Vec<RuleGroup>,
}

#[derive(Deserialize)]
pub(super) struct RuleGroup {
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

#[derive(Deserialize)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) query: String,
    /// Of alerting rules alone.
    #[serde(default)]
    pub(super) duration: Option<f64>,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
}
