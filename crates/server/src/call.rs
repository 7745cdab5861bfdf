use std::sync::{Arc, Mutex, PoisonError};

use nightjar_access::Identity;

/// What becomes known of a request on its way, for audit trail, metrics and log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call(Arc<Mutex<Facts>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The operation's name; `None` for a path nobody knows.
    pub(crate) operation: Option<&'static str>,
    /// Key or session.
    pub(crate) actor: Option<String>,
    /// The space that the path names.
    pub(crate) space: Option<String>,
    /// What it is about.
    pub(crate) subject: Option<String>,
    /// Whether it is to be left out of the audit trail: probes, and what was refused unseen.
    pub(crate) unrecorded: bool,
    /// What is left of the caller's rate.
    pub(crate) rate: Option<crate::rates::Standing>,
}

impl Call {
    pub(crate) fn note(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn facts(&self) -> Facts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Who asks, found out and let in.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    /// For people to read.
    pub(crate) name: String,
    pub(crate) credential: crate::credential::Credential,
}
