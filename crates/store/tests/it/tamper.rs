//! Someone who can write to the database, and drops what forbids it, is found out: every column of
//! every table of the append-only part, every row taken out, doubled or exchanged. Takes some seconds:
//! after each change everything is verified, hundreds of times on each database.

use jiff::ToSpan as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Column as _, Connection as _, Row as _};
use sqlx::{TypeInfo as _, ValueRef as _};

use crate::fixture::{append, appended_at, call};
use crate::place::{Place, new_space, on_both, t0};

/// Tables of the append-only part and their primary keys.
const TABLES: [(&str, &[&str]); 6] = [
    ("journal", &["space", "position"]),
    ("journal_chains", &["space", "chain"]),
    ("journal_pruned", &["space", "chain", "checkpoint"]),
    ("heads", &["scope"]),
    ("checkpoints", &["scope", "number"]),
    ("audit", &["seq"]),
];

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

type Record = Vec<(String, Value)>;

fn value(row: &AnyRow, index: usize) -> Value {
    let raw = row.try_get_raw(index).unwrap();
    if raw.is_null() {
        return Value::Null;
    }
    match raw.type_info().name() {
        "TEXT" => Value::Text(row.get(index)),
        "BLOB" => Value::Bytes(row.get(index)),
        _ => Value::Number(row.get(index)),
    }
}

impl Value {
    /// Another value of the same type.
    fn altered(&self, how: usize) -> Self {
        match self {
            Self::Null => Self::Text("somewhere".to_owned()),
            Self::Number(number) if how.is_multiple_of(2) => Self::Number(number + 1),
            Self::Number(number) => Self::Number(number - 1),
            Self::Text(text) => {
                let mut letters: Vec<char> = text.chars().collect();
                match how % 3 {
                    0 => letters.push('0'),
                    1 => letters.insert(0, ' '),
                    _ => {
                        let at = how % letters.len();
                        letters[at] = if letters[at] == '1' { '2' } else { '1' };
                    }
                }
                Self::Text(letters.into_iter().collect())
            }
            Self::Bytes(bytes) => {
                let mut bytes = bytes.clone();
                let at = how % bytes.len();
                bytes[at] ^= 1 << (how % 8);
                Self::Bytes(bytes)
            }
        }
    }
}

struct Tamperer {
    connection: AnyConnection,
}

impl Tamperer {
    async fn new(place: &Place) -> Self {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&place.database).await.unwrap();
        let statements: Vec<String> = if place.is_sqlite() {
            let names = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            names.iter().map(|row| format!("DROP TRIGGER {}", row.get::<String, _>(0))).collect()
        } else {
            TABLES
                .iter()
                .map(|(name, _)| format!("ALTER TABLE {name} DISABLE TRIGGER USER"))
                .collect()
        };
        for statement in statements {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        Self { connection }
    }

    async fn rows(&mut self, table: &str, keys: &[&str]) -> Vec<Record> {
        let statement = format!("SELECT * FROM {table} ORDER BY {}", keys.join(", "));
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&mut self.connection).await;
        let record = |row: &AnyRow| {
            let columns = row.columns().iter();
            columns.map(|column| (column.name().to_owned(), value(row, column.ordinal()))).collect()
        };
        rows.unwrap().iter().map(record).collect()
    }

    /// `false`: the database refuses it by a constraint.
    async fn execute(&mut self, statement: String, values: &[Value]) -> bool {
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for value in values {
            query = match value.clone() {
                Value::Null => query.bind(None::<String>),
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query.execute(&mut self.connection).await.is_ok()
    }

    async fn delete(&mut self, table: &str, keys: &[&str], record: &Record) {
        let (filter, values) = filter(keys, record, 1);
        assert!(self.execute(format!("DELETE FROM {table} WHERE {filter}"), &values).await);
    }

    async fn insert(&mut self, table: &str, record: &Record) -> bool {
        let names: Vec<&str> = record.iter().map(|(name, _)| name.as_str()).collect();
        let marks: Vec<String> = (1..=record.len()).map(|at| format!("${at}")).collect();
        let values: Vec<Value> = record.iter().map(|(_, value)| value.clone()).collect();
        let (names, marks) = (names.join(", "), marks.join(", "));
        self.execute(format!("INSERT INTO {table} ({names}) VALUES ({marks})"), &values).await
    }

    /// Puts another record in the place of one.
    async fn replace(&mut self, table: &str, keys: &[&str], old: &Record, new: &Record) -> bool {
        self.delete(table, keys, old).await;
        if self.insert(table, new).await {
            return true;
        }
        assert!(self.insert(table, old).await);
        false
    }
}

fn filter(keys: &[&str], record: &Record, first: usize) -> (String, Vec<Value>) {
    let parts: Vec<String> =
        (first..).zip(keys).map(|(at, key)| format!("{key} = ${at}")).collect();
    let value = |key: &&str| record.iter().find(|(name, _)| name == key).unwrap().1.clone();
    (parts.join(" AND "), keys.iter().map(value).collect())
}

/// Two spaces, chains, a pruned one, checkpoints, an audit trail.
async fn fill(place: &Place) -> nightjar_store::Store {
    let store = place.open().await;
    for _ in 0..2 {
        let space = new_space(&store).await;
        append(&space, "play-1/a", 3).await;
        append(&space, "play-1/b", 1).await;
        appended_at(&space, "play-1/old", 2, t0() - 1.hour()).await;
        space.checkpoint(t0()).await.unwrap();
        assert_eq!(space.prune_journal(t0() - 1.minute(), t0()).await.unwrap(), 1);
        append(&space, "play-1/a", 2).await;
    }
    for number in 0..5 {
        store.audit(call(number)).await.unwrap();
    }
    store.audit_checkpoint(t0()).await.unwrap();
    store.audit(call(5)).await.unwrap();
    store
}

async fn problems(store: &nightjar_store::Store) -> usize {
    store.verify(&[]).await.unwrap().findings.len()
}

#[tokio::test]
async fn a_change_of_any_column_of_any_row_is_found() {
    on_both(async |place| {
        let store = fill(place).await;
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
        let mut tamperer = Tamperer::new(place).await;
        for (table, keys) in TABLES {
            let rows = tamperer.rows(table, keys).await;
            assert!(rows.len() >= 2, "{table}");
            for (number, row) in rows.iter().enumerate() {
                for at in 0..row.len() {
                    let mut new = row.clone();
                    new[at].1 = new[at].1.altered(number * 7 + at);
                    if !tamperer.replace(table, keys, row, &new).await {
                        continue;
                    }
                    assert!(problems(&store).await > 0, "{table} {number}: {:?}", new[at]);
                    assert!(tamperer.replace(table, keys, &new, row).await);
                }
            }
        }
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_was_taken_out_or_put_in_is_found() {
    on_both(async |place| {
        let store = fill(place).await;
        let mut tamperer = Tamperer::new(place).await;
        for (table, keys) in TABLES {
            for row in tamperer.rows(table, keys).await {
                tamperer.delete(table, keys, &row).await;
                assert!(problems(&store).await > 0, "without {row:?} of {table}");
                assert!(tamperer.insert(table, &row).await);
                // The same once more under another key.
                let mut twin = row.clone();
                let key = twin.iter_mut().find(|(name, _)| name == keys[keys.len() - 1]).unwrap();
                key.1 = match &key.1 {
                    Value::Number(number) => Value::Number(number + 1000),
                    other => other.altered(0),
                };
                if tamperer.insert(table, &twin).await {
                    assert!(problems(&store).await > 0, "with {twin:?} in {table}");
                    tamperer.delete(table, keys, &twin).await;
                }
            }
        }
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn whole_parts_that_were_taken_out_are_found() {
    on_both(async |place| {
        for statement in [
            "DELETE FROM journal WHERE chain = 'play-1/b'",
            "DELETE FROM journal_chains WHERE chain = 'play-1/b'",
            "DELETE FROM journal",
            "DELETE FROM journal_pruned",
            "DELETE FROM checkpoints",
            "DELETE FROM heads",
            "DELETE FROM audit",
            "DELETE FROM audit WHERE seq > 3",
            "DELETE FROM spaces WHERE number = 1",
            "DELETE FROM spaces",
        ] {
            let place =
                if place.is_sqlite() { Place::sqlite() } else { Place::postgres().unwrap() };
            let store = fill(&place).await;
            let mut tamperer = Tamperer::new(&place).await;
            assert!(tamperer.execute(statement.to_owned(), &[]).await);
            assert!(problems(&store).await > 0, "{statement}");
        }
        // A chain with its head, and a space with everything, leave a gap as well.
        let place = if place.is_sqlite() { Place::sqlite() } else { Place::postgres().unwrap() };
        let store = fill(&place).await;
        let mut tamperer = Tamperer::new(&place).await;
        for statement in [
            "DELETE FROM journal WHERE chain = 'play-1/b'",
            "DELETE FROM journal_chains WHERE chain = 'play-1/b'",
        ] {
            assert!(tamperer.execute(statement.to_owned(), &[]).await);
        }
        assert!(problems(&store).await > 0);
        for table in ["journal", "journal_chains", "journal_pruned"] {
            assert!(tamperer.execute(format!("DELETE FROM {table}"), &[]).await);
        }
        for statement in [
            "DELETE FROM spaces",
            "DELETE FROM heads WHERE scope <> 'audit' AND scope <> 'spaces'",
            "DELETE FROM checkpoints WHERE scope <> 'audit'",
        ] {
            assert!(tamperer.execute(statement.to_owned(), &[]).await);
        }
        let report = store.verify(&[]).await.unwrap();
        assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    })
    .await;
}

#[test]
fn values_exchanged_between_rows_are_found() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for place in [Some(Place::sqlite()), Place::postgres()].into_iter().flatten() {
        let store = runtime.block_on(fill(&place));
        let tamperer = tokio::sync::Mutex::new(runtime.block_on(Tamperer::new(&place)));
        let cases = Config { cases: 96, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new(cases);
        let which = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
        let strategy = (0..TABLES.len(), which, 0..1_u32 << 13);
        runner
            .run(&strategy, |(table, (one, other), columns)| {
                let seen = runtime.block_on(async {
                    let mut tamperer = tamperer.lock().await;
                    let (table, keys) = TABLES[table];
                    exchange(&mut tamperer, &store, (table, keys), (one, other), columns).await
                });
                prop_assert!(seen != Some(0), "{seen:?} in {}", TABLES[table].0);
                Ok(())
            })
            .unwrap();
        let report = runtime.block_on(store.verify(&[])).unwrap();
        assert_eq!(report.findings, []);
    }
}

/// Exchanges the columns of two rows (all but the key, where the set has them all) and gives the number
/// of findings; `None` if that changes nothing.
async fn exchange(
    tamperer: &mut Tamperer,
    store: &nightjar_store::Store,
    (table, keys): (&str, &[&str]),
    (one, other): (prop::sample::Index, prop::sample::Index),
    columns: u32,
) -> Option<usize> {
    let rows = tamperer.rows(table, keys).await;
    let (one, other) = (one.get(&rows).clone(), other.get(&rows).clone());
    let (mut a, mut b) = (one.clone(), other.clone());
    for at in 0..one.len() {
        if columns >> (at % 13) & 1 == 1 {
            std::mem::swap(&mut a[at].1, &mut b[at].1);
        }
    }
    let same = |x: &Record, y: &Record| x == y;
    if (same(&a, &one) && same(&b, &other)) || (same(&a, &other) && same(&b, &one)) {
        return None;
    }
    tamperer.delete(table, keys, &one).await;
    tamperer.delete(table, keys, &other).await;
    let inserted = [tamperer.insert(table, &a).await, tamperer.insert(table, &b).await];
    let found = problems(store).await;
    for (done, record) in inserted.into_iter().zip([&a, &b]) {
        if done {
            tamperer.delete(table, keys, record).await;
        }
    }
    assert!(tamperer.insert(table, &one).await && tamperer.insert(table, &other).await);
    Some(found)
}

#[tokio::test]
async fn an_older_state_of_the_database_is_found_with_an_exported_checkpoint() {
    // With SQLite: the file as it was an hour ago, put back.
    let place = Place::sqlite();
    let store = fill(&place).await;
    let old = place.folder.path().join("old.db");
    store.copy_database(&old).await.unwrap();
    let id = store.spaces(&crate::place::all()).await.unwrap().items[0].id.clone();
    let space = store.space(&id).await.unwrap();
    append(&space, "play-1/a", 1).await;
    let exported = space.checkpoint(t0()).await.unwrap();
    assert_eq!(store.verify(std::slice::from_ref(&exported)).await.unwrap().findings, []);
    store.close().await;
    let options = nightjar_store::Options {
        database: format!("sqlite://{}", old.display()),
        ..place.options()
    };
    let store = nightjar_store::Store::open(options).await.unwrap();
    // By itself the older state is sound: docs/specs/journal.md says so.
    assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    assert!(!store.verify(&[exported]).await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn nothing_is_appended_to_what_was_altered() {
    on_both(async |place| {
        let store = fill(place).await;
        let mut tamperer = Tamperer::new(place).await;
        let statement = "UPDATE heads SET position = position - 1";
        assert!(tamperer.execute(statement.to_owned(), &[]).await);
        let id = store.spaces(&crate::place::all()).await.unwrap().items[0].id.clone();
        let space = store.space(&id).await.unwrap();
        let entries = crate::fixture::entries(&space, "play-1/a", 1).await;
        let refused = space.append(&entries, t0()).await;
        assert!(matches!(refused, Err(nightjar_store::Error::Damaged { .. })));
        let refused = store.audit(call(9)).await;
        assert!(matches!(refused, Err(nightjar_store::Error::Damaged { .. })));
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_refuses_changes_of_what_is_append_only() {
    on_both(async |place| {
        let store = fill(place).await;
        store.close().await;
        sqlx::any::install_default_drivers();
        let connection = AnyConnection::connect(&place.database).await.unwrap();
        let mut tamperer = Tamperer { connection };
        for table in ["journal", "journal_pruned", "checkpoints", "audit"] {
            let column = if table == "audit" { "seq" } else { "space" };
            let column = if table == "checkpoints" { "scope" } else { column };
            let update = format!("UPDATE {table} SET {column} = {column}");
            assert!(!tamperer.execute(update, &[]).await, "update of {table}");
            let delete = format!("DELETE FROM {table}");
            assert!(!tamperer.execute(delete, &[]).await, "delete from {table}");
            if !place.is_sqlite() {
                assert!(!tamperer.execute(format!("TRUNCATE {table}"), &[]).await);
            }
        }
    })
    .await;
}
