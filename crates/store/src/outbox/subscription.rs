use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EventKind;
use crate::documents::{Collection, Document, DocumentFilter, Documents, NewDocument};
use crate::{Created, Error, Once, Page, PageRequest, Result, Space};

/// Somebody who is told of events: an address, what it wants to hear, and the secrets to sign with.
#[derive(Clone, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where events go. Whoever knows it may be able to send there, so it isn't for everybody.
    pub url: String,
    /// Only these kinds; `None`: all there are and will be.
    pub kinds: Option<Vec<EventKind>>,
    /// The secrets that are valid, the newest first.
    pub secrets: Vec<SigningSecret>,
    /// Whether events are sent now. Otherwise they wait.
    pub is_active: bool,
    /// Why it was paused, where nobody asked for it.
    pub paused_because: Option<String>,
    /// The key or session that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was made or last changed.
    pub updated_at: Timestamp,
}

/// A secret that events are signed with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecret {
    /// As people copy it.
    pub text: String,
    /// Until when it counts; `None`: for good.
    pub until: Option<Timestamp>,
}

/// A subscription to be made.
#[derive(Clone)]
pub struct NewSubscription {
    /// What people call it.
    pub name: String,
    /// Where events go.
    pub url: String,
    /// Only these kinds; `None`: all.
    pub kinds: Option<Vec<EventKind>>,
    /// What to sign with.
    pub secret: String,
    /// The key or session that makes it.
    pub created_by: String,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

const ACTIVE: &str = "active";
const PAUSED: &str = "paused";

/// A document's body. Kinds by their labels, so that those of a later version are passed over.
#[derive(Serialize, Deserialize)]
struct Body {
    name: String,
    url: String,
    kinds: Option<Vec<String>>,
    secrets: Vec<SigningSecret>,
    paused_because: Option<String>,
    created_by: String,
}

impl Subscription {
    /// Whether it wants to hear of something.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// The secrets that count at a time.
    pub fn secrets_at(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let counts = move |secret: &&SigningSecret| secret.until.is_none_or(|until| until > now);
        self.secrets.iter().filter(counts).map(|secret| secret.text.as_str())
    }

    pub(super) fn of(document: &Document) -> Result<Self> {
        let body = Body::deserialize(&document.body).map_err(|error| Error::Damaged {
            what: format!("subscription `{}`", document.id),
            reason: error.to_string(),
        })?;
        let kinds = body.kinds.map(|kinds| {
            kinds.iter().filter_map(|kind| EventKind::parse(kind)).collect::<Vec<_>>()
        });
        Ok(Self {
            id: document.id.clone(),
            name: body.name,
            url: body.url,
            kinds,
            secrets: body.secrets,
            is_active: document.state == ACTIVE,
            paused_because: body.paused_because,
            created_by: body.created_by,
            created_at: document.created_at,
            updated_at: document.updated_at,
        })
    }

    fn body(&self) -> Result<Value> {
        let kinds = self.kinds.as_ref();
        let body = Body {
            name: self.name.clone(),
            url: self.url.clone(),
            kinds: kinds.map(|kinds| kinds.iter().map(|kind| kind.label().to_owned()).collect()),
            secrets: self.secrets.clone(),
            paused_because: self.paused_because.clone(),
            created_by: self.created_by.clone(),
        };
        serde_json::to_value(body)
            .map_err(|error| Error::Invalid(format!("cannot be written as JSON: {error}")))
    }
}

impl Space {
    fn subscription_documents(&self) -> Documents<'_> {
        self.documents(Collection::Subscription)
    }

    /// Makes a subscription; events that happen from now on are sent there.
    pub async fn create_subscription(
        &self,
        new: NewSubscription,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<Subscription>> {
        let subscription = Subscription {
            id: String::new(),
            name: new.name,
            url: new.url,
            kinds: new.kinds,
            secrets: vec![SigningSecret { text: new.secret, until: None }],
            is_active: true,
            paused_because: None,
            created_by: new.created_by,
            created_at: now,
            updated_at: now,
        };
        let body = subscription.body()?;
        let new = NewDocument { state: ACTIVE.to_owned(), body, ..NewDocument::default() };
        match self.subscription_documents().create(new, once, now).await? {
            Created::New(made) => Subscription::of(&made).map(Created::New),
            Created::Again(made) => Subscription::of(&made).map(Created::Again),
        }
    }

    /// One of them.
    pub async fn subscription(&self, id: &str) -> Result<Subscription> {
        Subscription::of(&self.subscription_documents().get(id).await?)
    }

    /// All of them, oldest first.
    pub async fn subscriptions(&self, page: &PageRequest) -> Result<Page<Subscription>> {
        let found = self.subscription_documents().list(&DocumentFilter::default(), page).await?;
        let items = found.items.iter().map(Subscription::of).collect::<Result<_>>()?;
        Ok(Page { items, next: found.next })
    }

    /// Changes one as `change` says; id, author and times are the store's.
    pub async fn update_subscription(
        &self,
        id: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Subscription) -> Result<()>,
    ) -> Result<Subscription> {
        let documents = self.subscription_documents();
        let changed = documents.update(id, now, |document| {
            let mut subscription = Subscription::of(document)?;
            change(&mut subscription)?;
            document.state = if subscription.is_active { ACTIVE } else { PAUSED }.to_owned();
            document.body = subscription.body()?;
            Ok(())
        });
        let changed = Subscription::of(&changed.await?)?;
        // What waited for it may be due.
        self.store.told_outbox();
        Ok(changed)
    }

    /// Ends one; what waits for it is never sent.
    pub async fn delete_subscription(&self, id: &str) -> Result<()> {
        self.subscription_documents().delete(id).await.map(drop)
    }
}
