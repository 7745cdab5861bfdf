//! Goals: what recommendations are looked for. Every space has one from the beginning.

use nightjar_store::{
    Collection, Document, DocumentFilter, Error as StoreError, NewDocument, Space,
};
use serde_json::{Value, json};

use super::arn;
use super::input::Asked;
use super::wire::{at, list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

/// The goal that is there from the beginning, and is written down when somebody changes it.
const REPORT: &str = "oncall-report";
const KIND: &str = "ONCALL_REPORT";

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let (status, kind) = (asked.text("status"), asked.text("goalType"));
    let shelf = Shelf::of_space(space, "ListGoals", &[status, kind]);
    let request = asked.page(&shelf, "limit")?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let filter = DocumentFilter { parent: owned(kind), state: owned(status), newest_first: false };
    let mut page = space.documents(Collection::Goal).list(&filter, &request).await?;
    let untouched = report(space).await?.filter(|goal| {
        status.is_none_or(|status| status == goal.state) && kind.is_none_or(|kind| kind == KIND)
    });
    if let (None, None, Some(goal)) = (&request.after, &page.next, untouched) {
        page.items.push(goal);
    }
    let arn = arn::space(space.id().as_str());
    Ok(write_list(&shelf, "goals", page, |goal| wire(&arn, &goal)))
}

pub(super) async fn update(asked: Asked) -> Result<Value, Problem> {
    asked.remember().await?;
    let space = asked.space()?;
    let id = asked.need("goalId")?;
    let state =
        asked.input.get("evaluationSchedule").and_then(|schedule| at(schedule, "state").as_str());
    let goals = space.documents(Collection::Goal);
    if id == REPORT
        && let Some(goal) = report(space).await?
    {
        let Document { id, parent, state, body, .. } = goal;
        let new = NewDocument { id: Some(id), parent, state, body, ..NewDocument::default() };
        match goals.create(new, None, asked.now).await {
            // Somebody else wrote it down meanwhile.
            Ok(_) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let changed = goals
        .update(id, asked.now, |goal| {
            if let Some(state) = state {
                if let Some(schedule) = goal.body.get_mut("evaluationSchedule") {
                    put(schedule, "state", Some(state));
                }
                goal.state = if state == "ENABLED" { "ACTIVE" } else { "PAUSED" }.to_owned();
            }
            Ok(())
        })
        .await?;
    Ok(json!({ "goal": wire(&arn::space(space.id().as_str()), &changed) }))
}

/// The goal as it is as long as nobody changed it; `None` once it is written down.
async fn report(space: &Space) -> Result<Option<Document>, Problem> {
    match space.documents(Collection::Goal).get(REPORT).await {
        Ok(_) => return Ok(None),
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let made = space.record().await?.created_at;
    Ok(Some(Document {
        number: 0,
        id: REPORT.to_owned(),
        parent: Some(KIND.to_owned()),
        // Nothing is looked for yet, so it isn't said to be.
        state: "PAUSED".to_owned(),
        version: 1,
        created_at: made,
        updated_at: made,
        body: json!({
            "title": "On-call report",
            "content": {
                "description": "What the incidents of the past weeks have in common.",
                "objectives": "Improvements of observability, infrastructure, governance and code \
                    that would have prevented or shortened them.",
            },
            "evaluationSchedule": { "state": "DISABLED", "expression": "rate(7 days)" },
        }),
    }))
}

fn wire(arn: &str, goal: &Document) -> Value {
    json!({
        "agentSpaceArn": arn,
        "goalId": goal.id,
        "title": at(&goal.body, "title"),
        "content": at(&goal.body, "content"),
        "status": goal.state,
        "goalType": goal.parent,
        "createdAt": seconds(goal.created_at),
        "updatedAt": seconds(goal.updated_at),
        "version": goal.version,
        "evaluationSchedule": at(&goal.body, "evaluationSchedule"),
    })
}
