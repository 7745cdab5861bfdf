use axum::Json;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_incident::journal::{Chain, Kind as EntryKind};
use nightjar_store::{Error as StoreError, Space};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::body::Given;
use crate::call::Caller;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::Name;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ReadRedactionPolicy), routes!(read))
        .plain(Access::Action(Action::UpdateRedactionPolicy), routes!(update))
        .plain(Access::Action(Action::RevealOriginal), routes!(reveal))
}

/// The chain that tells what was done to a space itself.
const CHAIN: &str = "config";
/// How often an entry is tried where others write to the same chain at the same time.
const ATTEMPTS: usize = 8;

/// What a space has redacted.
#[derive(Serialize, ToSchema)]
struct Redaction {
    /// The policy as docs/specs/redaction.md describes it; none: the usual one.
    #[schema(value_type = Option<Object>, required)]
    policy: Option<Value>,
}

/// A redaction policy: docs/specs/redaction.md. What is left out is as usual.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "seal_originals": true }))]
struct PolicyToSet {
    /// What is replaced; all kinds unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kinds: Option<Vec<RedactedKind>>,
    /// Whether addresses of private networks stay; they do unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keep_private_addresses: Option<bool>,
    /// Texts that stay, letter case aside; a domain stands for every e-mail address in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    keep: Option<Vec<Name>>,
    /// Whether originals are kept, sealed, to be revealed later; they aren't unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal_originals: Option<bool>,
}

/// What sort of thing is replaced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RedactedKind {
    Email,
    Phone,
    Card,
    Iban,
    NationalId,
    Ip,
    User,
    Secret,
}

/// How many texts a policy may keep.
const MOST_KEPT: usize = 1000;

/// What is to be revealed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "pseudonym": "<email:k3v9x2m4>" }))]
struct Pseudonym {
    /// The pseudonym as it stands in an alert or a log line.
    pseudonym: Name,
}

/// What a pseudonym stands for.
#[derive(Serialize, ToSchema)]
struct Original {
    /// The pseudonym that was asked for.
    pseudonym: String,
    /// What it replaced.
    original: String,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/redaction",
    responses((status = 200, description = "The policy.", body = Redaction)))]
async fn read(InSpace(space): InSpace) -> Answer<Json<Redaction>> {
    Ok(Json(Redaction { policy: space.record().await?.redaction }))
}

#[utoipa::path(put, path = "/api/v1/spaces/{space}/redaction", request_body = PolicyToSet,
    responses((status = 200, description = "The policy from now on.", body = Redaction)))]
async fn update(
    InSpace(space): InSpace,
    caller: Caller,
    given: Given<PolicyToSet>,
) -> Answer<Json<Redaction>> {
    if given.value.keep.as_ref().is_some_and(|texts| texts.len() > MOST_KEPT) {
        return Err(Problem::invalid("/keep", format!("at most {MOST_KEPT} texts are kept")));
    }
    let policy = serde_json::to_value(&given.value)
        .map_err(|error| Problem::invalid("", error.to_string()))?;
    let body = json!({ "request": "update_redaction_policy", "policy": policy });
    note(&space, &caller, body).await?;
    let updated = space.update(Timestamp::now(), |settings| {
        settings.redaction = Some(policy);
        Ok(())
    });
    Ok(Json(Redaction { policy: updated.await?.redaction }))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/redaction/reveal", request_body = Pseudonym,
    responses((status = 200, description = "The original.", body = Original)))]
async fn reveal(
    InSpace(space): InSpace,
    caller: Caller,
    given: Given<Pseudonym>,
) -> Answer<Json<Original>> {
    let Pseudonym { pseudonym: Name(pseudonym) } = given.value;
    // The entry comes before the answer, and says who asked also where nothing was kept.
    let body = json!({ "request": "reveal_original", "pseudonym": pseudonym });
    note(&space, &caller, body).await?;
    let original = space.original(&pseudonym).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(Original { pseudonym, original }))
}

/// Writes what a person asked of the space into its journal.
pub(super) async fn note(space: &Space, caller: &Caller, body: Value) -> Result<(), Problem> {
    let now = Timestamp::now();
    for _ in 0..ATTEMPTS {
        let (next, head) = space.chain_end(CHAIN).await?;
        let mut chain = Chain::continued(space.id().clone(), CHAIN, next, head);
        let actor = caller.identity.id();
        let entry = chain.append(now, EntryKind::UserRequest, actor, body.clone());
        let entry = entry.map_err(|error| Problem::invalid("", error.to_string()))?;
        match space.append(&[entry], now).await {
            // Somebody else wrote in between.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
    Err(Problem::new(Kind::Busy, "others write to this journal at the moment"))
}
