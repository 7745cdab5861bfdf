use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use nightjar_access::Action;
use nightjar_senders::Method;
use nightjar_store::{
    Collection, Created, Document, DocumentFilter, Error as StoreError, NewDocument, Space,
    new_secret,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given};
use crate::call::Call;
use crate::origin;
use crate::page::{List, Paging, Shelf};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::webhook::Hook;
use crate::wire::{Label, Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .making(Access::Action(Action::CreateWebhook), routes!(create))
        .plain(Access::Action(Action::ListWebhooks), routes!(list))
        .plain(Access::Action(Action::ReadWebhook), routes!(read))
        .making(Access::Action(Action::RotateWebhookSecret), routes!(rotate))
        .plain(Access::Action(Action::DeleteWebhook), routes!(delete))
}

/// How long the old secret stays valid after a rotation unless told otherwise, hours.
const OVERLAP_HOURS: u32 = 24;

/// The longest overlap, hours: a secret that somebody replaced has to end.
const LONGEST_OVERLAP_HOURS: u32 = 24 * 30;

/// An address that an alerting system sends its messages to.
#[derive(Serialize, ToSchema)]
struct Webhook {
    /// Its id.
    id: String,
    /// Where to send messages.
    #[schema(example = "https://nightjar.example.com/webhook/0193…")]
    url: String,
    /// Whose messages are expected; those of any other are recognised as well.
    #[schema(required)]
    provider: Option<String>,
    /// How a sender proves who it is.
    #[schema(example = "pagerduty")]
    auth: String,
    /// The association it belongs to; none for one that was made here.
    #[schema(required)]
    association: Option<String>,
    /// The secret; shown once, when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Until when the secret before is valid.
    #[schema(required)]
    old_secret_until: Option<Time>,
    /// When it was made.
    created_at: Time,
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "provider": "alertmanager", "auth": "apikey" }))]
struct WebhookToMake {
    /// Whose messages are expected: `alertmanager`, `pagerduty`, …; any, unless told.
    #[serde(default)]
    provider: Option<Label>,
    /// How a sender proves who it is: `hmac`, `apikey`, `basic:<user>`, `header:<name>`, `query:<name>`,
    /// `pagerduty`, `grafana`, `sentry`, `github`, `gitlab`, `standard`, `sns`; what suits the provider best, unless told.
    #[serde(default)]
    auth: Option<Name>,
    /// The secret, where the sender makes it, as PagerDuty and Sentry do; made here unless told.
    #[serde(default)]
    secret: Option<OwnSecret>,
}

/// How a secret is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_hours": 24 }))]
struct Rotation {
    /// How long the old secret stays valid, hours: 0 to 720, 24 unless told.
    #[serde(default)]
    overlap_hours: Option<u32>,
    /// The new secret, where the sender makes it; made here unless told.
    #[serde(default)]
    secret: Option<OwnSecret>,
}

/// A secret that somebody else made. Printed nowhere.
#[derive(Deserialize, ToSchema)]
#[schema(value_type = String, min_length = 8, max_length = 512)]
struct OwnSecret(String);

/// Characters of a secret: fewer can be guessed, more make no sense.
const SECRET: std::ops::RangeInclusive<usize> = 8..=512;

impl OwnSecret {
    fn checked(self) -> Answer<String> {
        let is_fine = SECRET.contains(&self.0.len()) && !self.0.contains(|c: char| c.is_control());
        if is_fine {
            return Ok(self.0);
        }
        let told = "8 to 512 characters are expected, none of them a control character";
        Err(Problem::invalid("/secret", told))
    }
}

fn wire(document: &Document, base: &str, secret: Option<String>) -> Answer<Webhook> {
    let hook = Hook::of(document)?;
    let before = hook.before.map(|(_, until)| until).filter(|until| *until > Timestamp::now());
    Ok(Webhook {
        id: document.id.clone(),
        url: format!("{base}/webhook/{}", document.id),
        provider: hook.provider,
        auth: document.state.clone(),
        association: document.parent.clone(),
        secret,
        old_secret_until: before.map(Time),
        created_at: Time(document.created_at),
    })
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/webhooks", request_body = WebhookToMake,
    responses((status = 201, description = "The webhook, with its secret.", body = Webhook)))]
async fn create(
    InSpace(space): InSpace,
    State(app): State<App>,
    headers: HeaderMap,
    call: Call,
    given: Given<WebhookToMake>,
) -> Answer<Made<Webhook>> {
    let Given { value: WebhookToMake { provider, auth, secret }, once } = given;
    let provider = provider.map(|provider| provider.0);
    if let Some(unknown) =
        provider.as_deref().filter(|name| !nightjar_payloads::providers().contains(name))
    {
        let known = nightjar_payloads::providers().join("`, `");
        let told = format!("`{unknown}` isn't known; leave it out, or choose from `{known}`");
        return Err(Problem::invalid("/provider", told));
    }
    let method = match auth {
        Some(label) => {
            Method::parse(&label.0).map_err(|error| Problem::invalid("/auth", error.to_string()))?
        }
        None => {
            let suitable = Method::of_provider(provider.as_deref().unwrap_or("generic"));
            suitable.into_iter().next().unwrap_or(Method::Hmac)
        }
    };
    // Amazon SNS signs with a certificate; nobody shares a secret.
    let secret = match (&method, secret) {
        (Method::Sns { .. }, None) => None,
        (Method::Sns { .. }, Some(_)) => {
            return Err(Problem::invalid("/secret", "messages of Amazon SNS are signed without"));
        }
        (_, Some(own)) => Some(own.checked()?),
        (_, None) => Some(new_secret()?),
    };
    let hook = Hook { provider, secret: secret.clone().unwrap_or_default(), before: None };
    let body = serde_json::to_value(&hook).expect("invariant: a hook is texts under names");
    let new = NewDocument { state: method.to_string(), body, ..NewDocument::default() };
    let webhooks = space.documents(Collection::Webhook);
    let made = webhooks.create(new, once.as_ref(), Timestamp::now()).await?;
    let base = origin::for_signer(&app.config, &headers);
    let (is_new, document) = match made {
        Created::New(document) => (true, document),
        Created::Again(document) => (false, document),
    };
    // Made once, shown once.
    let told = wire(&document, &base, secret.filter(|_| is_new))?;
    let made = if is_new { Created::New(document) } else { Created::Again(document) };
    Ok(Made::new(made, &call, |document| {
        let location = format!("/api/v1/spaces/{}/webhooks/{}", space.id(), document.id);
        (document.id, location, told)
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/webhooks", params(Paging),
    responses((status = 200, description = "Webhooks, oldest first.", body = List<Webhook>)))]
async fn list(
    InSpace(space): InSpace,
    State(app): State<App>,
    headers: HeaderMap,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Webhook>>> {
    let shelf = Shelf::of_space(&space, "webhooks", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let webhooks = space.documents(Collection::Webhook);
    let page = webhooks.list(&DocumentFilter::default(), &request).await?;
    let base = origin::for_signer(&app.config, &headers);
    let items: Vec<Webhook> =
        page.items.iter().map(|document| wire(document, &base, None)).collect::<Result<_, _>>()?;
    let mut items = items.into_iter();
    Ok(Json(shelf.list(page, |_| items.next().expect("invariant: one for each"))))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/webhooks/{webhook}",
    responses((status = 200, description = "The webhook.", body = Webhook)))]
async fn read(
    InSpace(space): InSpace,
    State(app): State<App>,
    headers: HeaderMap,
    ids: Ids,
) -> Answer<Json<Webhook>> {
    let document = of(&space, ids.id("webhook")?).await?;
    Ok(Json(wire(&document, &origin::for_signer(&app.config, &headers), None)?))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/webhooks/{webhook}/rotate",
    request_body = Rotation,
    responses((status = 200, description = "The webhook, with its new secret.", body = Webhook)))]
async fn rotate(
    InSpace(space): InSpace,
    State(app): State<App>,
    headers: HeaderMap,
    ids: Ids,
    given: Given<Rotation>,
) -> Answer<Json<Webhook>> {
    let Rotation { overlap_hours, secret } = given.value;
    let hours = overlap_hours.unwrap_or(OVERLAP_HOURS);
    if hours > LONGEST_OVERLAP_HOURS {
        let told = format!("at most {LONGEST_OVERLAP_HOURS} hours");
        return Err(Problem::invalid("/overlap_hours", told));
    }
    let known = of(&space, ids.id("webhook")?).await?;
    if matches!(Method::parse(&known.state), Ok(Method::Sns { .. })) {
        let told = "messages of Amazon SNS are signed with a certificate: there is no secret";
        return Err(StoreError::Conflict(told.to_owned()).into());
    }
    let now = Timestamp::now();
    let until = now.checked_add(SignedDuration::from_hours(hours.into())).unwrap_or(now);
    let secret = match secret {
        Some(own) => own.checked()?,
        None => new_secret()?,
    };
    let replace = |document: &mut Document| {
        let mut hook: Hook = serde_json::from_value(document.body.clone())
            .map_err(|error| StoreError::Invalid(error.to_string()))?;
        let old = std::mem::replace(&mut hook.secret, secret.clone());
        hook.before = (until > now).then_some((old, until));
        document.body =
            serde_json::to_value(&hook).map_err(|error| StoreError::Invalid(error.to_string()))?;
        Ok(())
    };
    let webhooks = space.documents(Collection::Webhook);
    let document = webhooks.update(&known.id, now, replace).await?;
    Ok(Json(wire(&document, &origin::for_signer(&app.config, &headers), Some(secret))?))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/webhooks/{webhook}",
    responses((status = 204, description = "It takes nothing in any more.")))]
async fn delete(InSpace(space): InSpace, ids: Ids) -> Answer<StatusCode> {
    let document = of(&space, ids.id("webhook")?).await?;
    if document.parent.is_some() {
        let told = "it belongs to an association: end that one";
        return Err(StoreError::Conflict(told.to_owned()).into());
    }
    space.documents(Collection::Webhook).delete(&document.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn of(space: &Space, id: &str) -> Answer<Document> {
    Ok(space.documents(Collection::Webhook).get(id).await?)
}
