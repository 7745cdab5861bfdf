use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_incident::{self as domain, IncidentId};
use nightjar_oncall::Request;
use nightjar_store::{Created, IncidentFilter, Once, Space};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::alert::Alert;
use super::causes::{Gap, Hypothesis, RootCause, Verdict, causes};
use super::incident::{Incident, Summary, gaps, hypotheses};
use super::observations::Impact;
use super::plan::Plan;
use super::topology::Topology;
use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::body::{Asked, Nothing};
use crate::call::Caller;
use crate::page::{List, Paging, Shelf};
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::{Label, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListIncidents), routes!(list))
        .plain(Access::Action(Action::ReadIncident), routes!(read))
        .plain(
            Access::Like(Action::ListAlerts, "listIncidentAlerts", "Lists an incident's alerts."),
            routes!(alerts),
        )
        .plain(Access::Action(Action::ReadTopology), routes!(topology))
        .plain(Access::Action(Action::ReadHypotheses), routes!(read_hypotheses))
        .plain(Access::Action(Action::ReadRootCause), routes!(root_cause))
        .plain(Access::Action(Action::ReadPlan), routes!(plan))
        .plain(Access::Action(Action::ReadGaps), routes!(read_gaps))
        .making(Access::Action(Action::LookAgain), routes!(look_again))
}

/// Which incidents are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct IncidentQuery {
    /// At most so many items.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
    /// Only of one investigation.
    #[param(value_type = Option<Label>, inline, example = "inv-1")]
    investigation: Option<Label>,
    /// Only with this verdict.
    #[param(inline)]
    verdict: Option<VerdictName>,
    /// Only with news at or after.
    #[param(value_type = Option<Time>)]
    since: Option<Time>,
}

/// How an investigation can end.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum VerdictName {
    CauseFound,
    NoIncident,
    NotFound,
}

impl VerdictName {
    fn label(self) -> &'static str {
        match self {
            Self::CauseFound => "cause_found",
            Self::NoIncident => "no_incident",
            Self::NotFound => "not_found",
        }
    }
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents", params(IncidentQuery),
    responses((status = 200, description = "Incidents, last news first.", body = List<Summary>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(query): Asked<IncidentQuery>,
) -> Answer<Json<List<Summary>>> {
    let since = query.since.map(|Time(at)| at);
    let verdict = query.verdict.map(VerdictName::label);
    let told = since.map(|at| at.to_string());
    let investigation = query.investigation.map(|investigation| investigation.0);
    let filters = [investigation.as_deref(), verdict, told.as_deref()];
    let shelf = Shelf::of_space(&space, "incidents", &filters);
    let request = shelf.request(query.limit, query.cursor.as_deref())?;
    let filter = IncidentFilter { investigation, verdict: verdict.map(str::to_owned), since };
    Ok(Json(shelf.list(space.incidents(&filter, &request).await?, Summary::from)))
}

fn incident(ids: &Ids) -> Result<IncidentId, Problem> {
    ids.id("incident").map(IncidentId::new)
}

async fn state(space: &Space, ids: &Ids) -> Result<domain::Investigation, Problem> {
    Ok(space.incident_state(&incident(ids)?, false).await?)
}

/// The conclusion that counts.
async fn conclusion(space: &Space, ids: &Ids) -> Result<domain::Conclusion, Problem> {
    let last = state(space, ids).await?.executions.pop();
    Ok(last.ok_or_else(too_early)?.conclusion)
}

fn too_early() -> Problem {
    Problem::new(Kind::Conflict, "the first execution hasn't ended yet")
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}",
    responses((status = 200, description = "The incident.", body = Incident)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Incident>> {
    let id = incident(&ids)?;
    let record = space.incident(&id).await?;
    let state = space.incident_state(&id, false).await?;
    let evidence = space.evidence_of(&id).await?;
    Ok(Json(Incident::new(record, &state, evidence)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/alerts", params(Paging),
    responses((status = 200, description = "Its alerts, in order of arrival.",
        body = List<Alert>)))]
async fn alerts(
    InSpace(space): InSpace,
    ids: Ids,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Alert>>> {
    let id = incident(&ids)?;
    space.incident(&id).await?;
    let shelf = Shelf::of_space(&space, "alerts", &[Some(id.as_str())]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    Ok(Json(shelf.list(space.alerts(Some(&id), &request).await?, Alert::from)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/topology",
    responses((status = 200, description = "What the last execution saw.", body = Topology)))]
async fn topology(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Topology>> {
    Ok(Json((&state(&space, &ids).await?.topology).into()))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/hypotheses",
    responses((status = 200, description = "Hypotheses, best first.",
        body = List<Hypothesis>)))]
async fn read_hypotheses(InSpace(space): InSpace, ids: Ids) -> Answer<Json<List<Hypothesis>>> {
    let items = hypotheses(&conclusion(&space, &ids).await?);
    Ok(Json(List { items, next: None }))
}

/// The verdict with its causes.
#[derive(Serialize, ToSchema)]
struct Outcome {
    /// How the last execution ended.
    verdict: Verdict,
    /// The causes, best supported first; none unless the verdict is `cause_found`.
    causes: Vec<RootCause>,
    /// Who is affected.
    #[schema(required)]
    impact: Option<Impact>,
    /// What else a fault of the first cause reaches, nearest first.
    blast_radius: Vec<Reached>,
}

/// What a fault reaches.
#[derive(Serialize, ToSchema)]
struct Reached {
    /// The entity.
    entity: String,
    /// How many relations away.
    distance: usize,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/root-cause",
    responses((status = 200, description = "The verdict.", body = Outcome)))]
async fn root_cause(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Outcome>> {
    let state = state(&space, &ids).await?;
    let execution = state.executions.last().ok_or_else(too_early)?;
    let conclusion = &execution.conclusion;
    let reached = conclusion
        .blast_radius
        .iter()
        .map(|(entity, distance)| Reached { entity: entity.to_string(), distance: *distance });
    Ok(Json(Outcome {
        verdict: Verdict::of(execution),
        causes: causes(conclusion),
        impact: conclusion.impact.as_ref().map(Impact::from),
        blast_radius: reached.collect(),
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/plan",
    responses((status = 200, description = "One plan for each cause; none where no cause is \
        claimed.", body = List<Plan>)))]
async fn plan(InSpace(space): InSpace, ids: Ids) -> Answer<Json<List<Plan>>> {
    let items = state(&space, &ids).await?.plans.iter().map(Plan::from).collect();
    Ok(Json(List { items, next: None }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/gaps",
    responses((status = 200, description = "What couldn't be seen.", body = List<Gap>)))]
async fn read_gaps(InSpace(space): InSpace, ids: Ids) -> Answer<Json<List<Gap>>> {
    let items = gaps(&conclusion(&space, &ids).await?);
    Ok(Json(List { items, next: None }))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/incidents/{incident}/look-again",
    responses((status = 202, description = "It waits for a worker.")))]
async fn look_again(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    nothing: Nothing,
) -> Answer<Waits> {
    let incident = incident(&ids)?;
    let request = Request::LookAgain { incident: incident.clone() };
    ask(&space, &caller, &incident, &request, nothing.once.as_ref()).await
}

/// A person's request that waits for a worker.
pub(super) struct Waits {
    is_again: bool,
}

impl Waits {
    pub(super) fn of(made: &Created<()>) -> Self {
        Self { is_again: matches!(made, Created::Again(())) }
    }
}

impl IntoResponse for Waits {
    fn into_response(self) -> Response {
        let mut response = StatusCode::ACCEPTED.into_response();
        if self.is_again {
            let value = HeaderValue::from_static("true");
            response.headers_mut().insert("idempotent-replayed", value);
        }
        response
    }
}

/// Puts a request into the queue of the investigation that an incident came up in.
pub(super) async fn ask(
    space: &Space,
    caller: &Caller,
    incident: &IncidentId,
    request: &Request,
    once: Option<&Once>,
) -> Answer<Waits> {
    let investigation = space.incident(incident).await?.investigation;
    let actor = caller.identity.id();
    let now = Timestamp::now();
    let made = nightjar_oncall::request(space, &investigation, actor, request, once, now).await?;
    Ok(Waits::of(&made))
}
