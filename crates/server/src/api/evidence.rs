use axum::Json;
use nightjar_access::Action;
use nightjar_incident::{EvidenceId, IncidentId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::incident::{EvidenceItem, Window, kind};
use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::page::List;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListEvidence), routes!(list))
        .plain(Access::Action(Action::ReadEvidence), routes!(read))
}

/// What a connection answered to one question.
#[derive(Serialize, ToSchema)]
struct Evidence {
    /// Its id: incident, execution and number.
    #[schema(example = "inc-1-1/exec-1/ev-3")]
    id: String,
    /// The connection that answered.
    connection: String,
    /// The kind of system behind it.
    system: String,
    /// The exact query.
    query: String,
    /// The time asked for.
    window: Window,
    /// When it was asked.
    taken_at: Time,
    /// `series`, `logs`, `spans`, `changes`, `inventory` or `text`: the one key of `content`.
    kind: String,
    /// The answer as docs/specs/capsule.md writes such data: an object whose one key is `kind`.
    #[schema(value_type = Object)]
    content: Value,
    /// What was left out of the answer, if anything.
    #[schema(required)]
    truncated: Option<String>,
    /// What had to be mended or set aside on the way.
    notes: Vec<String>,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/evidence",
    responses((status = 200, description = "Evidence in order of its id, without contents.",
        body = List<EvidenceItem>)))]
async fn list(InSpace(space): InSpace, ids: Ids) -> Answer<Json<List<EvidenceItem>>> {
    let incident = IncidentId::new(ids.id("incident")?);
    space.incident(&incident).await?;
    let records = space.evidence_of(&incident).await?;
    Ok(Json(List { items: records.into_iter().map(EvidenceItem::from).collect(), next: None }))
}

#[utoipa::path(get,
    path = "/api/v1/spaces/{space}/incidents/{incident}/executions/{execution}/evidence/{evidence}",
    responses((status = 200, description = "One piece, whole.", body = Evidence)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Evidence>> {
    let (incident, execution) = (ids.id("incident")?, ids.id("execution")?);
    let id = EvidenceId::new(format!("{incident}/{execution}/{}", ids.id("evidence")?));
    let evidence = space.evidence(&id).await?;
    let kind = kind(&evidence.content).to_owned();
    let content = serde_json::to_value(&evidence.content)
        .map_err(|_| Problem::new(Kind::Damaged, "the content can't be written as JSON"))?;
    Ok(Json(Evidence {
        id: evidence.id.to_string(),
        connection: evidence.source.connection,
        system: evidence.source.system,
        query: evidence.query,
        window: evidence.window.into(),
        taken_at: Time(evidence.taken_at),
        kind,
        content,
        truncated: evidence.truncated,
        notes: evidence.notes,
    }))
}
