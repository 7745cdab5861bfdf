//! Associations: a service as a space uses it, with settings of the space's own.

use nightjar_store::{
    Collection, Created, Document, DocumentFilter, Documents, Error as StoreError, NewDocument,
    PageRequest,
};
use serde_json::{Value, json};

use super::input::{Asked, sift};
use super::webhooks;
use super::wire::{at, list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

/// Services that needn't be registered: an account is reached by a role and no credentials of ours.
pub(super) const BUILT_IN: [&str; 1] = ["aws"];

pub(super) async fn associate(asked: Asked) -> Result<Value, Problem> {
    let service = asked.need("serviceId")?.to_owned();
    let configuration = asked.member("configuration");
    let kind = kind_of(configuration)?.to_owned();
    fits(&asked, &service, &kind).await?;
    let body = json!({
        "configuration": configuration,
        "capabilities": asked.input.get("capabilities"),
    });
    let space = asked.space()?;
    let associations = space.documents(Collection::Association);
    let wire = |association: &Document| wire(space.id().as_str(), association);
    if let Some(before) = same(&associations, &service, configuration).await? {
        let changed = associations.update(&before, asked.now, |association| {
            association.body = body;
            Ok(())
        });
        let mut answer = json!({ "association": wire(&changed.await?) });
        asked.about(&before);
        put(&mut answer, "webhook", webhooks::of(&asked, &before).await?);
        return Ok(answer);
    }
    let (parent, state) = (Some(service), kind.clone());
    let new = NewDocument { id: None, parent, built_in: &BUILT_IN, state, body };
    let association = Created::into_inner(associations.create(new, None, asked.now).await?);
    asked.about(&association.id);
    let mut answer = json!({ "association": wire(&association) });
    match webhooks::create(&asked, &association.id, &kind).await {
        Ok(webhook) => put(&mut answer, "webhook", webhook),
        Err(problem) => {
            // One without its address could never be made whole: the secret is shown only now.
            associations.delete(&association.id).await?;
            return Err(problem);
        }
    }
    Ok(answer)
}

/// The association that a new one takes the place of: that of the same service with the same thing in it.
async fn same(
    associations: &Documents<'_>,
    service: &str,
    configuration: &Value,
) -> Result<Option<String>, Problem> {
    let filter = DocumentFilter { parent: Some(service.to_owned()), ..DocumentFilter::default() };
    let mut request = PageRequest { limit: 1000, after: None };
    loop {
        let page = associations.list(&filter, &request).await?;
        let is_same =
            |found: &Document| thing(at(&found.body, "configuration")) == thing(configuration);
        if let Some(found) = page.items.into_iter().find(is_same) {
            return Ok(Some(found.id));
        }
        if page.next.is_none() {
            return Ok(None);
        }
        request.after = page.next;
    }
}

/// What settings single out of a service that holds many things: an account, a project, a repository.
const THINGS: [&str; 4] = ["accountId", "projectId", "repoId", "subscriptionId"];

fn thing(configuration: &Value) -> Option<(&str, Vec<&Value>)> {
    let (kind, settings) = configuration.as_object()?.iter().next()?;
    Some((kind, THINGS.iter().filter_map(|name| settings.get(name)).collect()))
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let associations = space.documents(Collection::Association);
    let association = associations.get(asked.need("associationId")?).await?;
    Ok(json!({ "association": wire(space.id().as_str(), &association) }))
}

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let kinds = asked.text("filterServiceTypes");
    let shelf = Shelf::of_space(space, "ListAssociations", &[kinds]);
    let wanted: Vec<&str> = kinds.unwrap_or_default().split(',').map(str::trim).collect();
    let is_wanted = |kind: &str| kinds.is_none() || wanted.contains(&kind);
    let associations = space.documents(Collection::Association);
    let request = asked.page(&shelf, "maxResults")?;
    let filter = DocumentFilter::default();
    let page = sift(&associations, &filter, request, |found| is_wanted(&found.state)).await?;
    Ok(write_list(&shelf, "associations", page, |found| wire(space.id().as_str(), &found)))
}

pub(super) async fn update(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let id = asked.need("associationId")?;
    let configuration = asked.member("configuration");
    let kind = kind_of(configuration)?;
    let capabilities = asked.input.get("capabilities");
    let associations = space.documents(Collection::Association);
    let before = associations.get(id).await?;
    if before.state != kind {
        let told =
            format!("the association is of the kind `{}`; its settings stand there", before.state);
        return Err(Problem::invalid("/configuration", told));
    }
    let changed = associations
        .update(id, asked.now, |association| {
            put(&mut association.body, "configuration", Some(configuration.clone()));
            put(&mut association.body, "capabilities", capabilities.cloned());
            Ok(())
        })
        .await?;
    let mut answer = json!({ "association": wire(space.id().as_str(), &changed) });
    put(&mut answer, "webhook", webhooks::of(&asked, id).await?);
    Ok(answer)
}

pub(super) async fn disassociate(asked: Asked) -> Result<Value, Problem> {
    let associations = asked.space()?.documents(Collection::Association);
    match associations.delete(asked.need("associationId")?).await {
        // It is gone, which is what was asked for.
        Ok(_) | Err(StoreError::NotFound { .. }) => Ok(json!({})),
        Err(error) => Err(error.into()),
    }
}

/// Accounts can't be reached yet, so nothing is found out about their roles: those that wait for it
/// go on waiting.
pub(super) async fn validate(_: Asked) -> Result<Value, Problem> {
    Ok(json!({}))
}

/// The one member of a configuration.
fn kind_of(configuration: &Value) -> Result<&str, Problem> {
    let kind = configuration.as_object().and_then(|members| members.keys().next());
    kind.map(String::as_str).ok_or_else(|| Problem::invalid("/configuration", "it is empty"))
}

/// Whether settings of this kind belong to that service.
async fn fits(asked: &Asked, service: &str, kind: &str) -> Result<(), Problem> {
    let told = |service: &str| {
        let told = format!("settings of the kind `{kind}` don't belong to a service `{service}`");
        Err(Problem::invalid("/configuration", told))
    };
    if BUILT_IN.contains(&service) {
        return if matches!(kind, "aws" | "sourceAws") { Ok(()) } else { told(service) };
    }
    let registered = asked.app.store.documents(Collection::Service).get(service).await?;
    let is_right = match registered.state.as_str() {
        "azureidentity" => matches!(kind, "azure" | "azuredevops"),
        // Release management reaches repositories through the service that holds them.
        "gitlab" => matches!(kind, "gitlab" | "releaseManagement"),
        same => same == kind,
    };
    if is_right { Ok(()) } else { told(&registered.state) }
}

fn wire(space: &str, association: &Document) -> Value {
    let mut told = json!({
        "agentSpaceId": space,
        "associationId": association.id,
        "serviceId": association.parent,
        "configuration": at(&association.body, "configuration"),
        "createdAt": seconds(association.created_at),
        "updatedAt": seconds(association.updated_at),
    });
    let capabilities = at(&association.body, "capabilities").as_object();
    put(&mut told, "capabilities", capabilities.map(|capabilities| json!(capabilities)));
    // Only what would be found out by asking has a status, and nothing has been asked yet.
    let waits = matches!(association.state.as_str(), "aws" | "sourceAws");
    put(&mut told, "status", waits.then_some("pending-confirmation"));
    told
}
