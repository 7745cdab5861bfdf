//! The text that stands for an original.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Kind;

/// 12 digits are 48 bits: among a million different originals in a space, two share a pseudonym
/// with a chance of 0.2 %. With 8 digits that would be sure.
const HEX_DIGITS: usize = 12;
const OPEN: char = '‹';
const CLOSE: char = '›';

/// Makes pseudonyms under one key.
#[derive(Clone)]
pub(crate) struct Pseudonyms {
    keyed: Hmac<Sha256>,
}

impl Pseudonyms {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(key).expect("invariant: HMAC takes keys of any length");
        Self { keyed }
    }

    /// The pseudonym of an original: the same for every way of writing it.
    pub(crate) fn of(&self, kind: Kind, original: &str) -> String {
        let mut keyed = self.keyed.clone();
        keyed.update(kind.label().as_bytes());
        keyed.update(&[0]);
        keyed.update(normal_form(kind, original).as_bytes());
        let mut text = format!("{OPEN}{}:", kind.label());
        for byte in keyed.finalize().into_bytes().iter().take(HEX_DIGITS / 2) {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        text.push(CLOSE);
        text
    }
}

/// What all ways of writing the same thing have in common.
fn normal_form(kind: Kind, original: &str) -> String {
    match kind {
        Kind::Email => original.replace("%40", "@").to_lowercase(),
        Kind::Phone => {
            let digits: String = original
                .strip_prefix("%2B")
                .unwrap_or(original)
                .chars()
                .filter(char::is_ascii_digit)
                .collect();
            digits.strip_prefix("00").map(str::to_owned).unwrap_or(digits)
        }
        Kind::Card => original.chars().filter(char::is_ascii_digit).collect(),
        Kind::Iban | Kind::NationalId => original
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect(),
        Kind::Ip => match (original.parse::<Ipv4Addr>(), original.parse::<Ipv6Addr>()) {
            (Ok(address), _) => address.to_string(),
            (_, Ok(address)) => match address.to_ipv4_mapped() {
                Some(mapped) => mapped.to_string(),
                None => address.to_string(),
            },
            (Err(_), Err(_)) => original.replace('-', "."),
        },
        Kind::User => original.to_lowercase(),
        Kind::Secret => original.to_owned(),
    }
}

/// Where pseudonyms stand in a text already, ours or somebody's idea of one.
pub(crate) fn places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for (start, _) in text.match_indices(OPEN) {
        let body = text.get(start + OPEN.len_utf8()..).unwrap_or_default();
        let Some((label, rest)) = Kind::ALL
            .iter()
            .find_map(|kind| Some((kind.label(), body.strip_prefix(kind.label())?)))
        else {
            continue;
        };
        let Some(rest) = rest.strip_prefix(':') else { continue };
        let digits = rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        let closed = rest.get(digits..).is_some_and(|rest| rest.starts_with(CLOSE));
        if digits == HEX_DIGITS && closed {
            let length = OPEN.len_utf8() + label.len() + 1 + digits + CLOSE.len_utf8();
            places.push(start..start + length);
        }
    }
    places
}

/// Whether a text ends with a pseudonym's last character. It counts as a letter at the edges of
/// numbers and words: what wasn't found beside an original isn't found beside its pseudonym.
pub(crate) fn ends(bytes: &[u8]) -> bool {
    bytes.ends_with("›".as_bytes())
}

/// Whether a text begins with a pseudonym's first character.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with("‹".as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_writing_the_same_have_one_pseudonym() {
        let names = Pseudonyms::new(&[7; 32]);
        for (kind, one, other) in [
            (Kind::Email, "Ada@Example.com", "ada%40example.com"),
            (Kind::Phone, "+49 (151) 234-567", "0049151234567"),
            (Kind::Card, "4111 1111 1111 1111", "4111-1111-1111-1111"),
            (Kind::Iban, "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
            (Kind::Ip, "2001:db8::1", "2001:0db8:0:0:0:0:0:1"),
            (Kind::Ip, "::ffff:203.0.113.9", "203.0.113.9"),
            (Kind::User, "Ada", "ada"),
        ] {
            assert_eq!(names.of(kind, one), names.of(kind, other), "{one}");
        }
        assert_ne!(names.of(Kind::Secret, "a"), names.of(Kind::Secret, "A"));
        assert_ne!(names.of(Kind::User, "a"), names.of(Kind::Secret, "a"));
    }

    #[test]
    fn only_whole_pseudonyms_are_recognised() {
        let text = Pseudonyms::new(&[7; 32]).of(Kind::NationalId, "x");
        assert_eq!(places(&text).first(), Some(&(0..text.len())));
        for other in
            ["‹email:›", "‹email:7f3a›", "‹nothing:7f3a9c01d2e4›", "‹email:7f3a9c01d2e4", "‹"]
        {
            assert!(places(other).is_empty(), "{other}");
        }
    }
}
