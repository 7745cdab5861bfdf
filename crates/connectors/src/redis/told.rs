use std::collections::BTreeMap;

use super::resp::Reply;

/// `name:value` lines, as `INFO` tells them.
#[derive(Debug, Default)]
pub(super) struct Facts(BTreeMap<String, String>);

impl Facts {
    pub(super) fn of_info(reply: Option<Reply>) -> Self {
        let text = reply.as_ref().and_then(Reply::text).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.trim_end().split_once(':'));
        Self(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Names and values in turn, as `CONFIG GET` tells them.
    pub(super) fn add(&mut self, reply: Option<Reply>) {
        for pair in reply.as_ref().map(Reply::list).unwrap_or_default().chunks(2) {
            if let [name, value] = pair
                && let (Some(name), Some(value)) = (name.text(), value.text())
            {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// All whose name begins so, without that beginning.
    pub(super) fn beginning<'a>(
        &'a self,
        with: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(with)?, value.as_str())))
    }
}

/// `a=1,b=2` or `a=1 b=2`, as parts of a line.
pub(super) fn parts(text: &str, between: char) -> BTreeMap<&str, &str> {
    text.split(between).filter_map(|part| part.trim().split_once('=')).collect()
}
