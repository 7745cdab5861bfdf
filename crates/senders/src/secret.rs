//! The secrets of a webhook: several at a time while one takes over from another.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use crate::denied::Denied;

/// A secret that a sender shares with us. Prints as `***`.
#[derive(Clone)]
pub struct Secret {
    value: String,
    until: Option<Timestamp>,
}

impl Secret {
    /// A secret without an end.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), until: None }
    }

    /// The same, valid only before a time: the old one of two, while senders change over.
    #[must_use]
    pub fn until(self, end: Timestamp) -> Self {
        Self { until: Some(end), ..self }
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        // An empty secret is one that somebody forgot to fill in: anybody has it.
        !self.value.is_empty() && self.until.is_none_or(|end| now < end)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("value", &"***").field("until", &self.until).finish()
    }
}

/// Secrets that are valid now; at least one.
pub(crate) struct Keys<'a>(Vec<&'a [u8]>);

pub(crate) fn valid(secrets: &[Secret], now: Timestamp) -> Result<Keys<'_>, Denied> {
    let valid = secrets.iter().filter(|secret| secret.is_valid(now));
    let keys: Vec<&[u8]> = valid.map(|secret| secret.value.as_bytes()).collect();
    if keys.is_empty() { Err(Denied::NoSecret) } else { Ok(Keys(keys)) }
}

impl Keys<'_> {
    /// Whether one of the keys passes. All are tried, so that time doesn't tell which did.
    pub(crate) fn any(&self, mut passes: impl FnMut(&[u8]) -> bool) -> Result<(), Denied> {
        let passed = self.0.iter().fold(false, |passed, key| passes(key) | passed);
        if passed { Ok(()) } else { Err(Denied::Wrong) }
    }
}

/// Whether two texts are the same, in a time that tells neither where they differ nor how long the
/// secret one is: what is compared are their hashes.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let [one, other] = [one, other].map(|text| digest(&SHA256, text));
    verify_slices_are_equal(one.as_ref(), other.as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        let printed = format!("{:?}", Secret::new("hunter2").until(Timestamp::UNIX_EPOCH));
        assert_eq!(printed, r#"Secret { value: "***", until: Some(1970-01-01T00:00:00Z) }"#);
    }

    #[test]
    fn the_end_of_a_secret_is_the_first_moment_without_it() {
        let secrets = [Secret::new("old").until(Timestamp::UNIX_EPOCH)];
        let before: Timestamp = "1969-12-31T23:59:59.999Z".parse().expect("a time");
        assert!(valid(&secrets, before).is_ok());
        assert_eq!(valid(&secrets, Timestamp::UNIX_EPOCH).err(), Some(Denied::NoSecret));
        assert_eq!(valid(&[Secret::new("")], before).err(), Some(Denied::NoSecret));
    }
}
