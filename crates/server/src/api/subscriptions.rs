use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use nightjar_access::Action;
use nightjar_store::{
    Created, EventKind, NewSubscription, PageRequest, SigningSecret, Subscription as Record,
    new_signing_secret,
};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::routes;

use super::events::Event;
use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given, Nothing};
use crate::call::{Call, Caller};
use crate::outbound::{Reach, target};
use crate::page::{List, Paging, Shelf};
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::{Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    let like = |name, summary| Access::Like(Action::UpdateSubscription, name, summary);
    let rotate = like(
        "rotateSubscriptionSecret",
        "Makes a new signing secret; the one before counts for a while.",
    );
    let test = like("testSubscription", "Sends a test event to one subscription.");
    routes
        .making(Access::Action(Action::CreateSubscription), routes!(create))
        .plain(Access::Action(Action::ListSubscriptions), routes!(list))
        .plain(Access::Action(Action::ReadSubscription), routes!(read))
        .plain(Access::Action(Action::UpdateSubscription), routes!(update))
        .plain(Access::Action(Action::DeleteSubscription), routes!(delete))
        .plain(rotate, routes!(rotate_secret))
        .plain(test, routes!(send_test))
}

/// Subscriptions of one space: each makes a row of every event.
const MOST: usize = 20;
/// Secrets that count at the same time.
const MOST_SECRETS: usize = 3;
/// How long a secret counts after the next one was made, hours: unless told, and at most.
const OVERLAP: u16 = 24;
const LONGEST_OVERLAP: u16 = 168;

/// The type of an event.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct EventType(EventKind);

impl TryFrom<String> for EventType {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let known = EventKind::parse(&text).map(Self);
        known.ok_or_else(|| format!("`{}` is no type of event", text.escape_debug()))
    }
}

impl From<EventType> for String {
    fn from(kind: EventType) -> Self {
        kind.0.label().to_owned()
    }
}

impl PartialSchema for EventType {
    fn schema() -> RefOr<Schema> {
        let labels = EventKind::ALL.iter().map(|kind| kind.label());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(labels)).into()
    }
}

impl ToSchema for EventType {
    fn name() -> Cow<'static, str> {
        "EventType".into()
    }
}

/// Whether events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SubscriptionState {
    /// They are.
    Active,
    /// They wait.
    Paused,
}

/// Where events are sent to, as everybody of the space may see it.
#[derive(Serialize, ToSchema)]
struct Subscription {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What people call it.
    name: String,
    /// Scheme, host and port of the address; the rest may be as good as a password.
    #[schema(example = "https://hooks.example.com")]
    origin: String,
    /// The types of events it is told of; empty: all.
    types: Vec<EventType>,
    /// Whether events are sent.
    state: SubscriptionState,
    /// Why it was paused, where nobody asked for it.
    #[schema(required)]
    paused_because: Option<String>,
    /// The key or session that made it.
    created_by: String,
    /// When it was made.
    created_at: Time,
    /// When it was made or last changed.
    updated_at: Time,
}

impl From<&Record> for Subscription {
    fn from(record: &Record) -> Self {
        let state = match record.is_active {
            true => SubscriptionState::Active,
            false => SubscriptionState::Paused,
        };
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            origin: origin(&record.url),
            types: record.kinds.iter().flatten().copied().map(EventType).collect(),
            state,
            paused_because: record.paused_because.clone(),
            created_by: record.created_by.clone(),
            created_at: Time(record.created_at),
            updated_at: Time(record.updated_at),
        }
    }
}

/// The address without what may be secret in it.
fn origin(url: &str) -> String {
    let known = reqwest::Url::parse(url).ok();
    known.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// Where events are sent to, with the whole address.
#[derive(Serialize, ToSchema)]
struct SubscriptionInFull {
    #[serde(flatten)]
    subscription: Subscription,
    /// Where events are sent to.
    url: String,
    /// How many signing secrets count now; events are signed with each.
    secrets: usize,
}

impl SubscriptionInFull {
    fn of(record: &Record, now: Timestamp) -> Self {
        Self {
            subscription: record.into(),
            url: record.url.clone(),
            secrets: record.secrets_at(now).count(),
        }
    }
}

/// A subscription that was made, with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
struct SubscriptionWithSecret {
    #[serde(flatten)]
    subscription: SubscriptionInFull,
    /// What events are signed with, as Standard Webhooks has it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// A subscription to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://hooks.example.com/nightjar",
    "types": ["io.nightjar.investigation.completed"],
}))]
struct SubscriptionToMake {
    /// Where to send events: `https`, without credentials.
    #[schema(max_length = 2048)]
    url: String,
    /// What to call it; the address's host unless told.
    #[serde(default)]
    name: Option<Name>,
    /// The types of events to tell; none: all.
    #[serde(default)]
    types: Vec<EventType>,
}

/// What to change about a subscription; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "state": "paused" }))]
struct SubscriptionChange {
    /// Where to send events from now on.
    #[serde(default)]
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// What to call it.
    #[serde(default)]
    name: Option<Name>,
    /// The types of events to tell; empty: all.
    #[serde(default)]
    types: Option<Vec<EventType>>,
    /// Whether to send events.
    #[serde(default)]
    state: Option<SubscriptionState>,
}

/// How to exchange a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_hours": 24 }))]
struct SecretRotation {
    /// How long the secret before counts beside the new one; a day unless told.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 168)]
    overlap_hours: Option<u16>,
}

/// A new secret, which is shown this once.
#[derive(Serialize, ToSchema)]
struct NewSecret {
    /// What events are signed with from now on.
    secret: String,
    /// Until when they are signed with the one before too.
    previous_until: Time,
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/subscriptions",
    request_body = SubscriptionToMake,
    responses((status = 201, description = "The subscription, with its secret.",
        body = SubscriptionWithSecret)))]
async fn create(
    InSpace(space): InSpace,
    State(app): State<App>,
    caller: Caller,
    call: Call,
    given: Given<SubscriptionToMake>,
) -> Answer<Made<SubscriptionWithSecret>> {
    let Given { value: SubscriptionToMake { url, name, types }, once } = given;
    let read = check(&url, &app)?;
    let name = match name {
        Some(name) => name.0,
        None => read.host_str().unwrap_or("webhook").chars().take(200).collect(),
    };
    let new = NewSubscription {
        name,
        url,
        kinds: kinds(types),
        secret: new_signing_secret()?,
        created_by: caller.identity.id().to_owned(),
    };
    let now = Timestamp::now();
    let made = space.create_subscription(new, once.as_ref(), now).await?;
    match &made {
        Created::Again(record) => {
            // As with access keys.
            let detail =
                format!("subscription `{}` was made before; its secret is shown once", record.id);
            return Err(Problem::new(Kind::Conflict, detail));
        }
        Created::New(record) => {
            // Counted afterwards: two requests at a time can't both be the last.
            let all = space.subscriptions(&PageRequest { limit: MOST, after: None }).await?;
            if all.next.is_some() {
                space.delete_subscription(&record.id).await?;
                let detail = format!("a space has at most {MOST} subscriptions");
                return Err(Problem::new(Kind::Conflict, detail));
            }
        }
    }
    Ok(Made::new(made, &call, |record| {
        let location = format!("/api/v1/spaces/{}/subscriptions/{}", space.id(), record.id);
        let secret = record.secrets_at(now).next().unwrap_or_default().to_owned();
        let subscription = SubscriptionInFull::of(&record, now);
        (record.id, location, SubscriptionWithSecret { subscription, secret })
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/subscriptions", params(Paging),
    responses((status = 200, description = "Subscriptions, oldest first.",
        body = List<Subscription>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Subscription>>> {
    let shelf = Shelf::of_space(&space, "subscriptions", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let page = space.subscriptions(&request).await?;
    Ok(Json(shelf.list(page, |record| Subscription::from(&record))))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/subscriptions/{subscription}",
    responses((status = 200, description = "The subscription.", body = SubscriptionInFull)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<SubscriptionInFull>> {
    let record = space.subscription(ids.id("subscription")?).await?;
    Ok(Json(SubscriptionInFull::of(&record, Timestamp::now())))
}

#[utoipa::path(patch, path = "/api/v1/spaces/{space}/subscriptions/{subscription}",
    request_body = SubscriptionChange,
    responses((status = 200, description = "The subscription as it is now.",
        body = SubscriptionInFull)))]
async fn update(
    InSpace(space): InSpace,
    State(app): State<App>,
    ids: Ids,
    given: Given<SubscriptionChange>,
) -> Answer<Json<SubscriptionInFull>> {
    let SubscriptionChange { url, name, types, state } = given.value;
    if let Some(url) = &url {
        check(url, &app)?;
    }
    let now = Timestamp::now();
    let changed = space.update_subscription(ids.id("subscription")?, now, |record| {
        if let Some(url) = url {
            record.url = url;
        }
        if let Some(Name(name)) = name {
            record.name = name;
        }
        if let Some(types) = types {
            record.kinds = kinds(types);
        }
        if let Some(state) = state {
            record.is_active = state == SubscriptionState::Active;
            // Somebody asked for it now.
            record.paused_because = None;
        }
        Ok(())
    });
    Ok(Json(SubscriptionInFull::of(&changed.await?, now)))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/subscriptions/{subscription}",
    responses((status = 204, description = "It is gone, and what waited for it.")))]
async fn delete(InSpace(space): InSpace, ids: Ids) -> Answer<StatusCode> {
    space.delete_subscription(ids.id("subscription")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/subscriptions/{subscription}/secret",
    request_body = SecretRotation,
    responses((status = 200, description = "The new secret.", body = NewSecret)))]
async fn rotate_secret(
    InSpace(space): InSpace,
    ids: Ids,
    given: Given<SecretRotation>,
) -> Answer<Json<NewSecret>> {
    let hours = given.value.overlap_hours.unwrap_or(OVERLAP);
    if hours > LONGEST_OVERLAP {
        let detail = format!("at most {LONGEST_OVERLAP} hours");
        return Err(Problem::invalid("/overlap_hours", detail));
    }
    let now = Timestamp::now();
    let until = now.saturating_add(SignedDuration::from_hours(hours.into())).unwrap_or(now);
    let secret = new_signing_secret()?;
    let new = SigningSecret { text: secret.clone(), until: None };
    let changed = space.update_subscription(ids.id("subscription")?, now, |record| {
        for before in &mut record.secrets {
            before.until = Some(before.until.map_or(until, |its| its.min(until)));
        }
        record.secrets.retain(|before| before.until.is_none_or(|until| until > now));
        record.secrets.insert(0, new);
        record.secrets.truncate(MOST_SECRETS);
        Ok(())
    });
    changed.await?;
    Ok(Json(NewSecret { secret, previous_until: Time(until) }))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/subscriptions/{subscription}/test",
    responses((status = 202, description = "The event that is sent.", body = Event)))]
async fn send_test(
    InSpace(space): InSpace,
    ids: Ids,
    _: Nothing,
) -> Answer<(StatusCode, Json<Event>)> {
    let sent = space.send_test(ids.id("subscription")?, Timestamp::now()).await?;
    Ok((StatusCode::ACCEPTED, Json(space.dispatch(&sent).await?.into())))
}

fn check(url: &str, app: &App) -> Result<reqwest::Url, Problem> {
    let read = target(url, Reach::of(&app.config));
    read.map(|(url, _)| url).map_err(|reason| Problem::invalid("/url", reason))
}

/// Which kinds are wanted. Naming none is wanting all, those of later versions too.
fn kinds(types: Vec<EventType>) -> Option<Vec<EventKind>> {
    let mut kinds: Vec<EventKind> = types.into_iter().map(|EventType(kind)| kind).collect();
    kinds.sort();
    kinds.dedup();
    Some(kinds).filter(|kinds| !kinds.is_empty())
}
