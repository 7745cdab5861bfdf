use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Error, Result};

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// At most so many; the store clamps it to 1..=1000.
    pub limit: usize,
    /// Where the page before ended; `None` for the first.
    pub after: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The records, in the list's order.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; `None` at the end. Opaque to callers; a cursor that
    /// wasn't made by the same list is [`crate::Error::Invalid`].
    pub next: Option<String>,
}

/// The most a page holds.
const MOST: usize = 1000;

impl PageRequest {
    /// How many records a statement has to fetch: one more than wanted tells whether there are more.
    pub(crate) fn fetch(&self) -> i64 {
        i64::try_from(self.wanted() + 1).unwrap_or(i64::MAX)
    }

    fn wanted(&self) -> usize {
        self.limit.clamp(1, MOST)
    }

    /// The sort keys of the last record of the page before, for a list of this name.
    pub(crate) fn keys<const N: usize>(&self, list: &str) -> Result<Option<[i64; N]>> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let wrong = || Error::Invalid("this cursor wasn't made by this list".to_owned());
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        let mut parts = text.split(' ');
        if parts.next() != Some(list) {
            return Err(wrong());
        }
        let keys: Vec<i64> =
            parts.map(str::parse).collect::<std::result::Result<_, _>>().map_err(|_| wrong())?;
        keys.try_into().map(Some).map_err(|_| wrong())
    }

    /// A page of what a statement gave; `keys` tells a record's sort keys.
    pub(crate) fn page<T, const N: usize>(
        &self,
        list: &str,
        mut found: Vec<([i64; N], T)>,
    ) -> Page<T> {
        let more = found.len() > self.wanted();
        found.truncate(self.wanted());
        let next = found.last().filter(|_| more).map(|(keys, _)| {
            let keys: String = keys.iter().map(|key| format!(" {key}")).collect();
            URL_SAFE_NO_PAD.encode(format!("{list}{keys}"))
        });
        Page { items: found.into_iter().map(|(_, record)| record).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_taken_only_by_the_list_that_made_it() {
        let first = PageRequest { limit: 1, after: None };
        let page = first.page("a", vec![([1, -2], 'x'), ([3, 4], 'y')]);
        assert_eq!(page.items, ['x']);
        let second = PageRequest { limit: 1, after: page.next };
        assert_eq!(second.keys::<2>("a").unwrap(), Some([1, -2]));
        assert!(matches!(second.keys::<2>("b"), Err(Error::Invalid(_))));
        assert!(matches!(second.keys::<1>("a"), Err(Error::Invalid(_))));
        for wrong in ["", "!", "AAAA", "YSAx"] {
            let request = PageRequest { limit: 1, after: Some(wrong.to_owned()) };
            assert!(request.keys::<2>("a").is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let request = PageRequest { limit: 0, after: None };
        assert_eq!(request.fetch(), 2);
        assert_eq!(request.page("a", vec![([1], 'x')]).next, None);
    }
}
