//! Numbers by which a state knows a person.
//!
//! A shape with a checksum of its own is found anywhere; a bare row of digits only behind a word
//! that names it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::Kind;
use crate::check::{self, Check};
use crate::find::{Candidate, Need};
use crate::shape::{at, before, digits, stands_alone};

/// Words that mean nothing but a national number.
pub(super) const NAMED: &[&str] = &[
    "ssn",
    "social security",
    "social security no",
    "itin",
    "social insurance",
    "nino",
    "ni number",
    "national insurance",
    "nin",
    "national id",
    "nationalid",
    "national identity",
    "national identification",
    "identity card",
    "id card",
    "identity number",
    "passport",
    "passport no",
    "passportnumber",
    "reisepass",
    "pasaporte",
    "passeport",
    "passaporto",
    "paspoort",
    "passnummer",
    "personalausweis",
    "ausweis",
    "ausweisnummer",
    "driver license",
    "drivers license",
    "driver s license",
    "driving licence",
    "driving license",
    "driver licence",
    "driverlicense",
    "licence number",
    "license plate no",
    "führerschein",
    "permis",
    "tax id",
    "taxid",
    "tax number",
    "taxpayer",
    "taxpayer id",
    "tin",
    "tfn",
    "tax file",
    "steuer id",
    "steuerid",
    "steueridnr",
    "idnr",
    "id nr",
    "steuernummer",
    "identifikationsnummer",
    "steueridentifikationsnummer",
    "steuerliche identifikationsnummer",
    "sozialversicherungsnummer",
    "svnr",
    "sozialversicherungsnr",
    "steuernr",
    "ausweisnr",
    "passnr",
    "führerscheinnr",
    "sv nummer",
    "bsn",
    "burgerservicenummer",
    "sofinummer",
    "aadhaar",
    "aadhar",
    "uidai",
    "pan card",
    "cpf",
    "pesel",
    "personnummer",
    "personnr",
    "personal identity",
    "samordningsnummer",
    "cpr",
    "cpr nummer",
    "fødselsnummer",
    "fodselsnummer",
    "fnr",
    "hetu",
    "henkilötunnus",
    "dni",
    "nie",
    "nif",
    "curp",
    "rfc",
    "rut",
    "codice fiscale",
    "codicefiscale",
    "nir",
    "sécurité sociale",
    "securite sociale",
    "insee",
    "numéro de sécu",
    "ahv",
    "avs",
    "ahv nr",
    "rijksregisternummer",
    "registre national",
    "niss",
    "cnp",
    "egn",
    "rodné číslo",
    "rodne cislo",
    "birth number",
    "tc kimlik",
    "tckn",
    "kimlik",
    "kimlik no",
    "nric",
    "hkid",
    "mykad",
    "nik",
    "ktp",
    "my number",
    "mynumber",
    "マイナンバー",
    "身份证",
    "身份证号",
    "身份証",
    "주민등록번호",
    "rrn",
    "resident registration",
    "resident id",
    "pps",
    "ppsn",
    "teudat zehut",
    "israeli id",
    "sa id",
    "south african id",
    "rsa id",
    "medicare",
    "medicare card",
    "nhs",
    "nhs no",
    "cédula",
    "cedula",
    "dpi",
    "cuil",
    "cuit",
    "снилс",
    "инн",
    "паспорт",
    "snils",
    "inn",
    "voter id",
    "epic no",
    "iqama",
    "emirates id",
    "mrn",
    "patient id",
];

/// Words that mean other things, too: the number has to pass Luhn's check.
const AMBIGUOUS: &[&str] = &["sin", "id number"];

/// Digits, perhaps with letters and separators, behind such a word.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z]{0,6}[0-9][0-9A-Za-z]{0,20}(?:[ ./+\-][0-9A-Za-z]{1,10}){0,6}")
        .expect("invariant: a constant pattern")
});

/// The one that begins with a group of letters.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[A-CEGHJ-PRSTW-Z][A-CEGHJ-NPRSTW-Z](?: [0-9]{2}){3} [A-D]")
        .expect("invariant: a constant pattern")
});

struct Shape {
    pattern: Regex,
    check: Check,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let shapes: [(&str, Check); 16] = [
        (r"[0-9]{3}-[0-9]{2}-[0-9]{4}", check::ssn),
        (r"[0-9]{8}-?[A-Za-z]", |t| check::spanish(t) && !is_amount(t)),
        (r"[XYZ]-?[0-9]{7}-?[A-Z]", check::spanish),
        (
            r"(?i:[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z])",
            check::codice_fiscale,
        ),
        (r"[A-CEGHJ-PRSTW-Z][A-CEGHJ-NPRSTW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]", is_nino),
        (
            r"[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
            check::nir,
        ),
        (r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", check::cpf),
        (r"[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]", check::curp),
        (r"[1-9][0-9]{16}[0-9Xx]", check::resident_number),
        (r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]", check::finnish),
        (r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", check::belgian),
        (r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}", check::ean_13),
        (r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]", check::rut),
        (r"[STFGM][0-9]{7}[A-Z]", check::nric),
        (r"[A-Z]{3}P[A-Z][0-9]{4}[A-Z]", |_| true),
        (
            r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}|[0-9]-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9]|[0-9]{6}-[1-4][0-9]{6}",
            is_asian,
        ),
    ];
    shapes
        .into_iter()
        .map(|(pattern, check)| Shape {
            pattern: Regex::new(pattern).expect("invariant: a constant pattern"),
            check,
        })
        .collect()
});

/// All shapes at once: most words have none of them.
static ANY_SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    let patterns: Vec<&str> = SHAPES.iter().map(|shape| shape.pattern.as_str()).collect();
    Regex::new(&patterns.join("|")).expect("invariant: each was compiled before")
});

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    for hit in SPACED.find_iter(text).filter(|hit| is_nino(hit.as_str())) {
        if stands_alone(bytes, hit.start(), hit.end()) {
            found.push(Candidate {
                place: hit.range(),
                kind: Kind::NationalId,
                need: Need::Nothing,
            });
        }
    }
    for word in BARE.find_iter(text) {
        let shapes = if ANY_SHAPE.is_match(word.as_str()) { SHAPES.as_slice() } else { &[] };
        for shape in shapes {
            for hit in shape.pattern.find_iter(word.as_str()) {
                let place = word.start() + hit.start()..word.start() + hit.end();
                if stands_alone(bytes, place.start, place.end)
                    && !goes_on(bytes, &place)
                    && (shape.check)(hit.as_str())
                {
                    found.push(Candidate { place, kind: Kind::NationalId, need: Need::Nothing });
                }
            }
        }
        let shown = trimmed(word.as_str());
        let place = word.start()..word.start() + shown.len();
        let count = digits(shown).len();
        let long = shown.len() >= 6;
        if long && (4..=18).contains(&count) && stands_alone(bytes, place.start, place.end) {
            let need = Need::Adjacent(NAMED);
            found.push(Candidate { place: place.clone(), kind: Kind::NationalId, need });
            if count >= 9 && check::luhn(&digits(shown)) {
                let need = Need::Adjacent(AMBIGUOUS);
                found.push(Candidate { place, kind: Kind::NationalId, need });
            }
        }
    }
}

/// Whether a number in groups has further groups beside it.
fn goes_on(bytes: &[u8], place: &Range<usize>) -> bool {
    let is_group = |sign: u8, digit: u8| sign == b' ' && digit.is_ascii_digit();
    bytes.get(place.clone()).is_some_and(|shown| shown.contains(&b' '))
        && (is_group(at(bytes, place.end), at(bytes, place.end + 1))
            || is_group(before(bytes, place.start), before(bytes, place.start.saturating_sub(1))))
}

/// A number without the words that follow it: from the first piece on that has no digit.
fn trimmed(text: &str) -> &str {
    let mut end = 0;
    let mut begun = 0;
    for (place, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_ascii_alphanumeric() {
            continue;
        }
        let part = text.get(begun..place).unwrap_or_default();
        let has_digit = part.bytes().any(|b| b.is_ascii_digit());
        // A single letter belongs to it: `AB 12 34 56 C`.
        if !has_digit && part.len() > 1 && begun > 0
            || part.len() > 4 && !part.starts_with(|c: char| c.is_ascii_digit()) && begun > 0
        {
            break;
        }
        end = place;
        begun = place + 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Eight digits and a unit are an amount.
fn is_amount(text: &str) -> bool {
    text.ends_with(['B', 'K', 'M', 'G', 'T', 'S', 'N', 'b', 'k', 'm', 'g', 's', 'n', 'h', 'd', 'Z'])
        && !text.contains('-')
        && text.starts_with("20")
        || text.ends_with(['B', 'K', 'M', 'G', 's', 'm', 'n', 'k', 'b', 'g']) && !text.contains('-')
}

/// Britain's national insurance number: prefixes that aren't given out.
fn is_nino(text: &str) -> bool {
    !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].iter().any(|prefix| text.starts_with(prefix))
}

/// Aadhaar in its groups, Thailand's number, Korea's with a birthday.
fn is_asian(text: &str) -> bool {
    if text.contains(' ') {
        return check::verhoeff(&digits(text));
    }
    if text.as_bytes().get(1) == Some(&b'-') {
        return check::thai(text);
    }
    text.get(2..6).is_some_and(check::is_month_and_day)
}
