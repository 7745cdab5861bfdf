//! Recommendations: kept and listed; the thinking that makes them comes with prevention.

use nightjar_store::{Collection, Document, DocumentFilter};
use serde_json::{Value, json};

use super::arn;
use super::input::Asked;
use super::wire::{at, list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let [task, goal, status, priority] =
        ["taskId", "goalId", "status", "priority"].map(|name| asked.text(name));
    let shelf = Shelf::of_space(space, "ListRecommendations", &[task, goal, status, priority]);
    let request = asked.page(&shelf, "limit")?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let filter = DocumentFilter { parent: owned(task), state: owned(status), newest_first: false };
    let is_wanted = |found: &Document| {
        let is = |name: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| at(&found.body, name).as_str() == Some(wanted))
        };
        is("goalId", goal) && is("priority", priority)
    };
    let recommendations = space.documents(Collection::Recommendation);
    let page = super::input::sift(&recommendations, &filter, request, is_wanted).await?;
    let arn = arn::space(space.id().as_str());
    Ok(write_list(&shelf, "recommendations", page, |found| wire(&arn, &found)))
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let recommendations = space.documents(Collection::Recommendation);
    let found = recommendations.get(asked.need("recommendationId")?).await?;
    // Only the latest version is kept.
    let wanted = asked.input.get("recommendationVersion").and_then(Value::as_u64);
    if wanted.is_some_and(|wanted| wanted != found.version) {
        return Err(Problem::not_found());
    }
    Ok(answer(space.id().as_str(), &found))
}

pub(super) async fn update(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    asked.remember().await?;
    let text = |name: &str| asked.text(name).map(str::to_owned);
    let (status, context) = (text("status"), text("additionalContext"));
    let recommendations = space.documents(Collection::Recommendation);
    let changed = recommendations.update(asked.need("recommendationId")?, asked.now, |found| {
        if let Some(status) = status {
            found.state = status;
        }
        put(&mut found.body, "additionalContext", context);
        Ok(())
    });
    Ok(answer(space.id().as_str(), &changed.await?))
}

fn answer(space: &str, found: &Document) -> Value {
    json!({ "recommendation": wire(&arn::space(space), found) })
}

/// A recommendation's document: parent is its task, state its status, the body its members as the
/// contract names them.
fn wire(arn: &str, found: &Document) -> Value {
    let body = &found.body;
    let mut told = json!({
        "agentSpaceArn": arn,
        "recommendationId": found.id,
        "taskId": found.parent.as_deref().unwrap_or_default(),
        "title": at(body, "title"),
        "content": at(body, "content"),
        "status": found.state,
        "priority": at(body, "priority"),
        "createdAt": seconds(found.created_at),
        "updatedAt": seconds(found.updated_at),
        "version": found.version,
    });
    for name in ["goalId", "goalVersion", "additionalContext", "rankPosition", "rankedAt"] {
        put(&mut told, name, body.get(name).filter(|value| !value.is_null()).cloned());
    }
    told
}
