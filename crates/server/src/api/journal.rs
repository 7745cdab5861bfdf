use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use nightjar_access::Action;
use nightjar_incident::IncidentId;
use nightjar_store::JournalEntry;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::stream::{From, stream};
use super::verify;
use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::body::Asked;
use crate::call::Caller;
use crate::page::limit_of;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .plain(Access::Action(Action::ReadJournal), routes!(read))
        .plain(Access::Action(Action::StreamJournal), routes!(follow))
        .plain(
            Access::Like(
                Action::ReadJournal,
                "readIncidentJournal",
                "Reads the journal of an incident's executions.",
            ),
            routes!(of_incident),
        );
    verify::routes(routes)
}

/// How many entries a page has unless asked otherwise.
const USUAL: u16 = 100;

/// Which entries are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JournalQuery {
    /// Only behind this position.
    #[serde(default)]
    #[param(minimum = 0, maximum = 9007199254740991i64)]
    after: Option<u64>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Only of chains whose names begin like this: `inc-1-1/`.
    #[param(max_length = 200, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    chain: Option<String>,
}

/// Where to begin.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Only behind this position; `Last-Event-ID` outweighs it.
    #[serde(default)]
    #[param(minimum = 0, maximum = 9007199254740991i64)]
    after: Option<u64>,
    /// Only of chains whose names begin like this: `inc-1-1/`.
    #[param(max_length = 200, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    chain: Option<String>,
}

/// An entry of the journal with its place in the space.
#[derive(Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub(super) struct Entry {
    /// Place in the order in which the space's entries became durable, from 1, without gaps.
    position: u64,
    /// When it became durable.
    written_at: Time,
    /// Version of the format of docs/specs/journal.md.
    schema: u32,
    /// Whose journal.
    space: String,
    /// Which chain.
    #[schema(example = "inc-1-1/exec-1")]
    chain: String,
    /// Position within the chain, from 0.
    seq: u64,
    /// When it was written, by the investigation's clock.
    at: String,
    /// What it records.
    #[schema(example = "finding")]
    kind: String,
    /// Who acted.
    actor: String,
    /// The record itself: any JSON; its shape depends on the kind.
    body: Value,
    /// Hash of the entry before in its chain.
    prev_hash: String,
    /// Hash of this entry.
    hash: String,
}

impl std::convert::From<JournalEntry> for Entry {
    fn from(record: JournalEntry) -> Self {
        let JournalEntry { position, written_at, entry } = record;
        Self {
            position,
            written_at: Time(written_at),
            schema: entry.schema,
            space: entry.space.to_string(),
            chain: entry.chain,
            seq: entry.seq,
            at: entry.at.to_string(),
            kind: entry.kind.label().to_owned(),
            actor: entry.actor,
            body: entry.body,
            prev_hash: entry.prev_hash.to_string(),
            hash: entry.hash.to_string(),
        }
    }
}

/// A part of the journal.
#[derive(Serialize, ToSchema)]
struct Entries {
    /// The entries, in order of their positions.
    items: Vec<Entry>,
    /// What to give as `after` for the entries behind these; none at the end.
    #[schema(required)]
    next: Option<u64>,
}

/// An event of the stream, after its lines were taken apart.
#[derive(ToSchema)]
#[schema(as = JournalEvent)]
#[expect(dead_code, reason = "only described: events are lines, not JSON")]
struct Event {
    /// The entry's position.
    id: String,
    /// The entry's kind.
    event: String,
    /// The entry, JSON in one line.
    data: String,
}

async fn entries(
    space: &nightjar_store::Space,
    prefix: &str,
    after: Option<u64>,
    limit: Option<u16>,
) -> Result<Entries, Problem> {
    let limit = usize::from(limit_of(limit, USUAL)?);
    let page = space.journal(prefix, position(after)?, limit).await?;
    let next = page.next.and_then(|position| position.parse().ok());
    Ok(Entries { items: page.items.into_iter().map(Entry::from).collect(), next })
}

/// A position, or the beginning. Positions fit into what databases and JavaScript count with.
pub(super) fn position(after: Option<u64>) -> Result<u64, Problem> {
    let after = after.unwrap_or(0);
    if after > (1 << 53) - 1 {
        let detail = "a position is at most 9007199254740991";
        return Err(Problem::new(Kind::MalformedRequest, detail));
    }
    Ok(after)
}

/// The beginning of a chain's name.
fn prefix(chain: Option<String>) -> Result<String, Problem> {
    let prefix = chain.unwrap_or_default();
    if prefix.chars().count() > 200 || prefix.chars().any(char::is_control) {
        let detail = "query: `chain` is a text of at most 200 characters";
        return Err(Problem::new(Kind::MalformedRequest, detail));
    }
    Ok(prefix)
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/journal", params(JournalQuery),
    responses((status = 200, description = "Entries. With `Accept: text/event-stream` the \
        answer is that of `streamJournal`.", body = Entries)))]
async fn read(
    InSpace(space): InSpace,
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Asked(query): Asked<JournalQuery>,
) -> Answer<Response> {
    let JournalQuery { after, limit, chain } = query;
    let prefix = prefix(chain)?;
    if wants_stream(&headers) {
        let decision =
            app.guard.decide(&caller.identity, Action::StreamJournal, Some(space.id().as_str()));
        if !decision.is_allowed() {
            return Err(Problem::new(Kind::Forbidden, "this role doesn't follow the journal"));
        }
        let from = From { space, prefix, after: last_event(&headers, after)?, caller };
        return stream(&app, from);
    }
    Ok(Json(entries(&space, &prefix, after, limit).await?).into_response())
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/journal/stream", params(StreamQuery),
    responses((status = 200, description = "Server-sent events without end, each an entry: `id` \
        its position, `event` its kind, `data` the entry as `readJournal` shows it, in one line. \
        With `Last-Event-ID` it goes on behind that position.",
        body = Event, content_type = "text/event-stream")))]
async fn follow(
    InSpace(space): InSpace,
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Asked(query): Asked<StreamQuery>,
) -> Answer<Response> {
    let after = last_event(&headers, query.after)?;
    stream(&app, From { space, prefix: prefix(query.chain)?, after, caller })
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/journal",
    params(PartQuery),
    responses((status = 200, description = "Entries.", body = Entries)))]
async fn of_incident(
    InSpace(space): InSpace,
    ids: Ids,
    Asked(query): Asked<PartQuery>,
) -> Answer<Json<Entries>> {
    let incident = IncidentId::new(ids.id("incident")?);
    space.incident(&incident).await?;
    Ok(Json(entries(&space, &format!("{incident}/"), query.after, query.limit).await?))
}

/// Which entries of an incident are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PartQuery {
    /// Only behind this position.
    #[serde(default)]
    #[param(minimum = 0, maximum = 9007199254740991i64)]
    after: Option<u64>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/event-stream"))
}

fn last_event(headers: &HeaderMap, after: Option<u64>) -> Result<u64, Problem> {
    let Some(value) = headers.get("last-event-id") else { return position(after) };
    let given = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let given = given.ok_or_else(|| {
        Problem::new(Kind::MalformedRequest, "`Last-Event-ID` is the position of an entry")
    })?;
    position(Some(given))
}
