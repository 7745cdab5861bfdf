use toml::{Table, Value};

use super::nearest::nearest;
use crate::output::advice;

/// Settings over which others are put. What isn't there can't be set, nor to another sort of value.
pub(crate) struct Overlay {
    table: Table,
}

impl Overlay {
    pub(crate) fn new(defaults: Table) -> Self {
        Self { table: defaults }
    }

    pub(crate) fn into_table(self) -> Table {
        self.table
    }

    /// Puts all values of a table over those that are there; `from` says where they come from.
    pub(crate) fn put_table(&mut self, table: &Table, from: &str) -> anyhow::Result<()> {
        let mut open: Vec<(String, &Table)> = vec![(String::new(), table)];
        while let Some((prefix, table)) = open.pop() {
            for (name, value) in table {
                let key = join(&prefix, name);
                match (self.value(&key), value) {
                    (Some(Value::Table(_)), Value::Table(inner)) => open.push((key, inner)),
                    _ => self.put(&key, value.clone(), from)?,
                }
            }
        }
        Ok(())
    }

    /// Puts a text, read as what the value is that stands there.
    pub(crate) fn put_text(&mut self, key: &str, text: &str, from: &str) -> anyhow::Result<()> {
        let value = match self.value(key) {
            Some(Value::String(_)) | None => Value::String(text.to_owned()),
            Some(_) => {
                // The text of a TOML value: `7`, `true`, `["10.0.0.1"]`.
                let read: Option<Table> = toml::from_str(&format!("value = {text}")).ok();
                let read = read.and_then(|mut table| table.remove("value"));
                read.unwrap_or_else(|| Value::String(text.to_owned()))
            }
        };
        self.put(key, value, from)
    }

    fn put(&mut self, key: &str, value: Value, from: &str) -> anyhow::Result<()> {
        let Some(place) = self.place(key) else {
            let known = self.keys();
            let near = nearest(key, known.iter().map(String::as_str));
            return Err(advice(
                format!("{from}: there is no setting `{key}`"),
                match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`nightjar config` prints all that there are".to_owned(),
                },
            ));
        };
        if !place.same_type(&value) {
            return Err(advice(
                format!("{from}: `{key}` is {}, and {} was expected", sort(&value), sort(place)),
                "`nightjar config` prints each setting with its default",
            ));
        }
        *place = value;
        Ok(())
    }

    fn value(&self, key: &str) -> Option<&Value> {
        let (last, path) = split(key);
        path.iter().try_fold(&self.table, |table, step| table.get(*step)?.as_table())?.get(last)
    }

    fn place(&mut self, key: &str) -> Option<&mut Value> {
        let (last, path) = split(key);
        let mut table = &mut self.table;
        for step in path {
            table = table.get_mut(step)?.as_table_mut()?;
        }
        table.get_mut(last)
    }

    /// All keys, of tables and of values.
    fn keys(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open: Vec<(String, &Table)> = vec![(String::new(), &self.table)];
        while let Some((prefix, table)) = open.pop() {
            for (name, value) in table {
                let key = join(&prefix, name);
                if let Value::Table(inner) = value {
                    open.push((key.clone(), inner));
                }
                found.push(key);
            }
        }
        found
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn split(key: &str) -> (&str, Vec<&str>) {
    let mut steps: Vec<&str> = key.split('.').collect();
    let last = steps.pop().unwrap_or_default();
    (last, steps)
}

/// What sort of value it is, for people.
fn sort(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a time",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}
