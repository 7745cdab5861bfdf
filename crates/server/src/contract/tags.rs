//! Tags of spaces and services.

use std::collections::BTreeMap;

use nightjar_store::{Collection, Document};
use serde_json::{Value, json};

use super::arn::Resource;
use super::input::Asked;
use super::wire::{at, put};
use crate::problem::Problem;

/// The most tags that a resource has, as elsewhere in AWS.
const MOST: usize = 50;

type Tags = BTreeMap<String, String>;

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let tags = match Resource::parse(asked.need("resourceArn")?)? {
        Resource::Space(_) => asked.space()?.record().await?.profile.tags,
        Resource::Service(id) => {
            of_service(&asked.app.store.documents(Collection::Service).get(id).await?)
        }
    };
    Ok(json!({ "tags": tags }))
}

pub(super) async fn tag(asked: Asked) -> Result<Value, Problem> {
    let new = given(&asked)?;
    change(&asked, |tags| {
        tags.extend(new);
        tags.len() <= MOST
    })
    .await
}

pub(super) async fn untag(asked: Asked) -> Result<Value, Problem> {
    let keys = asked.input.get("tagKeys").and_then(Value::as_array).cloned().unwrap_or_default();
    change(&asked, |tags| {
        tags.retain(|key, _| !keys.iter().any(|gone| gone.as_str() == Some(key)));
        true
    })
    .await
}

/// Changes the tags of what the ARN names; `change` says whether they may be kept so.
async fn change(
    asked: &Asked,
    change: impl FnOnce(&mut Tags) -> bool + Send,
) -> Result<Value, Problem> {
    let mut fits = true;
    match Resource::parse(asked.need("resourceArn")?)? {
        Resource::Space(id) => {
            asked.about(id);
            let changed = asked.space()?.update(asked.now, |space| {
                fits = change(&mut space.profile.tags);
                if fits { Ok(()) } else { Err(too_many()) }
            });
            changed.await.map_err(|error| refused(error, fits))?;
        }
        Resource::Service(id) => {
            asked.about(id);
            let services = asked.app.store.documents(Collection::Service);
            let changed = services.update(id, asked.now, |service| {
                let mut tags = of_service(service);
                fits = change(&mut tags);
                put(&mut service.body, "tags", Some(json!(tags)));
                if fits { Ok(()) } else { Err(too_many()) }
            });
            changed.await.map_err(|error| refused(error, fits))?;
        }
    }
    Ok(json!({}))
}

fn too_many() -> nightjar_store::Error {
    nightjar_store::Error::Invalid(format!("a resource has at most {MOST} tags"))
}

fn refused(error: nightjar_store::Error, fits: bool) -> Problem {
    if fits { error.into() } else { Problem::invalid("/tags", error.to_string()) }
}

pub(super) fn of_service(service: &Document) -> Tags {
    serde_json::from_value(at(&service.body, "tags").clone()).unwrap_or_default()
}

/// Tags beside what they are of; none aren't told of.
pub(super) fn told(tags: &Tags) -> Option<Value> {
    Some(json!(tags)).filter(|_| !tags.is_empty())
}

/// The tags that a request gives.
pub(super) fn given(asked: &Asked) -> Result<Tags, Problem> {
    let Some(Value::Object(tags)) = asked.input.get("tags") else { return Ok(Tags::new()) };
    if tags.len() > MOST {
        return Err(Problem::invalid("/tags", format!("a resource has at most {MOST} tags")));
    }
    Ok(tags.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect())
}
