use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_connect::Registry;
use nightjar_oncall::capsule;
use nightjar_store::{ConnectionRecord, NewConnection};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given};
use crate::call::Call;
use crate::page::{List, Paging, Shelf};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::{Label, Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .making(Access::Action(Action::CreateConnection), routes!(create))
        .plain(Access::Action(Action::ListConnections), routes!(list))
        .plain(Access::Action(Action::ReadConnection), routes!(read))
        .plain(Access::Like(Action::ReadConnection, "probeConnection", PROBES), routes!(probe))
        .plain(Access::Action(Action::DeleteConnection), routes!(delete))
}

const PROBES: &str = "Asks a connection's system whether it would answer.";

/// A connection: a system to ask, or a recording of one.
#[derive(Serialize, ToSchema)]
struct Connection {
    /// Its id.
    #[schema(example = "con-1")]
    id: String,
    /// The connector's kind.
    #[schema(example = "capsule")]
    kind: String,
    /// What people call it.
    name: String,
    /// Its settings, without their secrets.
    #[schema(value_type = Object)]
    config: Value,
    /// When it was made.
    created_at: Time,
}

impl Connection {
    fn of(record: ConnectionRecord, registry: &Registry) -> Self {
        let config = match registry.get(&record.kind) {
            Ok(connector) => connector.shown(&record.config),
            // A capsule has no secrets; what else isn't known any more may have some.
            Err(_) if record.kind == capsule().kind => record.config,
            Err(_) => Value::Null,
        };
        Self {
            id: record.id,
            kind: record.kind,
            name: record.name,
            config,
            created_at: Time(record.created_at),
        }
    }
}

/// What a connection's system says of itself.
#[derive(Serialize, ToSchema)]
struct Probed {
    /// Whether questions would be answered.
    reachable: bool,
    /// What answered.
    #[schema(example = "Prometheus")]
    system: Option<String>,
    /// Its version, where it tells.
    version: Option<String>,
    /// Why it couldn't be asked: `access denied`, `unavailable`.
    error: Option<String>,
    /// What an administrator should know; the system's own words where it couldn't be asked.
    notes: Vec<String>,
}

/// A connection to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "capsule", "config": { "capsule": "cap-1" } }))]
struct ConnectionToMake {
    /// The connector's kind, as `GET /api/v1/connectors` lists them.
    kind: Label,
    /// What to call it, unique in the space; the capsule's name, or else its kind, unless told.
    #[serde(default)]
    name: Option<Name>,
    /// Its settings, as its kind's schema says; for a capsule `{"capsule": "cap-1"}`.
    #[serde(default)]
    config: Option<Map<String, Value>>,
    /// Short for the setting of the same name.
    #[serde(default)]
    capsule: Option<Label>,
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/connections", request_body = ConnectionToMake,
    responses((status = 201, description = "The connection.", body = Connection)))]
async fn create(
    State(app): State<App>,
    InSpace(space): InSpace,
    call: Call,
    given: Given<ConnectionToMake>,
) -> Answer<Made<Connection>> {
    let Given { value: ConnectionToMake { kind, name, config, capsule }, once } = given;
    let mut config = config.unwrap_or_default();
    if let Some(capsule) = capsule
        && config.insert("capsule".to_owned(), capsule.0.into()).is_some()
    {
        return Err(Problem::invalid("/capsule", "it stands in `config` already"));
    }
    let (kind, config) = (kind.0, Value::Object(config));
    if config.to_string().contains("\\u0000") {
        return Err(Problem::invalid("/config", "a setting holds a zero character"));
    }
    let registry = app.sources.registry();
    nightjar_oncall::check(registry, &kind, &config, &space).await?;
    let name = match (name, config.get("capsule").and_then(Value::as_str)) {
        (Some(name), _) => name.0,
        (None, Some(capsule)) => space.capsule(capsule).await?.name,
        (None, None) => kind.clone(),
    };
    let new = NewConnection { kind, name, config };
    let made = space.create_connection(new, once.as_ref(), Timestamp::now()).await?;
    Ok(Made::new(made, &call, |record| {
        let location = format!("/api/v1/spaces/{}/connections/{}", space.id(), record.id);
        (record.id.clone(), location, Connection::of(record, registry))
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/connections", params(Paging),
    responses((status = 200, description = "Connections, oldest first.",
        body = List<Connection>)))]
async fn list(
    State(app): State<App>,
    InSpace(space): InSpace,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Connection>>> {
    let shelf = Shelf::of_space(&space, "connections", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let shown = |record| Connection::of(record, app.sources.registry());
    Ok(Json(shelf.list(space.connections(&request).await?, shown)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/connections/{connection}",
    responses((status = 200, description = "The connection.", body = Connection)))]
async fn read(
    State(app): State<App>,
    InSpace(space): InSpace,
    ids: Ids,
) -> Answer<Json<Connection>> {
    let record = space.connection(ids.id("connection")?).await?;
    Ok(Json(Connection::of(record, app.sources.registry())))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/connections/{connection}/health",
    responses((status = 200, description = "What came of asking; a recording is always there.",
        body = Probed)))]
async fn probe(State(app): State<App>, InSpace(space): InSpace, ids: Ids) -> Answer<Json<Probed>> {
    let probed = nightjar_oncall::probe(&app.sources, &space, ids.id("connection")?).await?;
    Ok(Json(match probed {
        Ok(health) => Probed {
            reachable: true,
            system: Some(health.system),
            version: health.version,
            error: None,
            notes: health.notes,
        },
        Err(error) => Probed {
            reachable: false,
            system: None,
            version: None,
            error: Some(error.kind.label().to_owned()),
            notes: vec![error.message],
        },
    }))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/connections/{connection}",
    responses((status = 204, description = "It is gone.")))]
async fn delete(InSpace(space): InSpace, ids: Ids) -> Answer<StatusCode> {
    space.delete_connection(ids.id("connection")?, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
