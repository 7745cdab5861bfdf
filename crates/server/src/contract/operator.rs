//! The operator app: how people sign in to a space.

use nightjar_store::{Collection, Document, Error as StoreError, NewDocument};
use serde_json::{Value, json};

use super::input::Asked;
use super::wire::{at, put, seconds};
use crate::problem::{Kind, Problem};

/// By a key of the service, or by the organisation's provider.
const FLOWS: [&str; 2] = ["iam", "idp"];

pub(super) async fn enable(asked: Asked) -> Result<Value, Problem> {
    let flow = asked.need("authFlow")?;
    let role = asked.need("operatorAppRoleArn")?;
    let body = match flow {
        "iam" => json!({ "flow": flow, "operator_app_role_arn": role }),
        "idp" => json!({
            "flow": flow,
            "operator_app_role_arn": role,
            "issuer_url": needed(&asked, "issuerUrl")?,
            "client_id": needed(&asked, "idpClientId")?,
            "client_secret": asked.text("idpClientSecret"),
            "provider": needed(&asked, "provider")?,
        }),
        _ => return Err(no_identity_center()),
    };
    let ways = asked.space()?.documents(Collection::SignIn);
    let (id, state) = (Some(flow.to_owned()), flow.to_owned());
    let new = NewDocument { id, state, body: body.clone(), ..NewDocument::default() };
    match ways.create(new, None, asked.now).await {
        Ok(_) => {}
        // Enabled again: with these settings from now on.
        Err(StoreError::Conflict(_)) => {
            ways.update(flow, asked.now, |way| {
                merge(&mut way.body, &body);
                Ok(())
            })
            .await?;
        }
        Err(error) => return Err(error.into()),
    }
    let mut answer = told(&asked).await?;
    put(&mut answer, "agentSpaceId", Some(asked.space()?.id().as_str()));
    Ok(answer)
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    told(&asked).await
}

pub(super) async fn disable(asked: Asked) -> Result<Value, Problem> {
    let ways = asked.space()?.documents(Collection::SignIn);
    let named = asked.text("authFlow");
    if named == Some("idc") {
        return Err(no_identity_center());
    }
    let mut ended = false;
    for flow in FLOWS.into_iter().filter(|flow| named.is_none_or(|named| named == *flow)) {
        match ways.delete(flow).await {
            Ok(_) => ended = true,
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if ended { Ok(json!({})) } else { Err(not_enabled()) }
}

pub(super) async fn update_idp(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let secret = asked.text("idpClientSecret");
    let ways = space.documents(Collection::SignIn);
    let changed = ways.update("idp", asked.now, |way| {
        put(&mut way.body, "client_secret", secret);
        Ok(())
    });
    let way = changed.await.map_err(|error| match error {
        StoreError::NotFound { .. } => not_enabled(),
        error => error.into(),
    })?;
    Ok(json!({ "agentSpaceId": space.id(), "idp": idp(&way) }))
}

async fn told(asked: &Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let ways = space.documents(Collection::SignIn);
    let mut answer = json!({});
    let mut address = None;
    for flow in FLOWS {
        let way = match ways.get(flow).await {
            Ok(way) => way,
            Err(StoreError::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let (page, wire) = match flow {
            "idp" => (format!("/sign-in/oidc/{}", space.id()), idp(&way)),
            _ => ("/sign-in".to_owned(), iam(&way)),
        };
        address = Some(format!("{}{page}", asked.origin));
        put(&mut answer, flow, Some(wire));
    }
    put(&mut answer, "operatorAppUrl", Some(address.ok_or_else(not_enabled)?));
    Ok(answer)
}

fn iam(way: &Document) -> Value {
    json!({
        "operatorAppRoleArn": at(&way.body, "operator_app_role_arn").as_str().unwrap_or_default(),
        "createdAt": seconds(way.created_at),
        "updatedAt": seconds(way.updated_at),
    })
}

fn idp(way: &Document) -> Value {
    let text = |name: &str| at(&way.body, name).as_str().unwrap_or_default().to_owned();
    let mut told = iam(way);
    put(&mut told, "issuerUrl", Some(text("issuer_url")));
    put(&mut told, "clientId", Some(text("client_id")));
    put(&mut told, "provider", Some(text("provider")));
    told
}

/// What one flow needs and the model can't say.
fn needed<'a>(asked: &'a Asked, name: &str) -> Result<&'a str, Problem> {
    let given = asked.text(name).filter(|text| !text.is_empty());
    given.ok_or_else(|| {
        Problem::invalid(&format!("/{name}"), "it is needed where `authFlow` is `idp`")
    })
}

fn merge(into: &mut Value, from: &Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from.clone());
    }
}

fn not_enabled() -> Problem {
    Problem::new(Kind::NotFound, "the operator app isn't enabled for this space, or not this way")
}

fn no_identity_center() -> Problem {
    Problem::invalid(
        "/authFlow",
        "there is no IAM Identity Center here; let people sign in by `idp` (OpenID Connect) or `iam`",
    )
}
