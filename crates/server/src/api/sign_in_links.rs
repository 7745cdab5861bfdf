use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use nightjar_access::{Action, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::keys::RoleName;
use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::body::Given;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::{Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.plain(Access::Action(Action::CreateSignInLink), routes!(create))
}

/// How long a link works unless told otherwise: long enough to reach somebody's inbox.
const MINUTES: u32 = 60;
/// The longest: whoever finds the link later should find it dead.
const MOST_MINUTES: u32 = 7 * 24 * 60;

/// A link that signs a person in, once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "operator", "name": "Ada" }))]
struct LinkToMake {
    /// What the person may do.
    role: RoleName,
    /// Who it is for.
    name: Name,
    /// How long the link works, minutes; an hour unless told.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10080)]
    minutes: Option<u32>,
}

/// A link, shown this once.
#[derive(Serialize, ToSchema)]
struct SignInLink {
    /// The address to open.
    link: String,
    /// Until when it works.
    expires_at: Time,
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/sign-in-links", request_body = LinkToMake,
    responses((status = 201, description = "The link.", body = SignInLink)))]
async fn create(
    InSpace(space): InSpace,
    State(app): State<App>,
    given: Given<LinkToMake>,
) -> Answer<(StatusCode, Json<SignInLink>)> {
    let LinkToMake { role, name, minutes } = given.value;
    let role = Role::from(role);
    if role == Role::Webhook {
        return Err(Problem::invalid("/role", "a webhook is no person"));
    }
    let minutes = minutes.unwrap_or(MINUTES);
    if !(1..=MOST_MINUTES).contains(&minutes) {
        return Err(Problem::invalid("/minutes", format!("1 to {MOST_MINUTES} minutes")));
    }
    let now = Timestamp::now();
    let until = now + SignedDuration::from_mins(i64::from(minutes));
    let id = space.id();
    let link = app.store.create_sign_in_link(role.label(), Some(id), &name.0, until, now).await?;
    let base = app.config.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let address = format!("{base}/sign-in?link={}", link.secret);
    Ok((StatusCode::CREATED, Json(SignInLink { link: address, expires_at: Time(link.expires_at) })))
}
