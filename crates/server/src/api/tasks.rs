use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_oncall::{NewTask, StartingPoint, cancel_task, run_task_again, start_task};
use nightjar_store::{Priority, TaskFilter, TaskKind, TaskOrder, TaskRecord, TaskSort, TaskStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given, Nothing};
use crate::call::{Call, Caller};
use crate::page::{List, Shelf};
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::{Label, Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    let start = "Starts an investigation by hand: of what somebody describes, or of a preset.";
    let ends = "Ends the work on a task.";
    let again = "Has a task done once more; a linked one gets an incident of its own.";
    routes
        .making(Access::Like(Action::StartInvestigation, "startTask", start), routes!(create))
        .plain(Access::Action(Action::ListTasks), routes!(list))
        .plain(Access::Action(Action::ReadTask), routes!(read))
        .making(Access::Like(Action::UpdateTask, "cancelTask", ends), routes!(cancel))
        .making(Access::Like(Action::UpdateTask, "runTaskAgain", again), routes!(run))
}

/// A unit of work: one for each alert, and one for each start by hand.
#[derive(Serialize, ToSchema)]
struct Task {
    /// Its id.
    #[schema(example = "task-1")]
    id: String,
    /// The headline.
    title: String,
    /// The longer text; empty if there is none.
    description: String,
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `MINIMAL`.
    priority: String,
    /// `PENDING_START`, `IN_PROGRESS`, `COMPLETED`, `LINKED`, `SKIPPED`, … as in the public contract.
    status: String,
    /// Why it stands there.
    #[schema(required)]
    reason: Option<String>,
    /// The alert it is about.
    #[schema(required)]
    alert: Option<String>,
    /// The incident the alert is in.
    #[schema(required)]
    incident: Option<String>,
    /// The investigation it is worked on in.
    #[schema(required)]
    investigation: Option<String>,
    /// The execution that counts.
    #[schema(required)]
    execution: Option<String>,
    /// The task it is linked to.
    #[schema(required)]
    primary: Option<String>,
    /// What the alert is called where it comes from.
    #[schema(required)]
    caller_id: Option<String>,
    /// When it was made.
    created_at: Time,
    /// When it last changed.
    updated_at: Time,
}

impl From<TaskRecord> for Task {
    fn from(task: TaskRecord) -> Self {
        Self {
            id: task.id,
            title: task.title,
            description: task.description,
            priority: task.priority.label().to_owned(),
            status: task.status.label().to_owned(),
            reason: task.reason,
            alert: task.alert.map(|alert| alert.to_string()),
            incident: task.incident.map(|incident| incident.to_string()),
            investigation: task.investigation,
            execution: task.execution.map(|execution| execution.to_string()),
            primary: task.primary,
            caller_id: task.caller_id,
            created_at: Time(task.created_at),
            updated_at: Time(task.updated_at),
        }
    }
}

/// What to begin with.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Preset {
    /// The alert that came last.
    LatestAlarm,
    /// A high use of processors.
    HighCpu,
    /// A rise of failing requests.
    ErrorRateSpike,
}

/// What is to be investigated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Checkout is slow since noon", "starting_point": "checkout" }))]
struct TaskToStart {
    /// The headline; needed unless a preset is given.
    #[serde(default)]
    title: Option<Name>,
    /// The longer text.
    #[serde(default)]
    description: Option<String>,
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `MINIMAL`; `MEDIUM` unless told.
    #[serde(default)]
    priority: Option<Label>,
    /// What to begin with, instead of the words.
    #[serde(default)]
    preset: Option<Preset>,
    /// The entity to begin at.
    #[serde(default)]
    starting_point: Option<Label>,
    /// The time it is about; as late as can be seen unless told.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Id or name of the connection to look at; the newest unless told.
    #[serde(default)]
    connection: Option<Label>,
}

/// Characters of a longer text.
const LONGEST: usize = 10_000;

impl TaskToStart {
    fn read(self) -> Answer<NewTask> {
        let entity = self.starting_point.map(|entity| entity.0);
        let (from, usual) = match (self.preset, entity) {
            (None, None) => (StartingPoint::Words, None),
            (None, Some(entity)) => (StartingPoint::Entity(entity), None),
            (Some(Preset::LatestAlarm), None) => (StartingPoint::LatestAlert, Some("Latest alarm")),
            (Some(Preset::LatestAlarm), Some(_)) => {
                let told = "the latest alarm says itself what it is about";
                return Err(Problem::invalid("/starting_point", told));
            }
            (Some(Preset::HighCpu), entity) => (StartingPoint::HighCpu(entity), Some("High CPU")),
            (Some(Preset::ErrorRateSpike), entity) => {
                (StartingPoint::ErrorRateSpike(entity), Some("Error-rate spike"))
            }
        };
        let title = self.title.map(|title| title.0).or(usual.map(str::to_owned));
        let title = title
            .ok_or_else(|| Problem::invalid("/title", "say what is wrong, or choose a preset"))?;
        let description = self.description.unwrap_or_default();
        if description.chars().count() > LONGEST || description.contains('\0') {
            let told = format!("at most {LONGEST} characters, none of them zero");
            return Err(Problem::invalid("/description", told));
        }
        let priority = match self.priority {
            None => Priority::Medium,
            Some(label) => Priority::parse(&label.0).ok_or_else(|| {
                let told = "`CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `MINIMAL` is expected";
                Problem::invalid("/priority", told)
            })?,
        };
        Ok(NewTask {
            title,
            description,
            priority,
            kind: TaskKind::Investigation,
            reference: None,
            connection: self.connection.map(|connection| connection.0),
            from,
            at: self.at,
        })
    }
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/tasks", request_body = TaskToStart,
    responses((status = 201, description = "The task.", body = Task)))]
async fn create(
    InSpace(space): InSpace,
    State(app): State<App>,
    caller: Caller,
    call: Call,
    given: Given<TaskToStart>,
) -> Answer<Made<Task>> {
    let new = given.value.read()?;
    let (actor, now) = (caller.identity.id(), Timestamp::now());
    let made = start_task(&space, &app.sources, actor, &new, given.once.as_ref(), now).await?;
    Ok(Made::new(made, &call, |task| {
        let location = format!("/api/v1/spaces/{}/tasks/{}", space.id(), task.id);
        (task.id.clone(), location, task.into())
    }))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only in this status: `LINKED`, …
    status: Option<String>,
    /// Only those that are linked to this task.
    primary: Option<String>,
    /// At most so many items.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/tasks", params(Wanted),
    responses((status = 200, description = "Tasks, newest first.", body = List<Task>)))]
async fn list(InSpace(space): InSpace, Asked(wanted): Asked<Wanted>) -> Answer<Json<List<Task>>> {
    let status = match wanted.status.as_deref() {
        None => None,
        Some(label) => Some(TaskStatus::parse(label).ok_or_else(|| {
            Problem::new(Kind::MalformedRequest, "query: status: there is no such status")
        })?),
    };
    let filters = [wanted.status.as_deref(), wanted.primary.as_deref()];
    let shelf = Shelf::of_space(&space, "tasks", &filters);
    let request = shelf.request(wanted.limit, wanted.cursor.as_deref())?;
    let order = TaskOrder { by: TaskSort::CreatedAt, is_descending: true };
    let filter = TaskFilter { status, primary: wanted.primary, ..TaskFilter::default() };
    Ok(Json(shelf.list(space.tasks(&filter, order, &request).await?, Task::from)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/tasks/{task}",
    responses((status = 200, description = "The task.", body = Task)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Task>> {
    Ok(Json(space.task(ids.id("task")?).await?.into()))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/tasks/{task}/cancel",
    responses((status = 200, description = "The task as it is now.", body = Task)))]
async fn cancel(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    nothing: Nothing,
) -> Answer<Json<Task>> {
    let (actor, now) = (caller.identity.id(), Timestamp::now());
    let task = cancel_task(&space, ids.id("task")?, actor, nothing.once.as_ref(), now).await?;
    Ok(Json(task.into_inner().into()))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/tasks/{task}/run",
    responses((status = 200, description = "The task as it is now.", body = Task)))]
async fn run(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    nothing: Nothing,
) -> Answer<Json<Task>> {
    let (actor, now) = (caller.identity.id(), Timestamp::now());
    let task = run_task_again(&space, ids.id("task")?, actor, nothing.once.as_ref(), now).await?;
    Ok(Json(task.into_inner().into()))
}
