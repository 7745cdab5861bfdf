//! Tasks page by page, at a cost that doesn't grow with their number: each combination of filters has
//! an index that holds the matching rows in the wanted order (migrations, schema 3).

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::{COLUMNS, Priority, TaskKind, TaskRecord, TaskStatus};
use crate::db::{Columns as _, Kind, from_driver, id, micros};
use crate::once::clean;
use crate::{Page, PageRequest, Result, Space};

/// Which tasks are wanted; all of what is given has to fit.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Made at that time or after it.
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
        let (statement, values) = stretch.statement(is_descending, self.store.db().kind());
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
    /// The index that holds exactly what is asked for.
    fn index(&self) -> String {
        let filter = self.filter;
        let mut name = "tasks".to_owned();
        match (&filter.primary, filter.kind, filter.status) {
            (Some(_), _, _) => name.push_str("_primary"),
            (None, Some(_), Some(_)) => name.push_str("_kind_status"),
            (None, Some(_), None) => name.push_str("_kind"),
            (None, None, Some(_)) => name.push_str("_status"),
            (None, None, None) => name.push_str("_by"),
        }
        if self.rank.is_some() {
            name.push_str("_rank");
        }
        name
    }

    /// The statement, and what is bound to it behind the space and the limit. Only what is asked for
    /// stands in it: a condition that may be void would keep the database from using an index.
    fn statement(&self, is_descending: bool, database: Kind) -> (String, Vec<Value>) {
        let filter = self.filter;
        // PostgreSQL knows from its statistics which index is best; SQLite has none, and guesses.
        let indexed = match database {
            Kind::Sqlite => format!(" INDEXED BY {}", self.index()),
            Kind::Postgres => String::new(),
        };
        let mut text = format!("SELECT {COLUMNS} FROM tasks{indexed} WHERE space = $1");
        let mut values = Vec::new();
        let mut and = |condition: &str, value: Value| {
            values.push(value);
            text.push_str(&format!(" AND {condition} ${}", values.len() + 2));
        };
        if let Some(primary) = &filter.primary {
            and("primary_task =", Value::Text(primary.clone()));
        }
        // What is linked to one task is of one incident, and mostly of one kind and status: these two are
        // looked at row by row then, and written so that no index of theirs is taken instead.
        let (kind, status) = match filter.primary {
            Some(_) => ("(kind || '') =", "(status || '') ="),
            None => ("kind =", "status ="),
        };
        if let Some(wanted) = filter.kind {
            and(kind, Value::Text(wanted.label().to_owned()));
        }
        if let Some(wanted) = filter.status {
            and(status, Value::Text(wanted.label().to_owned()));
        }
        if let Some(rank) = self.rank {
            and("priority =", Value::Number(rank));
        }
        // A place to go on from is a narrower limit than that of the filter on the same side; with
        // both, the database might walk from the wider one.
        let goes_on = self.after.is_some();
        if let Some(after) = filter.created_after.filter(|_| !goes_on || is_descending) {
            and("created_at >=", Value::Number(micros(after)));
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

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;
    use crate::db::Db;

    /// A filter, the only priority, the place to go on from, and whether it goes down.
    type Listed = (TaskFilter, Option<i64>, Option<(i64, i64)>, bool);

    /// Every combination of filters, each with every sort of list and place in it.
    fn combinations() -> Vec<Listed> {
        let mut all = Vec::new();
        let at = Timestamp::UNIX_EPOCH;
        for bits in 0_u32..256 {
            let has = |bit: u32| bits & (1 << bit) != 0;
            let filter = TaskFilter {
                created_after: has(0).then_some(at),
                created_before: has(1).then_some(at),
                priority: None,
                status: has(2).then_some(TaskStatus::Linked),
                kind: has(3).then_some(TaskKind::Investigation),
                primary: has(4).then(|| "task-1".to_owned()),
            };
            // A list sorted by priority is read priority by priority; so is one with that filter.
            all.push((filter, has(5).then_some(3), has(6).then_some((0, 1)), has(7)));
        }
        all
    }

    #[tokio::test]
    async fn every_list_is_read_from_an_index_in_its_order() {
        let db = Db::open("sqlite::memory:", 1).await.unwrap();
        db.migrate().await.unwrap();
        for (filter, rank, after, is_descending) in combinations() {
            let (statement, values) =
                Stretch { filter: &filter, rank, after }.statement(is_descending, Kind::Sqlite);
            let explain = format!("EXPLAIN QUERY PLAN {statement}");
            let mut query = sqlx::query(AssertSqlSafe(explain)).bind("space").bind(10_i64);
            for value in values {
                query = match value {
                    Value::Number(number) => query.bind(number),
                    Value::Text(text) => query.bind(text),
                };
            }
            let plan = query.fetch_all(db.read()).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            // One step, the search: no sorting beside it.
            let [search] = &plan[..] else { panic!("{statement}: {plan:?}") };
            assert!(search.starts_with("SEARCH tasks USING INDEX tasks_"), "{statement}: {search}");
            let is_linked = filter.primary.is_some();
            let wanted = [
                ("primary_task=?", is_linked),
                ("kind=?", filter.kind.is_some() && !is_linked),
                ("status=?", filter.status.is_some() && !is_linked),
                ("priority=?", rank.is_some()),
                ("created_at", filter.created_after.is_some() || filter.created_before.is_some()),
                ("created_at,number", after.is_some()),
            ];
            for (condition, is_wanted) in wanted {
                let is_used = search.contains(condition);
                assert!(is_used || !is_wanted, "{statement}: {search} lacks {condition}");
            }
        }
    }
}
