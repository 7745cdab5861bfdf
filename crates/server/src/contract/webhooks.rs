//! Webhooks: addresses that outside services send their alerts to.

use nightjar_store::{
    Collection, Created, Document, DocumentFilter, NewDocument, PageRequest, new_secret,
};
use serde_json::{Value, json};

use super::input::Asked;
use super::wire::put;
use crate::problem::Problem;

/// How a service proves that it is the sender; none where it sends nothing.
fn kind_of(configuration: &str) -> Option<&'static str> {
    match configuration {
        "eventChannel" | "dynatrace" => Some("hmac"),
        "servicenow" | "slack" | "mcpserverdatadog" | "mcpservernewrelic" | "mcpserversplunk"
        | "mcpservergrafana" => Some("apikey"),
        "gitlab" => Some("gitlab"),
        "pagerduty" => Some("pagerduty"),
        _ => None,
    }
}

/// Makes the webhook of an association and shows its secret, this once; none for what sends nothing.
pub(super) async fn create(
    asked: &Asked,
    association: &str,
    configuration: &str,
) -> Result<Option<Value>, Problem> {
    let Some(kind) = kind_of(configuration) else { return Ok(None) };
    let secret = new_secret()?;
    let body = json!({ "secret": secret });
    let parent = Some(association.to_owned());
    let new = NewDocument { parent, state: kind.to_owned(), body, ..NewDocument::default() };
    let webhooks = asked.space()?.documents(Collection::Webhook);
    let webhook = Created::into_inner(webhooks.create(new, None, asked.now).await?);
    let mut told = wire(asked, &webhook);
    let name = if kind == "apikey" { "apiKey" } else { "webhookSecret" };
    put(&mut told, name, Some(secret));
    Ok(Some(told))
}

/// The webhook of an association, without its secret.
pub(super) async fn of(asked: &Asked, association: &str) -> Result<Option<Value>, Problem> {
    let found = all_of(asked, association).await?;
    Ok(found.first().map(|webhook| wire(asked, webhook)))
}

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let association = asked.need("associationId")?;
    asked.space()?.documents(Collection::Association).get(association).await?;
    let found = all_of(&asked, association).await?;
    let webhooks: Vec<Value> = found.iter().map(|webhook| wire(&asked, webhook)).collect();
    Ok(json!({ "webhooks": webhooks }))
}

async fn all_of(asked: &Asked, association: &str) -> Result<Vec<Document>, Problem> {
    let filter =
        DocumentFilter { parent: Some(association.to_owned()), ..DocumentFilter::default() };
    let webhooks = asked.space()?.documents(Collection::Webhook);
    Ok(webhooks.list(&filter, &PageRequest { limit: 1000, after: None }).await?.items)
}

fn wire(asked: &Asked, webhook: &Document) -> Value {
    json!({
        "webhookId": webhook.id,
        "webhookType": webhook.state,
        "webhookUrl": format!("{}/webhook/{}", asked.origin, webhook.id),
    })
}
