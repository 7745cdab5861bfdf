//! Backlog tasks: one per alert, and one per manual start.

use nightjar_oncall::{
    NewTask, StartingPoint, Waits, cancel_task, run_task_again, start_task, waits,
};
use nightjar_store::{
    Created, Error as StoreError, Priority, Space, TaskFilter, TaskKind, TaskOrder, TaskRecord,
    TaskReference, TaskSort, TaskStatus,
};
use serde_json::{Value, json};

use super::input::Asked;
use super::wire::{at, list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

pub(super) async fn create(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let reference = asked.input.get("reference").map(reference);
    let new = NewTask {
        title: asked.need("title")?.to_owned(),
        description: asked.text("description").unwrap_or_default().to_owned(),
        priority: priority(asked.need("priority")?)?,
        kind: kind(asked.need("taskType")?)?,
        connection: connection(space, reference.as_ref()).await?,
        reference,
        from: StartingPoint::Words,
        at: None,
    };
    let (sources, actor) = (&asked.app.sources, asked.caller.identity.id());
    let made = start_task(space, sources, actor, &new, asked.once.as_ref(), asked.now).await?;
    let task = Created::into_inner(made);
    asked.about(&task.id);
    answer(&asked, &task).await
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let task = asked.space()?.task(asked.need("taskId")?).await?;
    answer(&asked, &task).await
}

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let given = asked.input.get("filter").cloned().unwrap_or_default();
    let first = |name: &str| at(&given, name).get(0).and_then(Value::as_str);
    let filter = TaskFilter {
        created_after: super::input::time(at(&given, "createdAfter")),
        created_before: super::input::time(at(&given, "createdBefore")),
        priority: first("priority").map(priority).transpose()?,
        status: first("status").map(status).transpose()?,
        kind: first("taskType").map(kind).transpose()?,
        primary: at(&given, "primaryTaskId").as_str().map(str::to_owned),
    };
    let order = TaskOrder {
        by: match asked.text("sortField") {
            Some("PRIORITY") => TaskSort::Priority,
            _ => TaskSort::CreatedAt,
        },
        // The newest, or the most urgent, first unless asked otherwise.
        is_descending: asked.text("order") != Some("ASC"),
    };
    let shown = given.to_string();
    let filters = [Some(shown.as_str()), asked.text("sortField"), asked.text("order")];
    let shelf = Shelf::of_space(space, "ListBacklogTasks", &filters);
    let request = asked.page(&shelf, "limit")?;
    let page = space.tasks(&filter, order, &request).await?;
    let id = space.id().to_string();
    let waits = waits(space, asked.now).await?;
    Ok(write_list(&shelf, "tasks", page, |task| wire(&id, &task, &waits)))
}

/// A client says two things of a task: that it is to end, and that it is to be done (again).
pub(super) async fn update(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let (id, actor) = (asked.need("taskId")?, asked.caller.identity.id());
    let once = asked.once.as_ref();
    let task = match asked.text("taskStatus") {
        None => space.task(id).await?,
        Some("CANCELED") => cancel_task(space, id, actor, once, asked.now).await?.into_inner(),
        Some("PENDING_START") => {
            run_task_again(space, id, actor, once, asked.now).await?.into_inner()
        }
        Some(other) => {
            // Whether it is there is told first.
            space.task(id).await?;
            let told = format!(
                "a task becomes `{other}` by itself; ask for `CANCELED` to end it, or for \
                 `PENDING_START` to have it done again"
            );
            return Err(Problem::invalid("/taskStatus", told));
        }
    };
    answer(&asked, &task).await
}

async fn answer(asked: &Asked, task: &TaskRecord) -> Result<Value, Problem> {
    let space = asked.space()?;
    Ok(json!({ "task": wire(space.id().as_str(), task, &waits(space, asked.now).await?) }))
}

fn wire(space: &str, task: &TaskRecord, waits: &Waits) -> Value {
    let mut told = json!({
        "agentSpaceId": space,
        "taskId": task.id,
        "title": task.title,
        "taskType": task.kind.label(),
        "priority": task.priority.label(),
        "status": task.status.label(),
        "createdAt": seconds(task.created_at),
        "updatedAt": seconds(task.updated_at),
        "version": task.version,
        "hasLinkedTasks": task.has_linked,
    });
    let description = Some(task.description.clone()).filter(|text| !text.is_empty());
    put(&mut told, "description", description);
    put(
        &mut told,
        "executionId",
        task.execution.as_ref().map(|run| super::executions::id(run.as_str())),
    );
    put(&mut told, "primaryTaskId", task.primary.clone());
    put(&mut told, "statusReason", waits.reason(task));
    put(&mut told, "reference", task.reference.as_ref().map(told_reference));
    // What our own API calls it, so that a script can go on there.
    let ours = [
        ("alertId", task.alert.as_ref().map(ToString::to_string)),
        ("incidentId", task.incident.as_ref().map(ToString::to_string)),
        ("investigationId", task.investigation.clone()),
    ];
    let mut metadata = json!({});
    for (name, id) in ours {
        put(&mut metadata, name, id);
    }
    put(&mut told, "metadata", Some(metadata));
    told
}

/// What a reference says to look at. Its `associationId` is of the system that the task came from, which
/// needn't be one that can be asked; one of our connections can be named there all the same.
async fn connection(
    space: &Space,
    reference: Option<&TaskReference>,
) -> Result<Option<String>, Problem> {
    let Some(TaskReference { association, .. }) = reference else { return Ok(None) };
    if !association.starts_with("con-") {
        return Ok(None);
    }
    match space.connection(association).await {
        Ok(connection) => Ok(Some(connection.id)),
        Err(StoreError::NotFound { .. }) => {
            Err(Problem::invalid("/reference/associationId", "there is no such connection"))
        }
        Err(error) => Err(error.into()),
    }
}

fn reference(given: &Value) -> TaskReference {
    let text = |name: &str| at(given, name).as_str().unwrap_or_default().to_owned();
    TaskReference {
        system: text("system"),
        title: at(given, "title").as_str().map(str::to_owned),
        id: text("referenceId"),
        url: text("referenceUrl"),
        association: text("associationId"),
    }
}

fn told_reference(reference: &TaskReference) -> Value {
    let mut told = json!({
        "system": reference.system,
        "referenceId": reference.id,
        "referenceUrl": reference.url,
        "associationId": reference.association,
    });
    put(&mut told, "title", reference.title.clone());
    told
}

fn kind(word: &str) -> Result<TaskKind, Problem> {
    TaskKind::parse(word).ok_or_else(|| Problem::invalid("/taskType", "there is no such type"))
}

fn priority(word: &str) -> Result<Priority, Problem> {
    Priority::parse(word).ok_or_else(|| Problem::invalid("/priority", "there is no such priority"))
}

fn status(word: &str) -> Result<TaskStatus, Problem> {
    TaskStatus::parse(word)
        .ok_or_else(|| Problem::invalid("/filter/status", "there is no such status"))
}
