use std::collections::BTreeMap;

/// A row as a database wrote it: text by the names of its columns, in small letters; what is null isn't there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(BTreeMap<String, String>);

impl Row {
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, String)>) -> Self {
        let columns = columns.into_iter();
        Self(columns.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    /// What stands in a column; nothing where it is null, empty or not there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The number in a column, where it is one and finite.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Whether a column says yes, as databases write it.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| {
            ["t", "true", "on", "yes", "1"].iter().any(|yes| text.eq_ignore_ascii_case(yes))
        })
    }

    /// What stands in the only column, whatever it is called.
    pub(crate) fn first(&self) -> Option<&str> {
        self.0.values().next().map(String::as_str)
    }

    /// The first of several columns that is there: newer versions rename some.
    pub(crate) fn any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }
}
