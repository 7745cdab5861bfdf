//! Names people are known by, and what a name of a person looks like in a field that may hold that
//! of a thing as well.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fake::locales;

use super::nobodies::{NOBODIES, PARTS};

/// Adds what the library knows of names in languages of Latin letters.
macro_rules! every_language {
    ($names:ident, $list:ident) => {
        every_language!($names, $list, EN FR_FR DE_DE IT_IT PT_BR PT_PT NL_NL TR_TR CY_GB);
    };
    ($names:ident, $list:ident, $($language:ident)+) => {
        $($names.extend(<locales::$language as locales::Data>::$list);)+
    };
}

type Words = LazyLock<BTreeSet<&'static str>>;
type Names = LazyLock<BTreeSet<String>>;

/// Names that are other words, too: they count before a family name.
static GIVEN_WORDS: Words =
    LazyLock::new(|| include_str!("given_words.txt").split_whitespace().collect());
/// First names that are hardly ever another word, in small letters without accents.
static GIVEN: Names = LazyLock::new(|| {
    names(include_str!("own_names.txt"), |names| {
        every_language!(names, NAME_FIRST_NAME);
    })
});
/// Family names that are hardly ever another word.
static FAMILY: Names = LazyLock::new(|| {
    names(include_str!("own_families.txt"), |names| {
        every_language!(names, NAME_LAST_NAME);
    })
});
/// Words in the names of services, teams, companies, alerts and places, and logins of machines:
/// whoever's name has one is no person.
static NOT_PEOPLE: Words = LazyLock::new(|| {
    let things = include_str!("things.txt").split_whitespace();
    things.chain(NOBODIES.iter().copied()).chain(PARTS.iter().copied()).collect()
});

/// Our own list of names and the library's, less those that are words of other kinds as well.
fn names(own: &'static str, add: impl FnOnce(&mut Vec<&'static str>)) -> BTreeSet<String> {
    let mut all: Vec<&str> = own.split_whitespace().collect();
    add(&mut all);
    let is_word =
        |name: &String| GIVEN_WORDS.contains(name.as_str()) || NOT_PEOPLE.contains(name.as_str());
    let is_plain = |name: &String| name.len() >= 3 && name.bytes().all(|b| b.is_ascii_lowercase());
    all.into_iter().map(plain).filter(|name| is_plain(name) && !is_word(name)).collect()
}

/// How words begin in the languages of programs.
const ONSETS: &[&str] = &[
    "bl", "br", "ch", "cl", "cr", "cz", "dr", "dw", "fl", "fr", "gh", "gl", "gn", "gr", "kl", "kn",
    "kr", "kw", "ll", "mn", "ng", "ph", "pl", "pn", "pr", "ps", "pt", "rh", "sc", "sh", "sk", "sl",
    "sm", "sn", "sp", "sq", "st", "sv", "sw", "sz", "th", "tr", "ts", "tw", "tz", "vl", "vr", "wh",
    "wr", "zh", "zw", "kh", "sr", "db", "vm", "pg", "md", "nf", "gc", "nv", "rb", "xt", "cg",
];
/// Last parts of names of files, modules and hosts.
const ENDINGS: &[&str] = &[
    "com", "org", "net", "io", "dev", "go", "py", "js", "ts", "rs", "rb", "java", "local", "svc",
    "internal", "lan", "json", "yaml", "yml", "conf", "sh", "sql", "log", "txt", "xml", "id", "eu",
    "de", "uk", "us", "co", "cloud", "app", "ai", "main", "exe", "dll", "so", "jar", "c", "h",
];

/// Small words within names.
const PARTICLES: &[&str] =
    &["von", "van", "de", "der", "den", "da", "di", "del", "la", "le", "bin", "al", "dos", "ten"];

/// Whether a value is a person's name where it may as well be a thing's: two to four capitalised
/// words or a login, of which one is a name that people have.
pub(crate) fn is_known_person(value: &str) -> bool {
    let value = value.trim();
    if value.contains(' ') {
        return is_name_of_words(value) && has_name(&words(value));
    }
    is_login(value)
}

/// Whether a value is a name or login made of names, a first name alone among them: `ada`, `adal`,
/// `lovelacea`, `adalovelace`.
pub(crate) fn is_known_login(value: &str) -> bool {
    let words = words(value);
    if let [first, last] = words.as_slice()
        && value.len() == first.len() + last.len() + 1
        && value.contains('.')
    {
        // `rosalind.f`, of whatever name
        let letters = |word: &String| word.bytes().all(|b| b.is_ascii_lowercase());
        return !is_thing(first)
            && !is_thing(last)
            && (is_known_person(value)
                || letters(first) && letters(last) && first.len() + last.len() >= 5)
            && !ENDINGS.contains(&last.as_str());
    }
    let [one] = words.as_slice() else { return is_known_person(value) };
    if is_thing(one) || value.contains(['/', ':']) {
        return false;
    }
    let letters = one.trim_end_matches(|c: char| c.is_ascii_digit());
    let begins = |names: &Names, least: usize, rest_is_fine: &dyn Fn(&str) -> bool| {
        (least..letters.len()).any(|length| {
            letters.get(..length).is_some_and(|name| names.contains(name))
                && letters.get(length..).is_some_and(rest_is_fine)
        })
    };
    let one_letter = |rest: &str| rest.len() == 1;
    let is_given = |rest: &str| rest.len() >= 5 && GIVEN.contains(rest);
    let is_family = |rest: &str| rest.len() >= 4 && FAMILY.contains(rest) || rest == "doe";
    is_known_person(value)
        || GIVEN.contains(letters)
        || FAMILY.contains(letters)
        || letters.get(1..).is_some_and(|rest| is_family(rest) || is_given(rest))
        || letters.get(2..).is_some_and(is_family)
        || is_initial_and_more(letters)
        || begins(&GIVEN, 3, &is_family)
        || begins(&GIVEN, 4, &one_letter)
        || begins(&FAMILY, 5, &one_letter)
}

/// Whether a word begins as no word does, but an initial and a family name do: `tcookson`.
fn is_initial_and_more(word: &str) -> bool {
    let is_vowel = |b: &u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u');
    let onset = word.bytes().take_while(|b| !is_vowel(b)).count();
    let begins = |from: usize, to: usize| {
        word.get(from..to).is_some_and(|letters| ONSETS.contains(&letters))
    };
    (5..=14).contains(&word.len())
        && word.len() > onset + 1
        && word.bytes().all(|b| b.is_ascii_lowercase())
        && !word.get(..onset).is_some_and(|letters| letters.contains('y'))
        && !begins(0, 2)
        && (onset == 2 || onset == 3 && begins(1, 3))
}

/// Whether a value is two to four capitalised words, none of them a thing's.
pub(crate) fn is_name_of_words(value: &str) -> bool {
    let parts: Vec<&str> = value.trim().split(' ').collect();
    let is_capital = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase)
            && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'))
    };
    let is_loud = |word: &&str| word.len() > 2 && !word.chars().any(char::is_lowercase);
    // `JOHN A SMITH` may be one, `API Gateway` and `Acme EU` are none.
    let loud = parts.iter().filter(|part| is_loud(part)).count();
    let long = parts.iter().filter(|part| part.len() > 2).count();
    (2..=4).contains(&parts.len())
        && parts.first().is_some_and(|first| is_capital(first))
        && parts.last().is_some_and(|last| is_capital(last) && last.chars().count() >= 2)
        && parts.iter().all(|part| is_capital(part) || PARTICLES.contains(part))
        && (loud == 0 || loud == long)
        && !words(value).iter().any(|word| word.len() > 1 && is_thing(word))
}

/// Whether a word without spaces is the login of a person: `ada.lovelace`, `ada_l`, `alovelace`.
fn is_login(value: &str) -> bool {
    let words = words(value);
    let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !plain || !(3..=40).contains(&value.len()) || words.iter().any(|word| is_thing(word)) {
        return false;
    }
    match words.as_slice() {
        [one] => {
            let letters = one.trim_end_matches(|c: char| c.is_ascii_digit());
            let family = letters.get(1..).unwrap_or_default();
            letters.len() + 2 >= one.len() && family.len() >= 4 && FAMILY.contains(family)
        }
        [_, ..] if words.len() <= 3 => has_name(&words),
        _ => false,
    }
}

/// Whether the words of a value hold a name people have.
fn has_name(words: &[String]) -> bool {
    let bare = |word: &String| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let words: Vec<String> = words.iter().map(bare).filter(|word| !word.is_empty()).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    words.len() > 1
        && (GIVEN.contains(first.as_str())
            || FAMILY.contains(last.as_str())
            // `Lovelace, Ada` and `lovelace.ada`
            || FAMILY.contains(first.as_str()) && GIVEN_WORDS.contains(last.as_str())
            || GIVEN.contains(last.as_str()))
}

/// Whether a word is a name, alone.
pub(super) fn is_name(word: &str) -> bool {
    let word = plain(word);
    [&GIVEN, &FAMILY].iter().any(|names| names.contains(&word))
        || GIVEN_WORDS.contains(word.as_str())
}

pub(super) fn is_thing(word: &str) -> bool {
    NOT_PEOPLE.contains(word)
        || word.len() > 4 && word.strip_suffix('s').is_some_and(|one| NOT_PEOPLE.contains(one))
}

fn words(value: &str) -> Vec<String> {
    value
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'))
        .filter(|word| !word.is_empty())
        .map(plain)
        .collect()
}

/// Small letters without the accents of Latin scripts.
fn plain(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'ă' | 'ą' => text.push('a'),
            'ç' | 'ć' | 'č' => text.push('c'),
            'ď' | 'đ' | 'ð' => text.push('d'),
            'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' => text.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ı' => text.push('i'),
            'ğ' => text.push('g'),
            'ł' => text.push('l'),
            'ñ' | 'ń' | 'ň' => text.push('n'),
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => text.push('o'),
            'ř' => text.push('r'),
            'š' | 'ś' | 'ș' | 'ş' => text.push('s'),
            'ť' | 'ț' | 'ţ' => text.push('t'),
            'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' => text.push('u'),
            'ý' | 'ÿ' => text.push('y'),
            'ž' | 'ź' | 'ż' => text.push('z'),
            'ß' => text.push_str("ss"),
            'æ' => text.push_str("ae"),
            'þ' => text.push_str("th"),
            '\'' | '’' | '\u{300}'..='\u{36f}' => {}
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_told_from_names_of_things() {
        for name in [
            "Ada Lovelace",
            "Liam O'Brien",
            "JOHN A SMITH",
            "Hans von Müller",
            "ryan.howard",
            "gabe_lewis",
            "jsmith",
            "jsmith2",
        ] {
            assert!(is_known_person(name), "{name}");
        }
        for name in [
            "Checkout Service",
            "Azure Kubernetes Service",
            "Max Latency",
            "Virginia Region",
            "Payment Gateway",
            "platform-team",
            "cart.api",
            "acme-org",
            "root",
            "Ada",
            "US East",
            "High error rate",
        ] {
            assert!(!is_known_person(name), "{name}");
        }
    }
}
