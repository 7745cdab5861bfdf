use std::collections::BTreeMap;

use nightjar_connect::BadConfig;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::kind::Reach;
use crate::limits::Limits;
use crate::secret::Secret;

/// How a system that speaks HTTP is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Http {
    /// The address of the system, with the path under which its API begins, if there is one:
    /// `https://metrics.example.com/prometheus`.
    #[schemars(length(min = 1, max = 2048))]
    pub(crate) url: String,
    /// Who we are to it; nobody unless told.
    #[serde(default)]
    pub(crate) auth: Option<Auth>,
    /// More headers to send: `{"X-Scope-OrgID": "team-a"}`.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// Certificates (PEM) of an authority of one's own, trusted beside the public ones.
    #[serde(default)]
    pub(crate) ca_certificate: Option<String>,
    /// How much it is asked for at most.
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// Credentials. They should allow nothing but reading.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Auth {
    /// A name and a password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A token in the `Authorization` header.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// An API key, as Elasticsearch takes it: `Authorization: ApiKey …`.
    ApiKey {
        /// The key as it is sent.
        key: Secret,
    },
}

impl Reach for Http {
    fn limits(&self) -> Limits {
        self.limits
    }
}

impl Http {
    /// One more header to send.
    pub(crate) fn set_header(&mut self, name: &str, value: String) {
        self.headers.insert(name.to_owned(), value.into());
    }

    /// The address, checked; its path ends in a slash, so that paths can be put behind it.
    pub(super) fn base(&self) -> Result<Url, BadConfig> {
        let wrong = |reason: &str| BadConfig::field("url", reason);
        let mut url = Url::parse(&self.url).map_err(|_| wrong("an address is expected"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("an address such as `https://host:port` is expected"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("credentials belong into `auth`, where they aren't shown"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("an address without `?` and `#` is expected"));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(url)
    }

    /// What is sent with every request.
    pub(super) fn sent(&self) -> Result<HeaderMap, BadConfig> {
        let mut sent = HeaderMap::new();
        for (name, value) in &self.headers {
            let field = || format!("headers.{name}");
            let header: HeaderName = name
                .parse()
                .map_err(|_| BadConfig::field(field(), "this is no name of a header"))?;
            sent.insert(header, sensitive(value.reveal(), &field())?);
        }
        let authorization = match &self.auth {
            None => return Ok(sent),
            Some(Auth::Basic { username, password }) => {
                if username.contains(':') {
                    let reason = "a name with a colon can't be sent";
                    return Err(BadConfig::field("auth.username", reason));
                }
                basic(username, password.reveal())?
            }
            Some(Auth::Bearer { token }) => {
                sensitive(&format!("Bearer {}", token.reveal()), "auth.token")?
            }
            Some(Auth::ApiKey { key }) => {
                sensitive(&format!("ApiKey {}", key.reveal()), "auth.key")?
            }
        };
        sent.insert(AUTHORIZATION, authorization);
        Ok(sent)
    }
}

fn basic(username: &str, password: &str) -> Result<HeaderValue, BadConfig> {
    // The client's own way of writing them.
    let request = reqwest::Client::new()
        .get("http://localhost/")
        .basic_auth(username, Some(password))
        .build()
        .ok();
    let written = request.and_then(|request| request.headers().get(AUTHORIZATION).cloned());
    written.ok_or_else(|| BadConfig::field("auth.password", "it can't be sent as a header"))
}

fn sensitive(value: &str, field: &str) -> Result<HeaderValue, BadConfig> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| BadConfig::field(field, "it can't be sent as a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
