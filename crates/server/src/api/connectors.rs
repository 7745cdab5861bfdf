use axum::Json;
use axum::extract::State;
use nightjar_connect::{Connector, Tested as How};
use nightjar_oncall::capsule;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::Access;
use crate::answer::Answer;
use crate::app::App;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let lists = "Lists the kinds of connectors and their settings.";
    routes.plain(Access::Known("listConnectors", lists), routes!(list))
}

/// All kinds of connectors.
#[derive(Serialize, ToSchema)]
struct Kinds {
    items: Vec<Kind>,
}

/// A kind of connector.
#[derive(Serialize, ToSchema)]
struct Kind {
    /// How it is called.
    #[schema(example = "prometheus")]
    kind: String,
    /// What it connects with.
    summary: String,
    /// What its connections can be asked, at most.
    capabilities: Vec<String>,
    /// What it was tested against.
    tested: Vec<Tested>,
    /// Its settings, as JSON Schema.
    #[schema(value_type = Object)]
    config: Value,
}

/// What a connector was tested against.
#[derive(Serialize, ToSchema)]
struct Tested {
    /// `server`, `tape` or `fake`.
    how: String,
    /// Which system.
    system: String,
    /// Its version, or that of its documentation.
    version: String,
}

impl From<&How> for Tested {
    fn from(tested: &How) -> Self {
        let How { how, system, version } = tested;
        Self {
            how: (*how).to_owned(),
            system: (*system).to_owned(),
            version: (*version).to_owned(),
        }
    }
}

impl From<&Connector> for Kind {
    fn from(connector: &Connector) -> Self {
        let capabilities = connector.capabilities.iter();
        Self {
            kind: connector.kind.to_owned(),
            summary: connector.summary.to_owned(),
            capabilities: capabilities.map(|capability| capability.label().to_owned()).collect(),
            tested: connector.tested.iter().map(Tested::from).collect(),
            config: connector.config.clone(),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/connectors",
    responses((status = 200, description = "All there are, by name.", body = Kinds)))]
async fn list(State(app): State<App>) -> Answer<Json<Kinds>> {
    let mut items: Vec<Kind> = app.sources.registry().iter().map(Kind::from).collect();
    items.push(Kind::from(&capsule()));
    items.sort_by(|a, b| a.kind.cmp(&b.kind));
    Ok(Json(Kinds { items }))
}
