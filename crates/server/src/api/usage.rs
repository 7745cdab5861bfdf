use axum::Json;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use nightjar_access::Action;
use nightjar_store::{Spent, UsageDay};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::body::Asked;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.plain(Access::Action(Action::ReadSpaceUsage), routes!(read))
}

/// What investigations of a space have cost.
#[derive(Serialize, ToSchema)]
struct Usage {
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    /// Each day on which an execution ended, by UTC, oldest first.
    days: Vec<Day>,
    /// All of them together.
    total: Costs,
}

/// What the executions that ended on a day have cost.
#[derive(Serialize, ToSchema)]
struct Day {
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// What they have cost.
    #[serde(flatten)]
    costs: Costs,
}

/// What executions have cost.
#[derive(Serialize, ToSchema)]
struct Costs {
    /// Incidents whose first execution ended.
    investigations: u64,
    /// Executions that ended.
    executions: u64,
    /// Queries to connections.
    queries: u64,
    /// Bytes of their answers, as JSON.
    bytes: u64,
    /// Time by the clock, seconds.
    seconds: f64,
}

/// Which days, as `2026-11-23`.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Days {
    /// The first; that of this month unless told.
    #[param(format = Date)]
    from: Option<String>,
    /// The last; today unless told.
    #[param(format = Date)]
    to: Option<String>,
}

/// How many days are told of at a time: somewhat more than a year.
const MOST_DAYS: i32 = 400;

#[utoipa::path(get, path = "/api/v1/spaces/{space}/usage", params(Days),
    responses((status = 200, description = "The days and their sums.", body = Usage)))]
async fn read(InSpace(space): InSpace, Asked(asked): Asked<Days>) -> Answer<Json<Usage>> {
    let today = Offset::UTC.to_datetime(Timestamp::now()).date();
    let to = asked.to.as_deref().map_or(Ok(today), |text| day("to", text))?;
    let first = today.min(to).first_of_month();
    let from = asked.from.as_deref().map_or(Ok(first), |text| day("from", text))?;
    let last = from.saturating_add(MOST_DAYS.days());
    if to < from || last < to {
        let told = format!("query: `to` is the same day as `from` or up to {MOST_DAYS} days later");
        return Err(Problem::new(Kind::MalformedRequest, told));
    }
    let days = space.usage(from, to).await?;
    let mut total =
        UsageDay { day: from, investigations: 0, executions: 0, spent: Spent::default() };
    for day in &days {
        total.investigations += day.investigations;
        total.executions += day.executions;
        total.spent = total.spent.and(day.spent);
    }
    let days = days.iter().map(|day| Day { day: day.day.to_string(), costs: day.into() });
    Ok(Json(Usage {
        from: from.to_string(),
        to: to.to_string(),
        days: days.collect(),
        total: (&total).into(),
    }))
}

impl From<&UsageDay> for Costs {
    fn from(day: &UsageDay) -> Self {
        Self {
            investigations: day.investigations,
            executions: day.executions,
            queries: day.spent.queries,
            bytes: day.spent.bytes,
            seconds: day.spent.micros as f64 / 1e6,
        }
    }
}

/// A day, and nothing else that a parser of days reads.
fn day(name: &str, text: &str) -> Result<Date, Problem> {
    let is_plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let read = text.parse().ok().filter(|_| is_plain);
    read.ok_or_else(|| {
        let told = format!("query: {name}: a day like 2026-11-23 is expected");
        Problem::new(Kind::MalformedRequest, told)
    })
}
