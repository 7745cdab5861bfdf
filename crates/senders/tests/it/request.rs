//! A request that tests alter piece by piece.

use jiff::Timestamp;
use nightjar_senders::{Delivery, Denied, Method, Part, Secret, verify};

pub(crate) const SECRET: &str = "it's-a-secret";

/// Five minutes around it are the window.
pub(crate) const NOW: &str = "2026-03-01T12:00:00Z";

#[derive(Clone)]
pub(crate) struct Request {
    headers: Vec<(String, Vec<u8>)>,
    query: String,
    body: Vec<u8>,
}

impl Request {
    /// With a body that has more bytes than letters.
    pub(crate) fn new() -> Self {
        let body = r#"{"title":"größer"}"#.into();
        Self { headers: Vec::new(), query: String::new(), body }
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// With another value of a header.
    pub(crate) fn instead(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    pub(crate) fn check_with(
        &self,
        method: &str,
        secrets: &[Secret],
        now: &str,
    ) -> Result<(), Denied> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let delivery = Delivery { headers: &headers, query: &self.query, body: &self.body };
        verify(&Method::parse(method).unwrap(), secrets, &delivery, time(now))
    }

    /// Whether it passes with [`SECRET`] at [`NOW`].
    pub(crate) fn check(&self, method: &str) -> Result<(), Denied> {
        self.check_with(method, &[Secret::new(SECRET)], NOW)
    }

    /// What holds for every method: another secret, and none, don't pass, and what is said about it
    /// holds neither.
    pub(crate) fn check_only_with_the_secret(&self, method: &str) {
        assert_eq!(self.check(method), Ok(()), "{method}");
        let other = self.check_with(method, &[Secret::new("another")], NOW);
        assert_eq!(other, Err(Denied::Wrong), "{method}");
        assert_eq!(self.check_with(method, &[], NOW), Err(Denied::NoSecret), "{method}");
        let said = other.map_err(|denied| format!("{denied} {denied:?}")).unwrap_err();
        assert!(!said.contains("another") && !said.contains(SECRET), "{said}");
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn header(name: &str) -> Part {
    Part::Header(name.to_owned())
}

pub(crate) fn missing(name: &str) -> Result<(), Denied> {
    Err(Denied::Missing(header(name)))
}

pub(crate) fn repeated(name: &str) -> Result<(), Denied> {
    Err(Denied::Repeated(header(name)))
}

/// Asserts that a header is said to be malformed.
pub(crate) fn assert_malformed(result: Result<(), Denied>, name: &str, why: &str) {
    match result {
        Err(Denied::Malformed { part, .. }) => assert_eq!(part, header(name), "{why}"),
        other => panic!("{why}: {other:?}"),
    }
}
