//! Journal records: the journal of an execution, page by page.

use nightjar_incident::journal::Kind;
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
    let (kind, newest_first) = (asked.text("recordType"), asked.text("order") == Some("DESC"));
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
        "content": entry.body,
        "createdAt": seconds(record.written_at),
        "recordType": word(&entry.kind),
    });
    if entry.kind == Kind::UserRequest {
        let user = json!({ "userId": entry.actor, "userType": "IAM" });
        put(&mut told, "userReference", Some(user));
    }
    told
}
