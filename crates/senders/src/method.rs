//! How the sender of a webhook proves who it is.

use std::fmt;

/// How the sender of a webhook proves who it is. It is kept as its label: what [`fmt::Display`]
/// writes and [`Method::parse`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// `hmac`: a signature over time and body, as AWS DevOps Agent's generic webhooks have it.
    Hmac,
    /// `apikey`: the secret in `Authorization: Bearer …` or in `x-api-key`.
    ApiKey,
    /// `basic:<user>`: HTTP's basic authentication with the secret as password.
    Basic {
        /// The name that goes with it; no colon.
        user: String,
    },
    /// `header:<name>`: the secret is the whole value of a header.
    Header {
        /// The header's name.
        name: String,
    },
    /// `query:<name>`: the secret is a parameter of the address, for senders that can't set a
    /// header. Whoever writes logs of requests must leave the query out.
    Query {
        /// The parameter's name.
        name: String,
    },
    /// `pagerduty`: the signature of PagerDuty's webhooks, version 3.
    PagerDuty,
    /// `github`: the signature of GitHub's webhooks, and of forges that sign as it does.
    GitHub,
    /// `gitlab`: the secret in `X-Gitlab-Token`.
    GitLab,
    /// `grafana`, `grafana:<name>`: the signature of Grafana's contact points.
    Grafana {
        /// The header that the contact point names for the time, if it does: then the time is
        /// signed too, and checked.
        timestamp_header: Option<String>,
    },
    /// `sentry`: the signature of Sentry's integrations.
    Sentry,
    /// `standard`: a signature as in the Standard Webhooks specification, GitLab's among others.
    Standard,
    /// `sns`, `sns:<topic>`: the signature of Amazon SNS, verified with [`crate::sns`].
    Sns {
        /// The ARN of the topic that the webhook belongs to; none until one was confirmed.
        topic: Option<String>,
    },
}

/// A label that names no method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{label}` is no way to prove who sends; {expected}")]
pub struct UnknownMethod {
    label: String,
    expected: &'static str,
}

impl Method {
    /// Reads a label.
    ///
    /// # Errors
    /// When it names no method, or lacks or doesn't take what stands behind its colon.
    pub fn parse(label: &str) -> Result<Self, UnknownMethod> {
        let (kind, argument) = match label.split_once(':') {
            Some((kind, argument)) => (kind, Some(argument)),
            None => (label, None),
        };
        let unknown = |expected| UnknownMethod { label: label.to_owned(), expected };
        let owned = |is_fine: fn(&str) -> bool, expected| match argument {
            Some(argument) if is_fine(argument) => Ok(argument.to_owned()),
            Some(_) | None => Err(unknown(expected)),
        };
        let optional = |is_fine, expected| match argument {
            Some(_) => owned(is_fine, expected).map(Some),
            None => Ok(None),
        };
        let plain = |method| match argument {
            Some(_) => Err(unknown("it takes nothing behind a colon")),
            None => Ok(method),
        };
        match kind {
            "hmac" => plain(Self::Hmac),
            "apikey" => plain(Self::ApiKey),
            "pagerduty" => plain(Self::PagerDuty),
            "github" => plain(Self::GitHub),
            "gitlab" => plain(Self::GitLab),
            "sentry" => plain(Self::Sentry),
            "standard" => plain(Self::Standard),
            "basic" => {
                let user = owned(is_user, "use `basic:<user>`, the user without a colon")?;
                Ok(Self::Basic { user })
            }
            "header" => Ok(Self::Header { name: owned(is_name, "use `header:<name>`")? }),
            "query" => Ok(Self::Query { name: owned(is_name, "use `query:<name>`")? }),
            "grafana" => {
                let expected = "use `grafana`, or `grafana:<header of the time>`";
                Ok(Self::Grafana { timestamp_header: optional(is_name, expected)? })
            }
            "sns" => {
                let expected = "use `sns`, or `sns:<the topic's ARN>`";
                Ok(Self::Sns { topic: optional(is_topic, expected)? })
            }
            _ => Err(unknown(
                "there are `hmac`, `apikey`, `basic`, `header`, `query`, `pagerduty`, `github`, `gitlab`, `grafana`, `sentry`, `standard` and `sns`",
            )),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = |f: &mut fmt::Formatter<'_>, kind, argument: &Option<String>| match argument
        {
            Some(argument) => write!(f, "{kind}:{argument}"),
            None => f.write_str(kind),
        };
        match self {
            Self::Hmac => f.write_str("hmac"),
            Self::ApiKey => f.write_str("apikey"),
            Self::Basic { user } => write!(f, "basic:{user}"),
            Self::Header { name } => write!(f, "header:{name}"),
            Self::Query { name } => write!(f, "query:{name}"),
            Self::PagerDuty => f.write_str("pagerduty"),
            Self::GitHub => f.write_str("github"),
            Self::GitLab => f.write_str("gitlab"),
            Self::Grafana { timestamp_header } => optional(f, "grafana", timestamp_header),
            Self::Sentry => f.write_str("sentry"),
            Self::Standard => f.write_str("standard"),
            Self::Sns { topic } => optional(f, "sns", topic),
        }
    }
}

/// A name as headers have them (a token of RFC 9110), which does for parameters too.
fn is_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(is_token)
}

fn is_user(text: &str) -> bool {
    (1..=100).contains(&text.len()) && !text.contains(|c: char| c == ':' || c.is_control())
}

/// `arn:<partition>:sns:<region>:<account>:<name>`.
pub(crate) fn is_topic(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !part.is_empty() && part.bytes().all(is_fine)
    };
    let parts: Vec<&str> = text.split(':').collect();
    text.len() <= 512
        && parts.iter().all(|part| is_part(part))
        && matches!(parts.as_slice(), ["arn", _, "sns", _, _, _])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for label in [
            "hmac",
            "apikey",
            "github",
            "gitlab",
            "pagerduty",
            "sentry",
            "standard",
            "basic:nightjar",
            "header:X-Secret",
            "query:auth_token",
            "grafana",
            "grafana:X-Grafana-Alerting-Timestamp",
            "sns",
            "sns:arn:aws-cn:sns:cn-north-1:123456789012:alarms.fifo",
        ] {
            let method = Method::parse(label);
            assert_eq!(method.map(|method| method.to_string()).as_deref(), Ok(label));
        }
    }

    #[test]
    fn other_labels_are_refused() {
        for label in [
            "",
            "HMAC",
            "hmac:",
            "none",
            "basic",
            "basic:",
            "basic:a:b",
            "header",
            "header:",
            "header:a b",
            "header:a\r\nb",
            "query:",
            "query:é",
            "grafana:",
            "sns:",
            "sns:topic",
            "sns:arn:aws:sqs:eu-west-1:1:q",
            "sns:arn:aws:sns:eu-west-1:1:q:sub",
        ] {
            assert!(Method::parse(label).is_err(), "{label}");
        }
    }
}
