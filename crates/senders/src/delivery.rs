//! A delivery as it came, and how its parts are looked up.

use std::fmt;

use crate::denied::{Denied, Part};

/// One request to a webhook's address, as it came.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// All headers in their order, those that come more than once each time. Values are bytes:
    /// nothing says that they are text.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The query without its question mark, still percent-encoded.
    pub query: &'a str,
    /// The whole body, before anything was decoded or reformatted.
    pub body: &'a [u8],
}

/// Says how much there is, and nothing of it: any part may hold a secret.
impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Delivery<'a> {
    /// The values of a header, whose name is compared without letter case.
    pub(crate) fn headers_named(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim_ascii())
    }

    /// The value of a header that may come once. Which of two would be meant, and whether whoever
    /// stands before us looked at the same one, can't be known.
    pub(crate) fn header(&self, name: &str) -> Result<&'a [u8], Denied> {
        one(self.headers_named(name), || Part::Header(name.to_owned()))
    }

    /// The value of a parameter of the query that may come once, decoded. A plus stays a plus.
    pub(crate) fn parameter(&self, name: &str) -> Result<Vec<u8>, Denied> {
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let named = pairs.filter(|(other, _)| decoded(other) == name.as_bytes());
        one(named.map(|(_, value)| decoded(value)), || Part::Query(name.to_owned()))
    }
}

/// The only value. One that is empty is as good as none.
fn one<T: AsRef<[u8]>>(
    mut values: impl Iterator<Item = T>,
    part: impl Fn() -> Part,
) -> Result<T, Denied> {
    let value = values.next().filter(|value| !value.as_ref().is_empty());
    if values.next().is_some() {
        return Err(Denied::Repeated(part()));
    }
    value.ok_or_else(|| Denied::Missing(part()))
}

/// Percent-decodes what can be; a `%` that starts nothing stays, and will match no secret of ours.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *byte == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        bytes.push(escaped.map_or(*byte, |(high, low)| high << 4 | low));
        rest = after.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    bytes
}

/// The value of a hexadecimal digit.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_decoded_once_and_leniently() {
        assert_eq!(decoded("a%2Bb+c%252F%zz%4"), b"a+b+c%2F%zz%4");
    }

    #[test]
    fn a_part_that_comes_twice_is_refused_and_an_empty_one_is_none() {
        let headers: &[(&str, &[u8])] = &[("A", b"1"), ("a", b"1"), ("B", b"  ")];
        let delivery = Delivery { headers, query: "x=1&%78=2&y=&z", body: b"" };
        let header = |name: &str| Part::Header(name.to_owned());
        let query = |name: &str| Part::Query(name.to_owned());
        assert_eq!(delivery.header("a"), Err(Denied::Repeated(header("a"))));
        assert_eq!(delivery.header("b"), Err(Denied::Missing(header("b"))));
        assert_eq!(delivery.parameter("x"), Err(Denied::Repeated(query("x"))));
        assert_eq!(delivery.parameter("y"), Err(Denied::Missing(query("y"))));
        assert_eq!(delivery.parameter("z"), Err(Denied::Missing(query("z"))));
    }
}
