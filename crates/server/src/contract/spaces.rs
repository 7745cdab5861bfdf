//! Agent spaces: our spaces, with what the contract says of them beside the name.

use std::collections::BTreeMap;

use nightjar_incident::SpaceId;
use nightjar_store::{Created, Error as StoreError, NewSpace, Page, Profile, SpaceRecord};
use serde_json::{Value, json};

use super::input::Asked;
use super::tags;
use super::wire::{list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

pub(super) async fn create(asked: Asked) -> Result<Value, Problem> {
    own_keys_only(&asked)?;
    let profile = Profile {
        description: asked.text("description").map(str::to_owned),
        locale: asked.text("locale").map(str::to_owned),
        preferences: preferences(&asked).unwrap_or_default(),
        tags: tags::given(&asked)?,
    };
    let name = asked.need("name")?.to_owned();
    let new = NewSpace { name, location: None, redaction: None, profile };
    let made = asked.app.store.create_space(new, asked.once.as_ref(), asked.now).await?;
    let record = Created::into_inner(made);
    asked.about(record.id.as_str());
    Ok(with_tags(&record, Detail::All))
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let record = asked.space()?.record().await?;
    Ok(with_tags(&record, detail(&asked)))
}

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let detail = detail(&asked);
    let shelf = Shelf::of_installation(&asked.app.store, "ListAgentSpaces", &[]);
    let request = asked.page(&shelf, "maxResults")?;
    let page = match asked.caller.identity.space() {
        None => asked.app.store.spaces(&request).await?,
        Some(home) => {
            let home = asked.app.store.space(&SpaceId::new(home)).await?.record().await?;
            Page { items: vec![home], next: None }
        }
    };
    Ok(write_list(&shelf, "agentSpaces", page, |record| agent_space(&record, detail)))
}

pub(super) async fn update(asked: Asked) -> Result<Value, Problem> {
    let preferences = preferences(&asked);
    let text = |name: &str| asked.text(name).map(str::to_owned);
    let (name, description, locale) = (text("name"), text("description"), text("locale"));
    let record = asked
        .space()?
        .update(asked.now, |space| {
            if let Some(name) = name {
                space.name = name;
            }
            let profile = &mut space.profile;
            profile.description = description.or(profile.description.take());
            profile.locale = locale.or(profile.locale.take());
            profile.preferences.extend(preferences.unwrap_or_default());
            Ok(())
        })
        .await?;
    Ok(json!({ "agentSpace": agent_space(&record, Detail::All) }))
}

pub(super) async fn delete(asked: Asked) -> Result<Value, Problem> {
    match &asked.space {
        None => Ok(json!({})),
        Some(space) => match space.delete(asked.now).await {
            Ok(()) | Err(StoreError::Destroyed) => Ok(json!({})),
            Err(error) => Err(error.into()),
        },
    }
}

/// How much of a space is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    All,
    /// Without the description, which may hold what isn't for everybody.
    Metadata,
}

fn detail(asked: &Asked) -> Detail {
    match asked.text("includedData") {
        Some("METADATA_ONLY") => Detail::Metadata,
        _ => Detail::All,
    }
}

fn agent_space(record: &SpaceRecord, detail: Detail) -> Value {
    let mut space = json!({
        "agentSpaceId": record.id,
        "name": record.name,
        "createdAt": seconds(record.created_at),
        "updatedAt": seconds(record.updated_at),
    });
    let profile = &record.profile;
    let description = profile.description.clone().filter(|_| detail == Detail::All);
    put(&mut space, "description", description);
    put(&mut space, "locale", profile.locale.clone());
    let preferences = Some(&profile.preferences).filter(|preferences| !preferences.is_empty());
    put(&mut space, "preferences", preferences.map(|preferences| json!(preferences)));
    space
}

fn with_tags(record: &SpaceRecord, detail: Detail) -> Value {
    let mut answer = json!({ "agentSpace": agent_space(record, detail) });
    put(&mut answer, "tags", tags::told(&record.profile.tags));
    answer
}

fn preferences(asked: &Asked) -> Option<BTreeMap<String, bool>> {
    let given = asked.input.get("preferences")?.as_object()?;
    Some(given.iter().filter_map(|(key, on)| Some((key.clone(), on.as_bool()?))).collect())
}

/// Somebody who names a key of their own counts on it being used.
pub(super) fn own_keys_only(asked: &Asked) -> Result<(), Problem> {
    match asked.text("kmsKeyArn") {
        None => Ok(()),
        Some(_) => Err(Problem::invalid(
            "/kmsKeyArn",
            "this installation seals with its own master key and can't use one of a key service",
        )),
    }
}
