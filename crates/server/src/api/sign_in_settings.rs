use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use nightjar_access::{Action, Role};
use nightjar_oidc::Issuer;
use nightjar_store::{Collection, NewDocument, Space};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::keys::RoleName;
use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::body::Given;
use crate::origin::for_browser;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::sign_in::settings::{GROUPS_CLAIM, ID, SCOPES, Settings};
use crate::wire::{Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    let delete = "Ends signing in with a provider, and the sessions that came of it.";
    routes
        .plain(Access::Action(Action::ReadSignIn), routes!(read))
        .plain(Access::Action(Action::UpdateSignIn), routes!(update))
        .plain(Access::Like(Action::UpdateSignIn, "deleteSignIn", delete), routes!(remove))
}

/// Groups that are mapped; a space has a handful.
const MOST_ROLES: usize = 200;
/// Scopes that are asked for, and the length of one.
const MOST_SCOPES: usize = 20;
const SCOPE: usize = 100;
/// Bytes of what a provider calls us, and of our secret: the public contract's bounds.
const CLIENT_ID: usize = 512;
const CLIENT_SECRET: usize = 1024;

/// The provider that people of a space sign in with, without its secret.
#[derive(Serialize, ToSchema)]
struct SignInSettings {
    /// The provider's issuer, as it names itself.
    issuer_url: String,
    /// How the provider calls this service.
    client_id: String,
    /// Whether there is a secret; it is never shown.
    has_client_secret: bool,
    /// What people call the provider.
    #[schema(required)]
    provider: Option<String>,
    /// What is asked for beside `openid`.
    scopes: Vec<String>,
    /// The claim that lists a person's groups.
    groups_claim: String,
    /// What the members of a group may do; of several the mightiest role counts.
    roles: Vec<GroupRole>,
    /// What everybody else may do whom the provider lets in; none: nothing.
    #[schema(required)]
    default_role: Option<RoleName>,
    /// Where people begin; none where the service doesn't know its own address.
    #[schema(required)]
    sign_in_url: Option<String>,
    /// What to register at the provider as the address to come back to.
    #[schema(required)]
    redirect_url: Option<String>,
    /// What to register there as the address to come back to after signing out.
    #[schema(required)]
    post_logout_redirect_url: Option<String>,
    /// When it was changed.
    updated_at: Time,
}

/// What the members of a group may do.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupRole {
    /// The group, as the provider's claim has it.
    group: Name,
    /// The role: not `webhook`.
    role: RoleName,
}

/// The provider that people of a space are to sign in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInSettingsChange, example = json!({
    "issuer_url": "https://login.example.com",
    "client_id": "nightjar",
    "client_secret": "what the provider gave",
    "scopes": ["profile", "groups"],
    "roles": [{ "group": "sre", "role": "operator" }],
    "default_role": "viewer",
}))]
struct Change {
    /// The provider's issuer, exactly as it names itself.
    #[schema(max_length = 2048)]
    issuer_url: String,
    /// How the provider calls this service.
    #[schema(min_length = 1, max_length = 512)]
    client_id: String,
    /// The secret that the provider gave; left out: the one that is there stays.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1024)]
    client_secret: Option<String>,
    /// What people call the provider.
    #[serde(default)]
    provider: Option<Name>,
    /// What to ask for beside `openid`; `profile` unless told.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// The claim that lists a person's groups; `groups` unless told.
    #[serde(default)]
    groups_claim: Option<Name>,
    /// What the members of a group may do.
    #[serde(default)]
    roles: Vec<GroupRole>,
    /// What everybody else may do whom the provider lets in; left out: nothing.
    #[serde(default)]
    default_role: Option<RoleName>,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/sign-in",
    responses((status = 200, description = "The provider.", body = SignInSettings)))]
async fn read(
    InSpace(space): InSpace,
    State(app): State<App>,
    headers: HeaderMap,
) -> Answer<Json<SignInSettings>> {
    shown(&space, &app, &headers).await
}

#[utoipa::path(put, path = "/api/v1/spaces/{space}/sign-in", request_body = Change,
    responses((status = 200, description = "The provider as it is now.", body = SignInSettings)))]
async fn update(
    InSpace(space): InSpace,
    State(app): State<App>,
    headers: HeaderMap,
    given: Given<Change>,
) -> Answer<Json<SignInSettings>> {
    let change = given.value;
    check(&change, app.providers.is_loopback_allowed())?;
    let before = Settings::of(&space).await?;
    let is_same = before.as_ref().is_some_and(|before| {
        before.issuer_url == change.issuer_url && before.client_id == change.client_id
    });
    let kept = before.as_ref().and_then(|before| before.client_secret.clone());
    if !is_same && kept.is_some() && change.client_secret.is_none() {
        // Otherwise whoever may change the provider could have the secret sent to one of their own.
        let detail = "another provider or client needs its own secret";
        return Err(Problem::invalid("/client_secret", detail));
    }
    let fields = fields(change, kept)?;
    let now = Timestamp::now();
    let documents = space.documents(Collection::SignIn);
    if is_same {
        let written = documents.update(ID, now, |document| {
            // What only the public contract knows stays.
            if let Some(body) = document.body.as_object_mut() {
                body.extend(fields);
            }
            Ok(())
        });
        written.await?;
    } else {
        // Another agreement: who was let in by the one before is signed out.
        if before.is_some() {
            documents.delete(ID).await?;
        }
        let body = Value::Object(fields);
        let new = NewDocument { id: Some(ID.to_owned()), body, ..NewDocument::default() };
        documents.create(new, None, now).await?;
    }
    shown(&space, &app, &headers).await
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/sign-in",
    responses((status = 204, description = "Nobody signs in with it any more.")))]
async fn remove(InSpace(space): InSpace) -> Answer<StatusCode> {
    space.documents(Collection::SignIn).delete(ID).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(change: &Change, is_loopback_allowed: bool) -> Result<(), Problem> {
    Issuer::parse(&change.issuer_url, is_loopback_allowed)
        .map_err(|error| Problem::invalid("/issuer_url", error.to_string()))?;
    let is_plain = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
    };
    if !is_plain(&change.client_id, CLIENT_ID) {
        let detail = format!("1 to {CLIENT_ID} printable ASCII characters");
        return Err(Problem::invalid("/client_id", detail));
    }
    if change.client_secret.as_ref().is_some_and(|secret| !is_plain(secret, CLIENT_SECRET)) {
        let detail = format!("1 to {CLIENT_SECRET} printable ASCII characters");
        return Err(Problem::invalid("/client_secret", detail));
    }
    let scopes = change.scopes.as_deref().unwrap_or_default();
    let is_scope = |text: &String| is_plain(text, SCOPE) && !text.contains([' ', '"', '\\']);
    if scopes.len() > MOST_SCOPES || !scopes.iter().all(is_scope) {
        let detail = format!("at most {MOST_SCOPES} words of at most {SCOPE} characters");
        return Err(Problem::invalid("/scopes", detail));
    }
    if change.roles.len() > MOST_ROLES {
        return Err(Problem::invalid("/roles", format!("at most {MOST_ROLES} groups")));
    }
    for (number, row) in change.roles.iter().enumerate() {
        is_for_people(&format!("/roles/{number}/role"), row.role)?;
    }
    change.default_role.map_or(Ok(()), |role| is_for_people("/default_role", role))
}

fn is_for_people(pointer: &str, role: RoleName) -> Result<(), Problem> {
    match Role::from(role) {
        Role::Webhook => Err(Problem::invalid(pointer, "a webhook is no person")),
        Role::Administrator | Role::Operator | Role::Viewer => Ok(()),
    }
}

/// The members of the document. All are there, so that none has the meaning of a missing one.
fn fields(change: Change, kept: Option<String>) -> Result<serde_json::Map<String, Value>, Problem> {
    let fields = json!({
        "flow": "idp",
        "issuer_url": change.issuer_url,
        "client_id": change.client_id,
        "client_secret": change.client_secret.or(kept),
        "provider": change.provider.map(|name| name.0),
        "scopes": change.scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec()),
        "groups_claim": change.groups_claim.map_or_else(|| GROUPS_CLAIM.to_owned(), |name| name.0),
        "roles": change.roles,
        "default_role": change.default_role,
    });
    match fields {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::invalid("", "an object is expected")),
    }
}

async fn shown(space: &Space, app: &App, headers: &HeaderMap) -> Answer<Json<SignInSettings>> {
    let settings = Settings::of(space).await?.ok_or_else(Problem::not_found)?;
    let origin = for_browser(&app.config, headers);
    let at = |path: &str| origin.as_ref().map(|origin| format!("{origin}{path}"));
    let role = |(group, role): (String, Role)| GroupRole { group: Name(group), role: role.into() };
    Ok(Json(SignInSettings {
        issuer_url: settings.issuer_url,
        client_id: settings.client_id,
        has_client_secret: settings.client_secret.is_some(),
        provider: settings.provider,
        scopes: settings.scopes,
        groups_claim: settings.groups_claim,
        roles: settings.roles.into_iter().map(role).collect(),
        default_role: settings.default_role.map(RoleName::from),
        sign_in_url: at(&format!("/sign-in/oidc/{}", space.id())),
        redirect_url: at("/sign-in/oidc/callback"),
        post_logout_redirect_url: at("/signed-out"),
        updated_at: Time(settings.updated_at),
    }))
}
