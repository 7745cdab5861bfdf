use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::http::Asking;
use crate::provider::{Keys, Metadata, discover, keys};
use crate::{Error, Http, Registration};

/// How long what a provider says of itself is believed: it changes over months, and an hour is what
/// providers themselves allow caches.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);
/// How long after a failure, and after keys were read again, the provider is left alone. A page that
/// anybody may open must not make us hammer on somebody's door.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// How many providers are remembered; a space has one.
const REMEMBERED: usize = 256;

/// The providers that people sign in with, and what is known of them.
pub struct Providers {
    http: Asking,
    is_loopback_allowed: bool,
    known: Mutex<BTreeMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    /// None where it didn't answer.
    metadata: Option<Arc<Metadata>>,
    at: Timestamp,
    keys: Arc<Keys>,
    keys_again_at: Option<Timestamp>,
}

/// A provider as it is known at the moment.
pub(crate) struct Provider {
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) keys: Arc<Keys>,
}

impl Providers {
    /// Nothing is asked before somebody signs in.
    pub fn new(http: Arc<dyn Http>, is_loopback_allowed: bool) -> Self {
        Self { http: Asking(http), is_loopback_allowed, known: Mutex::default() }
    }

    /// Whether providers on this machine are asked.
    pub fn is_loopback_allowed(&self) -> bool {
        self.is_loopback_allowed
    }

    pub(crate) fn http(&self) -> &Asking {
        &self.http
    }

    pub(crate) async fn provider(
        &self,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<Provider, Error> {
        let issuer = registration.issuer.as_str();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        match known {
            Some(Known { metadata: Some(metadata), at, keys, .. })
                if is_within(at, BELIEVED, now) =>
            {
                return Ok(Provider { metadata, keys });
            }
            Some(Known { metadata: None, at, .. }) if is_within(at, PAUSE, now) => {
                return Err(Error::Unavailable("it didn't answer a moment ago".to_owned()));
            }
            Some(_) | None => {}
        }
        let found = discover(self.http(), registration, self.is_loopback_allowed).await;
        let (metadata, keys) = match &found {
            Ok(metadata) => (Some(Arc::new(metadata.clone())), Arc::new(metadata.jwks().clone())),
            Err(_) => (None, Arc::default()),
        };
        let known = Known {
            metadata: metadata.clone(),
            at: now,
            keys: Arc::clone(&keys),
            keys_again_at: None,
        };
        self.remember(issuer, known);
        match metadata {
            Some(metadata) => Ok(Provider { metadata, keys }),
            None => Err(found.err().unwrap_or_else(|| Error::Unavailable(String::new()))),
        }
    }

    /// The keys once more, since a token was signed with one that isn't among `keys`: providers change
    /// them. None where they were read again a moment ago.
    pub(crate) async fn newer_keys(
        &self,
        registration: &Registration,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<Option<Arc<Keys>>, Error> {
        let issuer = registration.issuer.as_str();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        if let Some(known) = &known {
            if !Arc::ptr_eq(&known.keys, &provider.keys) {
                // Somebody else found out meanwhile.
                return Ok(Some(Arc::clone(&known.keys)));
            }
            if known.keys_again_at.is_some_and(|at| is_within(at, PAUSE, now)) {
                return Ok(None);
            }
        }
        let keys = Arc::new(keys(self.http(), &provider.metadata).await?);
        let at = known.map_or(now, |known| known.at);
        let metadata = Some(Arc::clone(&provider.metadata));
        let known = Known { metadata, at, keys: Arc::clone(&keys), keys_again_at: Some(now) };
        self.remember(issuer, known);
        Ok(Some(keys))
    }

    fn remember(&self, issuer: &str, known: Known) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED && !all.contains_key(issuer) {
            let oldest = all.iter().min_by_key(|(_, known)| known.at).map(|(name, _)| name.clone());
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
        all.insert(issuer.to_owned(), known);
    }
}

/// A clock that was put back doesn't make anything last.
fn is_within(at: Timestamp, span: SignedDuration, now: Timestamp) -> bool {
    now >= at && now.duration_since(at) < span
}
