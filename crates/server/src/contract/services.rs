//! Services: outside systems that were registered, with credentials, for spaces to be associated with.

use nightjar_store::{Collection, Created, Document, DocumentFilter, NewDocument};
use serde_json::{Map, Value, json};

use super::input::Asked;
use super::wire::{at, list as write_list, put, seconds};
use super::{spaces, tags};
use crate::page::Shelf;
use crate::problem::Problem;

pub(super) async fn register(asked: Asked) -> Result<Value, Problem> {
    spaces::own_keys_only(&asked)?;
    no_private_connection(&asked)?;
    let service = asked.need("service")?;
    let details = asked.member("serviceDetails");
    let Some(given) = details.get(service) else {
        let told = format!("the details of a service `{service}` stand under `{service}`");
        return Err(Problem::invalid("/serviceDetails", told));
    };
    let tags = tags::given(&asked)?;
    let body = json!({ "details": given, "name": asked.text("name"), "tags": tags });
    let new = NewDocument { state: service.to_owned(), body, ..NewDocument::default() };
    let services = asked.app.store.documents(Collection::Service);
    let service = Created::into_inner(services.create(new, asked.once.as_ref(), asked.now).await?);
    asked.about(&service.id);
    let mut answer = json!({ "serviceId": service.id });
    put(&mut answer, "tags", tags::told(&tags::of_service(&service)));
    Ok(answer)
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let services = asked.app.store.documents(Collection::Service);
    let service = services.get(asked.need("serviceId")?).await?;
    let mut answer = json!({ "service": registered(&service) });
    put(&mut answer, "tags", tags::told(&tags::of_service(&service)));
    Ok(answer)
}

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let kind = asked.text("filterServiceType");
    let shelf = Shelf::of_installation(&asked.app.store, "ListServices", &[kind]);
    let filter = DocumentFilter { state: kind.map(str::to_owned), ..DocumentFilter::default() };
    let request = asked.page(&shelf, "maxResults")?;
    let page = asked.app.store.documents(Collection::Service).list(&filter, &request).await?;
    Ok(write_list(&shelf, "services", page, |service| registered(&service)))
}

pub(super) async fn deregister(asked: Asked) -> Result<Value, Problem> {
    let services = asked.app.store.documents(Collection::Service);
    services.delete(asked.need("serviceId")?).await?;
    Ok(json!({}))
}

/// Names of members by which a request could ask to go through a private connection.
const VIA: [&str; 3] =
    ["privateConnectionName", "targetUrlPrivateConnectionName", "exchangeUrlPrivateConnectionName"];

fn no_private_connection(asked: &Asked) -> Result<(), Problem> {
    match VIA.into_iter().find(|name| asked.text(name).is_some()) {
        None => Ok(()),
        Some(name) => {
            Err(Problem::invalid(&format!("/{name}"), "there are no private connections here"))
        }
    }
}

/// Which way of authorization the details hold.
fn authorization(details: &Value) -> Option<&str> {
    details.get("authorizationConfig")?.as_object()?.keys().next().map(String::as_str)
}

/// A service as lists show it: what it was registered with, without anything secret.
fn registered(service: &Document) -> Value {
    let kind = service.state.as_str();
    let details = at(&service.body, "details");
    let mut told = json!({
        "serviceId": service.id,
        "serviceType": kind,
        "createdAt": seconds(service.created_at),
        "updatedAt": seconds(service.updated_at),
    });
    let name = at(&service.body, "name").as_str().or_else(|| at(details, "name").as_str());
    put(&mut told, "name", name);
    put(
        &mut told,
        "additionalServiceDetails",
        public(kind, details).map(|told| json!({ kind: told })),
    );
    told
}

/// What may be told of the details of a service of some kind.
fn public(kind: &str, details: &Value) -> Option<Value> {
    let names: &[&str] = match kind {
        "mcpserver" | "mcpserverdatadog" | "mcpserversplunk" => {
            &["name", "endpoint", "description"]
        }
        "mcpservergrafana" => &["endpoint"],
        "remoteagent" => &["name", "endpoint", "description"],
        "mcpserversigv4" | "remoteagentsigv4" => &["name", "endpoint", "description"],
        "servicenow" => &["instanceUrl"],
        "gitlab" => &["targetUrl", "tokenType", "groupId"],
        "pagerduty" => &["scopes"],
        "azureidentity" => {
            &["tenantId", "clientId", "webIdentityRoleArn", "webIdentityTokenAudiences"]
        }
        "mcpservernewrelic" => &[],
        // The contract has nothing to tell of the others.
        _ => return None,
    };
    let mut told = some(details, names);
    match kind {
        "mcpserver" | "mcpserverdatadog" | "mcpserversplunk" | "mcpservergrafana"
        | "remoteagent" => {
            told.insert("authorizationMethod".to_owned(), method(details).into());
            if kind != "mcpservergrafana" {
                let header = details.pointer("/authorizationConfig/apiKey/apiKeyHeader");
                told.extend(header.map(|header| ("apiKeyHeader".to_owned(), header.clone())));
            }
            let headers = details.pointer("/authorizationConfig/customHeaders/headers");
            if let Some(Value::Object(headers)) = headers
                && matches!(kind, "mcpserver" | "mcpserverdatadog" | "mcpserversplunk")
            {
                let names: Vec<&String> = headers.keys().collect();
                told.insert("customHeaderNames".to_owned(), json!(names));
            }
        }
        "mcpserversigv4" => {
            let config = at(details, "authorizationConfig");
            told.extend(some(config, &["region", "service", "mcpRoleArn"]));
            // The contract wants one where a registration may have none.
            told.insert(
                "roleArn".to_owned(),
                at(config, "roleArn").as_str().unwrap_or_default().into(),
            );
        }
        "remoteagentsigv4" => {
            told.extend(some(
                at(details, "authorizationConfig"),
                &["region", "service", "roleArn"],
            ));
        }
        "mcpservernewrelic" => {
            let config = at(at(details, "authorizationConfig"), "apiKey");
            told.extend(some(config, &["accountId", "region"]));
        }
        _ => {}
    }
    // Between 1 and so many characters when it is told, while it may be empty when it is given.
    if told.get("description").and_then(Value::as_str) == Some("") {
        told.remove("description");
    }
    Some(Value::Object(told))
}

fn some(from: &Value, names: &[&str]) -> Map<String, Value> {
    let found =
        names.iter().filter_map(|name| Some(((*name).to_owned(), from.get(*name)?.clone())));
    found.collect()
}

fn method(details: &Value) -> &'static str {
    match authorization(details) {
        Some("oAuthClientCredentials") => "oauth-client-credentials",
        Some("apiKey") => "api-key",
        Some("customHeaders") => "custom-headers",
        Some("oAuth3LO" | "authorizationDiscovery") => "oauth-3lo",
        Some(_) | None => "bearer-token",
    }
}
