//! International bank account numbers: a country, its length, and a remainder of 1 by 97.

use std::sync::LazyLock;

use regex::Regex;

use crate::Kind;
use crate::check::mod_97;
use crate::find::{Candidate, Need};
use crate::shape::{at, joined_after, joined_before, piece};

/// Lengths by country (SWIFT's registry).
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// Words that name a bank account.
const ACCOUNTS: &[&str] = &[
    "iban", "account", "konto", "bank", "sepa", "creditor", "debtor", "cuenta", "compte", "conto",
];

static BEGINNING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[A-Za-z]{2}[0-9]{2}").expect("invariant: a constant pattern"));

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    for beginning in BEGINNING.find_iter(text) {
        let start = beginning.start();
        if joined_before(text.as_bytes(), start) {
            continue;
        }
        let country = piece(text, start, start + 2).to_ascii_uppercase();
        let Some((_, length)) = LENGTHS.iter().find(|(known, _)| *known == country) else {
            continue;
        };
        let Some(end) = end_of(text.as_bytes(), start, *length) else { continue };
        let number = || piece(text, start, end).chars().filter(char::is_ascii_alphanumeric);
        if !joined_after(text.as_bytes(), end)
            && mod_97(number().skip(4).chain(number().take(4))) == 1
        {
            // In small letters, or of few digits more than a span's id has, it may be hexadecimal.
            let shown = piece(text, start, end);
            let is_hex = shown.bytes().any(|b| b.is_ascii_lowercase())
                && shown.bytes().all(|b| b.is_ascii_hexdigit());
            let need = if is_hex { Need::Near(ACCOUNTS) } else { Need::Nothing };
            found.push(Candidate { place: start..end, kind: Kind::Iban, need });
        }
    }
}

/// Where so many letters and digits end, with single spaces or dashes between them.
fn end_of(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let mut place = start;
    for taken in 0..length {
        if taken > 0 && matches!(at(bytes, place), b' ' | b'-') {
            place += 1;
        }
        if !at(bytes, place).is_ascii_alphanumeric() {
            return None;
        }
        place += 1;
    }
    Some(place)
}
