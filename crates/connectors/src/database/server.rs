use std::collections::BTreeSet;

use nightjar_connect::BadConfig;
use nightjar_topology::EntityId;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::kind::Reach;
use crate::limits::Limits;
use crate::secret::Secret;

/// How a database server is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Server {
    /// Name or address of the machine: `orders-db.internal`.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) host: String,
    /// The port; the usual one of the system unless told.
    #[serde(default)]
    pub(crate) port: Option<u16>,
    /// Who we are to it: a role that may monitor and nothing else.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Its password.
    #[serde(default)]
    pub(crate) password: Option<Secret>,
    /// Whether the connection is encrypted: `verified` (and the certificate is held against the name, as is
    /// usual), `encrypted` (whoever answers is believed), `off`.
    #[serde(default)]
    pub(crate) tls: Tls,
    /// Certificates (PEM) of an authority of one's own, trusted instead of the public ones.
    #[serde(default)]
    pub(crate) ca_certificate: Option<String>,
    /// How the database is called in the estate; `host:port` unless told.
    #[serde(default)]
    pub(crate) entity: Option<String>,
    /// Other names by which traces, exporters and alerts speak of it.
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    /// How much it is asked for at most.
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tls {
    /// With a certificate that is held against the name.
    #[default]
    Verified,
    /// With whatever certificate.
    Encrypted,
    /// In the clear.
    Off,
}

impl Reach for Server {
    fn limits(&self) -> Limits {
        self.limits
    }
}

/// How a database is called.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// In the estate.
    pub(crate) entity: EntityId,
    /// Everywhere else; `host:port` is among them.
    pub(crate) aliases: BTreeSet<String>,
}

impl Names {
    /// Whether a question is about this database: about everything, or about one of its names.
    pub(crate) fn are_asked(&self, entities: &[EntityId]) -> bool {
        let is_ours = |id: &EntityId| *id == self.entity || self.aliases.contains(id.as_str());
        entities.is_empty() || entities.iter().any(is_ours)
    }
}

impl Server {
    /// Checks what is common to all; answers with the port and the names.
    pub(crate) fn checked(&self, usual_port: u16) -> Result<(u16, Names), BadConfig> {
        let is_odd =
            |letter: char| letter.is_whitespace() || letter.is_control() || "/@?#".contains(letter);
        if self.host.is_empty() || self.host.contains(is_odd) {
            let reason = "the name or address of a machine is expected";
            return Err(BadConfig::field("host", reason));
        }
        let port = self.port.unwrap_or(usual_port);
        if port == 0 {
            return Err(BadConfig::field("port", "a number from 1 to 65535 is expected"));
        }
        if self.certificates()?.is_some_and(|found| found.is_empty()) {
            return Err(BadConfig::field("ca_certificate", "there is no certificate in it"));
        }
        let address = format!("{}:{port}", self.host);
        let entity = EntityId::new(self.entity.clone().unwrap_or_else(|| address.clone()))
            .map_err(|error| BadConfig::field("entity", error.to_string()))?;
        let mut aliases: BTreeSet<String> = self.aliases.iter().cloned().collect();
        aliases.insert(address);
        aliases.retain(|alias| !alias.is_empty() && alias != entity.as_str());
        Ok((port, Names { entity, aliases }))
    }

    /// The authority of one's own, if there is one.
    pub(crate) fn certificates(&self) -> Result<Option<Vec<CertificateDer<'static>>>, BadConfig> {
        let Some(pem) = &self.ca_certificate else { return Ok(None) };
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let wrong = |_| BadConfig::field("ca_certificate", "certificates in PEM are expected");
        read.map(Some).map_err(wrong)
    }

    /// The password; empty where there is none.
    pub(crate) fn password(&self) -> &str {
        self.password.as_ref().map_or("", Secret::reveal)
    }
}
