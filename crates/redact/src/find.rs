//! The finders: each reads a text once and names candidates; what stands before decides later.

mod account;
mod address;
mod credentials;
mod email;
mod national;
mod number;
mod pair;
mod sentence;
mod sql;
mod token;

pub(crate) use address::{is_nobodys_text, is_private};
pub(crate) use token::is_opaque;

use std::ops::Range;

use crate::Kind;
use crate::context::{self, Before};

/// Something that looks like one of the kinds.
pub(crate) struct Candidate {
    pub(crate) place: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) need: Need,
}

/// What has to stand before a candidate for it to count.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// Nothing: the shape says enough.
    Nothing,
    /// One of these words within reach.
    Near(&'static [&'static str]),
    /// One of the first words within reach, and none of the others.
    NearNot(&'static [&'static str], &'static [&'static str]),
    /// One of these words as the last, filler aside.
    Adjacent(&'static [&'static str]),
    /// None of these words as the last.
    Without(&'static [&'static str]),
    /// None of these words as the last, and no hexadecimal id: the candidate may be one, too.
    Bare(&'static [&'static str]),
}

impl Need {
    pub(crate) fn is_met(self, before: impl FnOnce() -> Before) -> bool {
        match self {
            Self::Nothing => true,
            Self::Near(words) => before().near(words),
            Self::NearNot(words, others) => {
                let before = before();
                before.near(words) && !before.near(others)
            }
            Self::Adjacent(words) => before().adjacent(words),
            Self::Without(words) => !before().last(words),
            Self::Bare(words) => {
                let before = before();
                !before.last(words) && !before.ends_with_id()
            }
        }
    }
}

/// All candidates of a text, in no particular order; they may overlap.
pub(crate) fn candidates(key: &str, text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let screen = Screen::of(text);
    if screen.has_pairs {
        pair::find(text, &mut found);
        credentials::find(text, &mut found);
        sql::find(text, &mut found);
    }
    sentence::find(text, &mut found);
    sentence::again(text, &mut found);
    token::find(text, &mut found);
    if screen.has_at {
        email::find(text, &mut found);
    }
    if screen.digits >= 6 {
        number::find(text, &mut found);
        account::find(text, &mut found);
    }
    // The shortest numbers that mean something have so many: 2001:db8::1, ABCPE1234F.
    if screen.digits >= 4 {
        address::find(text, &mut found);
        national::find(text, &mut found);
    }
    if !key.is_empty() {
        pair::field(key, text, &mut found);
    }
    found
}

/// All candidates of a value on its own, as in [`candidates`], less those within sentences.
fn of_value(name: &str, value: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    number::find(value, &mut found);
    account::find(value, &mut found);
    national::find(value, &mut found);
    pair::field(name, value, &mut found);
    found
}

/// What a text holds at all, from one look at its bytes: most lines need few finders.
struct Screen {
    has_at: bool,
    has_pairs: bool,
    digits: usize,
}

impl Screen {
    fn of(text: &str) -> Self {
        let mut screen = Self { has_at: false, has_pairs: false, digits: 0 };
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => screen.digits += 1,
                b'@' => screen.has_at = true,
                // `%40` is an @, `-` begins `--password`, quotes stand around `user "ada"`.
                b'%' => screen.has_at = true,
                b'=' | b':' | b'>' | b'"' | b'\'' | b'-' => screen.has_pairs = true,
                _ => {}
            }
        }
        // `invalid user ada from 203.0.113.9` has none of these.
        screen.has_pairs |= screen.digits > 0;
        screen
    }
}

/// Whether the name of a field says that a number in it is a card, a telephone number or an id of
/// a person, and no amount.
pub(crate) fn names_a_number(name: &str) -> bool {
    let before = Before::new(name, "", 0, 0);
    let is_pin = matches!(context::words(name).as_str(), "pin" | "cvv" | "cvc" | "cvv2");
    before.adjacent(number::PHONES)
        || before.adjacent(number::CARDS)
        || before.adjacent(national::NAMED)
        || is_pin
}
