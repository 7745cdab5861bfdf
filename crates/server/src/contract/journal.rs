//! Journal records: the journal of an execution, page by page.

use nightjar_incident::journal::{Entry, Kind};
use nightjar_store::JournalEntry;
use serde_json::{Value, json};

use super::executions;
use super::input::Asked;
use super::wire::{list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;
use crate::wire::word;

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let chain = executions::chain(asked.need("executionId")?);
    // An empty type is none, and the newest come first unless asked otherwise.
    let kind = asked.text("recordType").filter(|kind| !kind.is_empty());
    let newest_first = asked.text("order") != Some("ASC");
    let filters = [Some(chain.as_str()), kind, asked.text("order")];
    let shelf = Shelf::of_space(space, "ListJournalRecords", &filters);
    let request = asked.page(&shelf, "limit")?;
    let (end, _) = space.chain_end(&chain).await?;
    if end == 0 {
        return Err(Problem::not_found());
    }
    let known = match kind.map(|kind| serde_json::from_value::<Kind>(kind.into())) {
        None => None,
        Some(Ok(kind)) => Some(kind),
        // No record is of a kind that isn't there.
        Some(Err(_)) => return Ok(json!({ "records": [] })),
    };
    let page = space.records(&chain, known, newest_first, &request).await?;
    let id = space.id().to_string();
    Ok(write_list(&shelf, "records", page, |record| wire(&id, &record)))
}

fn wire(space: &str, record: &JournalEntry) -> Value {
    let entry = &record.entry;
    let execution = executions::id(&entry.chain);
    let mut told = json!({
        "agentSpaceId": space,
        "executionId": execution,
        "recordId": format!("{execution}.{}", entry.seq),
        "content": content(entry),
        "createdAt": seconds(record.written_at),
        "recordType": word(&entry.kind),
    });
    if entry.kind == Kind::UserRequest {
        let user = json!({ "userId": entry.actor, "userType": "IAM" });
        put(&mut told, "userReference", Some(user));
    }
    told
}

/// A record's content. Of a summary it is the Markdown itself, as its type says.
fn content(entry: &Entry) -> &Value {
    let is_markdown =
        matches!(entry.kind, Kind::InvestigationSummaryMd | Kind::MitigationSummaryMd);
    entry.body.get("text").filter(|_| is_markdown).unwrap_or(&entry.body)
}
