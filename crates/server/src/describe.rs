//! The description of the API: what the types say, and what holds for every operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Paths};
use utoipa::{PartialSchema, ToSchema};

use crate::admit::Access;
use crate::problem::{Kind, Mistake, Schema};
use crate::routes::Row;
use crate::sign_in::PAGES;

/// What the document says of itself.
pub(crate) fn introduction() -> OpenApi {
    let info = InfoBuilder::new().title("Nightjar").version(env!("CARGO_PKG_VERSION")).description(
        Some("The native API of Nightjar, a self-hosted on-call engineer: docs/guide/api.md."),
    );
    OpenApiBuilder::new().info(info.build()).paths(Paths::new()).build()
}

pub(crate) fn text(description: &Value) -> String {
    let mut text = serde_json::to_string_pretty(description).unwrap_or_default();
    text.push('\n');
    text
}

/// Adds what holds for every operation, by what it is and does.
pub(crate) fn complete(description: &OpenApi, rows: &[Row]) -> Value {
    let rows: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.access.name(), row)).collect();
    let mut document = serde_json::to_value(description).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|path, _| !PAGES.contains(&path.as_str()));
        for (path, item) in paths.iter_mut() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let name = operation.get("operationId").and_then(Value::as_str);
                if let Some(row) = name.and_then(|name| rows.get(name)) {
                    finish(path, method, operation, row);
                }
            }
        }
    }
    components(&mut document);
    document
}

fn finish(path: &str, method: &str, operation: &mut Value, row: &Row) {
    let is_write = !matches!(method, "get" | "head");
    let is_known = !matches!(row.access, Access::Open(..));
    let parameters = parameters(path, is_write && is_known, row.once);
    let has_body = operation.get("requestBody").is_some();
    if let Some(body) = operation.get_mut("requestBody") {
        describe_body(body, row);
    }
    if let Some(given) = operation.get("parameters").and_then(Value::as_array) {
        let all: Vec<Value> = parameters.into_iter().chain(given.iter().cloned()).collect();
        set(operation, "parameters", all.into());
    } else if !parameters.is_empty() {
        set(operation, "parameters", parameters.into());
    }
    let security = if is_known { json!([{ "token": [] }, { "session": [] }]) } else { json!([]) };
    set(operation, "security", security);
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
        let is_new = matches!(status.as_str(), "201" | "202");
        if row.once && is_new {
            let replayed = json!({ "$ref": "#/components/headers/Replayed" });
            set(&mut headers, "Idempotent-Replayed", replayed);
        }
        set(response, "headers", headers);
    }
    for kind in problems(path, method, row, is_known, is_write, has_body) {
        let status = kind.row().0.to_string();
        let reference = json!({ "$ref": format!("#/components/responses/Problem{status}") });
        responses.entry(status).or_insert(reference);
    }
}

/// Bytes are bytes, and signing in with a token needs no body.
fn describe_body(body: &mut Value, row: &Row) {
    if row.access.name() == "signIn" {
        set(body, "required", false.into());
    }
    let content = body.get_mut("content").and_then(Value::as_object_mut);
    for (media, described) in content.into_iter().flatten() {
        if media != "application/json" {
            set(described, "schema", json!({ "type": "string", "format": "binary" }));
        }
    }
}

/// Which problems an operation can have.
fn problems(
    path: &str,
    method: &str,
    row: &Row,
    is_known: bool,
    is_write: bool,
    has_body: bool,
) -> Vec<Kind> {
    let mut kinds = vec![
        Kind::MalformedRequest,
        Kind::UriTooLong,
        Kind::RateLimited,
        Kind::HeadersTooLarge,
        Kind::Internal,
        Kind::Unavailable,
    ];
    if is_known {
        kinds.push(Kind::Unauthenticated);
    }
    if row.access.action().is_some() || (is_known && is_write) {
        kinds.push(Kind::Forbidden);
    }
    if path.contains('{') {
        kinds.push(Kind::NotFound);
    }
    if is_write {
        kinds.extend([Kind::Conflict, Kind::StorageFull]);
    }
    if row.access.name() == "signIn" {
        kinds.extend([Kind::Unauthenticated, Kind::Csrf]);
    }
    let is_of_incident = path.contains("/incidents/{incident}/");
    if is_of_incident && matches!(method, "get") {
        kinds.push(Kind::Conflict);
    }
    if is_write && (method == "post" || has_body) {
        kinds.extend([Kind::RequestTimeout, Kind::TooLarge, Kind::InvalidBody]);
    }
    if has_body {
        kinds.push(Kind::UnsupportedMediaType);
    }
    kinds
}

fn parameters(path: &str, is_forgeable: bool, once: bool) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = names
        .map(|name| {
            let (what, example) = id(name);
            let schema = if name == "space" {
                json!({ "type": "string", "format": "uuid" })
            } else {
                json!({
                    "type": "string",
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
                    "minLength": 1,
                    "maxLength": 128,
                })
            };
            json!({
                "name": name, "in": "path", "required": true,
                "description": what, "schema": schema, "example": example,
            })
        })
        .collect();
    if once {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    if is_forgeable {
        parameters.push(json!({ "$ref": "#/components/parameters/CsrfToken" }));
    }
    parameters
}

/// What a part of a path names, and one such name.
fn id(name: &str) -> (&'static str, &'static str) {
    match name {
        "space" => ("The space.", "01940000-0000-7000-8000-000000000000"),
        "key" => ("The key's public name.", "NJAKABCDEFGHIJKLMNOP"),
        "session" => ("The session.", "ses-1"),
        "capsule" => ("The capsule.", "cap-1"),
        "connection" => ("The connection.", "con-1"),
        "investigation" => ("The investigation.", "inv-1"),
        "incident" => ("The incident.", "inc-1-1"),
        "execution" => ("The execution, without the incident's id.", "exec-1"),
        "evidence" => ("The evidence, without the execution's id.", "ev-1"),
        "alert" => ("The alert.", "alert-1-1"),
        _ => ("An id.", "id-1"),
    }
}

fn components(document: &mut Value) {
    let mut responses = Map::new();
    for kind in Kind::ALL {
        let (status, slug, title, _) = kind.row();
        let said = format!("{title} (`{slug}`).");
        let entry = responses.entry(format!("Problem{status}"));
        let response = entry.or_insert_with(|| problem_response(kind));
        let before = response.get("description").and_then(Value::as_str).unwrap_or_default();
        let said = if before.is_empty() { said } else { format!("{before} {said}") };
        set(response, "description", said.into());
    }
    let mut schemas = Vec::new();
    Schema::schemas(&mut schemas);
    schemas.push(("Problem".to_owned(), Schema::schema()));
    schemas.push(("Mistake".to_owned(), Mistake::schema()));
    let parts = [
        ("responses", Value::Object(responses)),
        ("headers", headers()),
        ("parameters", header_parameters()),
        ("securitySchemes", security()),
    ];
    let Some(components) = document.get_mut("components") else { return };
    for (name, part) in parts {
        set(components, name, part);
    }
    if let Some(known) = components.get_mut("schemas") {
        for (name, schema) in schemas {
            set(known, &name, serde_json::to_value(schema).unwrap_or_default());
        }
    }
}

fn problem_response(kind: Kind) -> Value {
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
    let text = json!({ "schema": { "type": "string" } });
    let more: &[&str] = match kind.row().0 {
        401 => &["WWW-Authenticate"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    };
    for name in more {
        set(&mut headers, name, text.clone());
    }
    json!({
        "description": "",
        "headers": headers,
        "content": {
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
        },
    })
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "The request's id: tell it when you ask about the request.",
            "schema": { "type": "string" },
        },
        "Replayed": {
            "description": "`true` where an earlier request with the same idempotency key made it.",
            "schema": { "type": "string", "enum": ["true"] },
        },
    })
}

fn header_parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Makes the request safe to repeat: the same key with the same content \
                makes nothing new.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255,
                "pattern": "^[!-~]{1,255}$" },
        },
        "CsrfToken": {
            "name": "X-CSRF-Token", "in": "header", "required": false,
            "description": "The session's token; needed with a session's cookie only.",
            "schema": { "type": "string" },
        },
    })
}

fn security() -> Value {
    json!({
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "A key's token.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "nightjar",
            "description": "A person's session; `__Host-nightjar` where TLS is spoken.",
        },
    })
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}
