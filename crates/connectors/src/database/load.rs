//! Which statements a database is at work for, and what they take.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use nightjar_incident::Statistic;

use super::statement::without_literals;
use super::{Ask, Levels, Moment, Row};

/// How often and how far apart sessions at work are looked at.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(200);

/// The most statements that are told; those that take most come first.
const STATEMENTS: usize = 20;

/// How a system tells it: its prefix of names (`mysql`), and its statements.
pub(crate) struct Way {
    pub(crate) system: &'static str,
    /// Rows with `query`, `sessions`, and what `wait` reads.
    pub(crate) active: &'static str,
    /// What a row's sessions wait for.
    pub(crate) wait: fn(&Row) -> String,
    /// Rows with `id`, `query`, `calls`, `seconds`: totals since statistics began. None where they aren't kept.
    pub(crate) statements: Option<&'static str>,
}

impl Way {
    fn name(&self, what: &str) -> String {
        format!("{}.{what}", self.system)
    }

    /// Looks several times within a second; what ended in the meantime is held against what it took before.
    pub(crate) async fn tell(&self, ask: &mut Ask, moment: &Moment, levels: &mut Levels) {
        let before = self.totals(ask).await;
        let began = Timestamp::now();
        self.look(ask, moment, levels).await;
        let Some(before) = before else { return };
        let seconds = Timestamp::now().duration_since(began).as_secs_f64().max(0.001);
        let Some(after) = self.totals(ask).await else { return };
        self.finished(&before, &after, seconds, moment, levels);
    }

    async fn look(&self, ask: &mut Ask, moment: &Moment, levels: &mut Levels) {
        let mut load: BTreeMap<(String, String), f64> = BTreeMap::new();
        let mut looks = 0.0;
        for look in 0..LOOKS {
            if look > 0 && !ask.pause(BETWEEN).await {
                break;
            }
            let rows = match look {
                0 => ask.try_rows(self.active).await,
                _ => ask.quietly(self.active).await.ok(),
            };
            let Some(rows) = rows else { break };
            looks += 1.0;
            for row in rows {
                let statement = without_literals(row.text("query").unwrap_or("unknown"));
                let sessions = row.number("sessions").unwrap_or(0.0);
                *load.entry((statement, (self.wait)(&row))).or_default() += sessions;
            }
        }
        if looks < 1.0 {
            return;
        }
        let whole: f64 = load.values().sum::<f64>() / looks;
        levels.add(&self.name("active_sessions"), "{session}", &[], moment.now(whole));
        let mut load: Vec<_> = load.into_iter().collect();
        load.sort_by(|a, b| b.1.total_cmp(&a.1));
        for ((statement, wait), sessions) in load.into_iter().take(STATEMENTS) {
            let attributes = [("db.query.text", &*statement), ("db.wait.event", &*wait)];
            let level = moment.now(sessions / looks);
            let name = self.name("statement.load");
            levels.add_as(Statistic::Mean, &name, "{session}", &attributes, level);
        }
    }

    /// Totals of statements by their ids, where they are kept.
    async fn totals(&self, ask: &mut Ask) -> Option<BTreeMap<String, Row>> {
        let rows = ask.try_rows(self.statements?).await?;
        Some(rows.into_iter().filter_map(|row| Some((row.text("id")?.to_owned(), row))).collect())
    }

    /// What statements took that ended between two looks, against what they took since their statistics began.
    fn finished(
        &self,
        before: &BTreeMap<String, Row>,
        after: &BTreeMap<String, Row>,
        seconds: f64,
        moment: &Moment,
        levels: &mut Levels,
    ) {
        let number = |row: &Row, name: &str| row.number(name).unwrap_or(0.0);
        let mut found: Vec<(f64, f64, f64, &Row)> = Vec::new();
        for (id, now) in after {
            let Some(then) = before.get(id) else { continue };
            let calls = number(now, "calls") - number(then, "calls");
            let took = number(now, "seconds") - number(then, "seconds");
            if calls >= 1.0 && took >= 0.0 {
                let usual = number(then, "seconds") / number(then, "calls").max(1.0);
                found.push((calls, took, usual, now));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (calls, took, usual, row) in found.into_iter().take(STATEMENTS) {
            let statement = without_literals(row.text("query").unwrap_or("unknown"));
            let attributes = [("db.query.text", &*statement)];
            let (rate, name) = (moment.now(calls / seconds), self.name("statement.calls"));
            levels.add_as(Statistic::Mean, &name, "1/s", &attributes, rate);
            for (basis, mean) in [("now", took / calls), ("since statistics were reset", usual)] {
                let attributes = [("db.query.text", &*statement), ("basis", basis)];
                let name = self.name("statement.duration");
                levels.add_as(Statistic::Mean, &name, "s", &attributes, moment.now(mean));
            }
        }
    }
}
