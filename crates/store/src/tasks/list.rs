//! Tasks page by page, at a cost that doesn't grow with their number: each combination of filters has
//! an index that holds the matching rows in the wanted order (migrations, schema 3).

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::{COLUMNS, Priority, TaskKind, TaskRecord, TaskStatus};
use crate::db::{Columns as _, from_driver, id, micros};
use crate::once::clean;
use crate::{Page, PageRequest, Result, Space};

/// Which tasks are wanted; all of what is given has to fit.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Made after that time.
    pub created_after: Option<Timestamp>,
    /// Made before that time.
    pub created_before: Option<Timestamp>,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Only with this status.
    pub status: Option<TaskStatus>,
    /// Only of this kind.
    pub kind: Option<TaskKind>,
    /// Only those linked to this task.
    pub primary: Option<String>,
}

/// What a list of tasks is sorted by; those that are equal by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSort {
    /// When they were made.
    CreatedAt,
    /// How urgent they are, then when they were made.
    Priority,
}

/// How a list of tasks is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskOrder {
    /// By what.
    pub by: TaskSort,
    /// Whether the newest, or the most urgent, come first.
    pub is_descending: bool,
}

impl Space {
    /// Tasks that pass a filter.
    pub async fn tasks(
        &self,
        filter: &TaskFilter,
        order: TaskOrder,
        page: &PageRequest,
    ) -> Result<Page<TaskRecord>> {
        self.alive().await?;
        filter.primary.as_deref().map(clean).transpose()?;
        let list = match (order.by, order.is_descending) {
            (TaskSort::CreatedAt, false) => "tasks-by-time",
            (TaskSort::CreatedAt, true) => "tasks-by-time-down",
            (TaskSort::Priority, false) => "tasks-by-priority",
            (TaskSort::Priority, true) => "tasks-by-priority-down",
        };
        let cursor = page.keys::<3>(list)?;
        let stretches: Vec<Stretch<'_>> = match order.by {
            TaskSort::CreatedAt => {
                let after = cursor.map(|[_, created, number]| (created, number));
                vec![Stretch { filter, rank: filter.priority.map(Priority::rank), after }]
            }
            TaskSort::Priority => by_priority(filter, order.is_descending, cursor),
        };
        let mut found = Vec::new();
        for stretch in stretches {
            let wanted = page.fetch() - i64::try_from(found.len()).unwrap_or(i64::MAX);
            if wanted <= 0 {
                break;
            }
            found.extend(self.stretch(&stretch, order.is_descending, wanted).await?);
        }
        Ok(page.page(list, found))
    }

    async fn stretch(
        &self,
        stretch: &Stretch<'_>,
        is_descending: bool,
        wanted: i64,
    ) -> Result<Vec<([i64; 3], TaskRecord)>> {
        let (statement, values) = stretch.statement(is_descending);
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(id(&self.id)).bind(wanted);
        for value in values {
            query = match value {
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            };
        }
        let rows = query.fetch_all(self.store.db().read()).await.map_err(from_driver)?;
        let keys = |row: &sqlx::any::AnyRow| {
            Ok([row.signed("priority")?, row.signed("created_at")?, row.signed("number")?])
        };
        rows.iter().map(|row| Ok((keys(row)?, self.task_of(row)?))).collect()
    }
}

/// A part of a list that one index holds in its order.
struct Stretch<'a> {
    filter: &'a TaskFilter,
    /// The only priority in it.
    rank: Option<i64>,
    /// Where it goes on.
    after: Option<(i64, i64)>,
}

/// What is bound to a statement.
#[derive(Debug, PartialEq)]
enum Value {
    Number(i64),
    Text(String),
}

/// A list sorted by priority: one stretch for each priority that is left, so that limits of time cost
/// nothing within it.
fn by_priority(
    filter: &TaskFilter,
    is_descending: bool,
    cursor: Option<[i64; 3]>,
) -> Vec<Stretch<'_>> {
    let mut ranks: Vec<i64> = Priority::ALL.map(Priority::rank).to_vec();
    if is_descending {
        ranks.reverse();
    }
    ranks.retain(|rank| filter.priority.is_none_or(|priority| priority.rank() == *rank));
    let is_left = |rank: i64, last: i64| if is_descending { rank <= last } else { rank >= last };
    ranks.retain(|rank| cursor.is_none_or(|[last, ..]| is_left(*rank, last)));
    let after = |rank: i64| {
        cursor.filter(|[last, ..]| *last == rank).map(|[_, created, number]| (created, number))
    };
    ranks.into_iter().map(|rank| Stretch { filter, rank: Some(rank), after: after(rank) }).collect()
}

impl Stretch<'_> {
    /// The statement, and what is bound to it behind the space and the limit. Only what is asked for
    /// stands in it: a condition that may be void would keep the database from using an index.
    fn statement(&self, is_descending: bool) -> (String, Vec<Value>) {
        let filter = self.filter;
        let mut text = format!("SELECT {COLUMNS} FROM tasks WHERE space = $1");
        let mut values = Vec::new();
        let mut and = |condition: &str, value: Value| {
            values.push(value);
            text.push_str(&format!(" AND {condition} ${}", values.len() + 2));
        };
        if let Some(primary) = &filter.primary {
            and("primary_task =", Value::Text(primary.clone()));
        }
        if let Some(kind) = filter.kind {
            and("kind =", Value::Text(kind.label().to_owned()));
        }
        if let Some(status) = filter.status {
            and("status =", Value::Text(status.label().to_owned()));
        }
        if let Some(rank) = self.rank {
            and("priority =", Value::Number(rank));
        }
        // A place to go on from is a narrower limit than that of the filter on the same side; with
        // both, the database might walk from the wider one.
        let goes_on = self.after.is_some();
        if let Some(after) = filter.created_after.filter(|_| !goes_on || is_descending) {
            and("created_at >", Value::Number(micros(after)));
        }
        if let Some(before) = filter.created_before.filter(|_| !goes_on || !is_descending) {
            and("created_at <", Value::Number(micros(before)));
        }
        if let Some((created, number)) = self.after {
            let than = if is_descending { "<" } else { ">" };
            let place = values.len() + 3;
            text.push_str(&format!(" AND (created_at, number) {than} (${place}, ${})", place + 1));
            values.extend([Value::Number(created), Value::Number(number)]);
        }
        let down = if is_descending { " DESC" } else { "" };
        text.push_str(&format!(" ORDER BY created_at{down}, number{down} LIMIT $2"));
        (text, values)
    }
}
