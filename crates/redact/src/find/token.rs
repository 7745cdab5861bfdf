//! Tokens and keys of well-known shapes: a prefix that its maker chose so that it is recognised.

use std::sync::LazyLock;

use regex::Regex;

use crate::Kind;
use crate::find::{Candidate, Need};
use crate::shape::{at, before, joined_before, piece};

/// What may follow a prefix.
#[derive(Clone, Copy)]
enum Body {
    /// Letters, digits, `_` and `-`.
    Word,
    /// The same and points.
    Dotted,
    /// Capital letters and digits.
    Capital,
    /// Lower-case hexadecimal digits.
    Hex,
    /// Base64 with `+`, `/` and `=`.
    Base64,
    /// Pieces of a path.
    Path,
    /// Up to white space or a quote.
    Open,
    /// Letters, digits, `_` and `-`, mixed as only a machine does: the prefix alone says little.
    Opaque,
    /// A UUID.
    Uuid,
}

/// A prefix, its body, and how long that is at least.
const SHAPES: &[(&str, Body, usize)] = &[
    // Amazon: access keys of users and of sessions, and session tokens.
    ("AKIA", Body::Capital, 16),
    ("ASIA", Body::Capital, 16),
    ("ABIA", Body::Capital, 16),
    ("ACCA", Body::Capital, 16),
    ("IQoJb3JpZ2lu", Body::Base64, 60),
    ("FwoGZXIvYXdz", Body::Base64, 60),
    ("FQoGZXIvYXdz", Body::Base64, 60),
    ("amzn.mws.", Body::Word, 30),
    ("amzn1.oa2-cs.", Body::Dotted, 30),
    // GitHub, GitLab, Bitbucket, Atlassian, Linear
    ("ghp_", Body::Word, 20),
    ("gho_", Body::Word, 20),
    ("ghu_", Body::Word, 20),
    ("ghs_", Body::Word, 20),
    ("ghr_", Body::Word, 20),
    ("github_pat_", Body::Word, 22),
    ("glpat-", Body::Dotted, 16),
    ("gldt-", Body::Word, 16),
    ("glrt-", Body::Word, 16),
    ("glptt-", Body::Word, 16),
    ("glcbt-", Body::Word, 16),
    ("glsoat-", Body::Word, 16),
    ("gloas-", Body::Word, 16),
    ("glft-", Body::Word, 16),
    ("GR1348941", Body::Word, 16),
    ("ATBB", Body::Word, 24),
    ("ATATT3", Body::Dotted, 30),
    ("ATCTT3", Body::Dotted, 30),
    ("lin_api_", Body::Word, 30),
    // Messengers
    ("xoxb-", Body::Word, 10),
    ("xoxp-", Body::Word, 10),
    ("xoxa-", Body::Word, 10),
    ("xoxr-", Body::Word, 10),
    ("xoxs-", Body::Word, 10),
    ("xoxe-", Body::Word, 10),
    ("xoxe.xoxp-", Body::Word, 10),
    ("xoxc-", Body::Word, 10),
    ("xoxd-", Body::Open, 10),
    ("xapp-", Body::Word, 10),
    ("hooks.slack.com/services/", Body::Path, 20),
    ("hooks.slack.com/workflows/", Body::Path, 20),
    ("hooks.zapier.com/hooks/catch/", Body::Path, 10),
    ("webhook.office.com/webhookb2/", Body::Path, 40),
    ("discord.com/api/webhooks/", Body::Path, 20),
    ("discordapp.com/api/webhooks/", Body::Path, 20),
    // Payment
    ("sk_live_", Body::Word, 10),
    ("sk_test_", Body::Word, 10),
    ("rk_live_", Body::Word, 10),
    ("rk_test_", Body::Word, 10),
    ("pk_live_", Body::Word, 10),
    ("pk_test_", Body::Word, 10),
    ("whsec_", Body::Base64, 20),
    ("sq0atp-", Body::Word, 20),
    ("sq0csp-", Body::Word, 20),
    ("rzp_live_", Body::Word, 14),
    ("rzp_test_", Body::Word, 14),
    ("access_token$production$", Body::Open, 40),
    ("access_token$sandbox$", Body::Open, 40),
    ("shippo_live_", Body::Hex, 40),
    ("shippo_test_", Body::Hex, 40),
    ("duffel_live_", Body::Opaque, 30),
    ("duffel_test_", Body::Opaque, 30),
    ("live_", Body::Hex, 32),
    ("test_", Body::Hex, 32),
    ("APP_USR-", Body::Opaque, 40),
    ("pdl_live_apikey_", Body::Word, 30),
    ("pdl_sdbx_apikey_", Body::Word, 30),
    ("access-production-", Body::Uuid, 36),
    ("access-sandbox-", Body::Uuid, 36),
    ("access-development-", Body::Uuid, 36),
    ("sk_prod_", Body::Opaque, 20),
    ("key_live_", Body::Opaque, 20),
    ("EAAA", Body::Word, 60),
    ("FLWSECK_TEST-", Body::Word, 20),
    ("FLWSECK-", Body::Word, 20),
    // Google
    ("AIza", Body::Word, 35),
    ("ya29.", Body::Dotted, 20),
    ("GOCSPX-", Body::Word, 20),
    ("1//0", Body::Word, 30),
    // Models
    ("sk-ant-", Body::Word, 20),
    ("sk-proj-", Body::Word, 20),
    ("sk-svcacct-", Body::Word, 20),
    ("sk-or-v1-", Body::Word, 20),
    ("sk-", Body::Opaque, 20),
    ("hf_", Body::Opaque, 20),
    ("gsk_", Body::Opaque, 30),
    ("xai-", Body::Opaque, 40),
    ("pplx-", Body::Opaque, 30),
    ("r8_", Body::Opaque, 30),
    ("nvapi-", Body::Opaque, 30),
    ("fw_", Body::Opaque, 22),
    ("pcsk_", Body::Opaque, 40),
    ("tvly-", Body::Opaque, 24),
    ("tgp_v1_", Body::Opaque, 30),
    ("fc-", Body::Hex, 32),
    ("e2b_", Body::Hex, 40),
    ("jina_", Body::Opaque, 40),
    ("rpa_", Body::Opaque, 40),
    ("api_org_", Body::Opaque, 30),
    ("sk-lf-", Body::Uuid, 36),
    ("ABSK", Body::Base64, 60),
    ("bedrock-api-key-", Body::Base64, 60),
    ("lsv2_pt_", Body::Word, 30),
    ("lsv2_sk_", Body::Word, 30),
    // Messages
    ("SG.", Body::Dotted, 30),
    ("SK", Body::Hex, 32),
    ("key-", Body::Hex, 32),
    ("xkeysib-", Body::Word, 40),
    ("xsmtpsib-", Body::Word, 40),
    ("mlsn.", Body::Opaque, 40),
    ("re_", Body::Opaque, 28),
    ("EAA", Body::Opaque, 100),
    ("IGQV", Body::Opaque, 80),
    ("pina_", Body::Opaque, 32),
    ("md-", Body::Opaque, 22),
    // Registries of packages
    ("npm_", Body::Opaque, 30),
    ("pypi-Ag", Body::Word, 40),
    ("rubygems_", Body::Hex, 40),
    ("CLOJARS_", Body::Word, 40),
    ("dckr_pat_", Body::Word, 20),
    ("dckr_oat_", Body::Word, 20),
    ("cio", Body::Opaque, 32),
    ("oy2", Body::Opaque, 43),
    ("AKCp", Body::Word, 60),
    // Clouds and platforms
    ("dop_v1_", Body::Hex, 40),
    ("doo_v1_", Body::Hex, 40),
    ("dor_v1_", Body::Hex, 40),
    ("shpat_", Body::Word, 32),
    ("shpca_", Body::Word, 32),
    ("shppa_", Body::Word, 32),
    ("shpss_", Body::Word, 32),
    ("hvs.", Body::Word, 20),
    ("hvb.", Body::Word, 20),
    ("hvr.", Body::Word, 20),
    ("dapi", Body::Hex, 32),
    ("pul-", Body::Hex, 40),
    ("heroku_", Body::Opaque, 30),
    ("HRKU-", Body::Word, 30),
    ("fo1_", Body::Word, 30),
    ("FlyV1 fm", Body::Base64, 40),
    ("v1.0-", Body::Opaque, 100),
    ("nfp_", Body::Opaque, 36),
    ("sbp_", Body::Hex, 40),
    ("sb_secret_", Body::Word, 20),
    ("pscale_tkn_", Body::Dotted, 30),
    ("pscale_pw_", Body::Dotted, 30),
    ("tskey-", Body::Word, 20),
    ("ops_eyJ", Body::Word, 40),
    ("fm1_", Body::Base64, 60),
    ("fm2_", Body::Base64, 60),
    ("vcp_", Body::Opaque, 24),
    ("vck_", Body::Opaque, 24),
    ("vercel_blob_rw_", Body::Word, 30),
    ("rnd_", Body::Opaque, 28),
    ("SCW", Body::Capital, 17),
    ("AKID", Body::Opaque, 32),
    ("AQVN", Body::Opaque, 35),
    ("y0_", Body::Opaque, 50),
    ("t1.9eu", Body::Dotted, 60),
    ("CCIPAT_", Body::Word, 40),
    ("CCIPRJ_", Body::Word, 40),
    ("bkua_", Body::Hex, 40),
    ("BBDC-", Body::Opaque, 40),
    ("sgp_", Body::Opaque, 40),
    ("glimt-", Body::Word, 16),
    ("glagent-", Body::Word, 30),
    ("glffct-", Body::Word, 16),
    ("pnu_", Body::Opaque, 36),
    ("pnb_", Body::Opaque, 36),
    ("API-", Body::Capital, 26),
    ("dp.pt.", Body::Word, 30),
    ("dp.st.", Body::Dotted, 30),
    ("LTAI", Body::Opaque, 16),
    ("AGE-SECRET-KEY-1", Body::Capital, 50),
    ("-----BEGIN", Body::Open, 0),
    // Telemetry
    ("glsa_", Body::Word, 30),
    ("glc_", Body::Base64, 40),
    ("NRAK-", Body::Capital, 20),
    ("NRII-", Body::Word, 20),
    ("NRIQ-", Body::Word, 20),
    ("NRRA-", Body::Word, 20),
    ("sntrys_", Body::Base64, 40),
    ("sntryu_", Body::Hex, 40),
    ("ddp_", Body::Opaque, 30),
    ("phc_", Body::Opaque, 30),
    ("phx_", Body::Opaque, 30),
    ("hcaik_", Body::Word, 30),
    ("dt0c01.", Body::Dotted, 80),
    ("dt0s01.", Body::Dotted, 80),
    ("dt0s02.", Body::Dotted, 80),
    ("dt0s08.", Body::Dotted, 80),
    ("dt0s16.", Body::Dotted, 80),
    ("sqp_", Body::Hex, 40),
    ("squ_", Body::Hex, 40),
    ("sqa_", Body::Hex, 40),
    ("dnkey-", Body::Opaque, 30),
    // Tools
    ("PMAK-", Body::Word, 40),
    ("figd_", Body::Word, 30),
    ("secret_", Body::Opaque, 40),
    ("ntn_", Body::Opaque, 40),
    ("patat_", Body::Word, 30),
    ("EZAK", Body::Opaque, 50),
    ("EZTK", Body::Opaque, 50),
    ("airt_", Body::Opaque, 30),
    ("CFPAT-", Body::Word, 40),
    ("tfp_", Body::Opaque, 40),
    ("aio_", Body::Opaque, 28),
    ("ico-", Body::Opaque, 32),
    ("sl.", Body::Opaque, 100),
    ("sl.u.", Body::Opaque, 100),
    ("sk.eyJ", Body::Dotted, 60),
    ("tk.eyJ", Body::Dotted, 60),
    ("fio-u-", Body::Opaque, 50),
    ("cal_live_", Body::Hex, 32),
    ("pat-na1-", Body::Uuid, 36),
    ("pat-eu1-", Body::Uuid, 36),
    ("rdme_", Body::Opaque, 60),
    ("gAAAAA", Body::Opaque, 80),
    ("sdk-", Body::Uuid, 36),
    ("api-", Body::Uuid, 36),
    ("eyJ", Body::Dotted, 30),
];

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    let mut prefixes: Vec<String> =
        SHAPES.iter().map(|(prefix, ..)| regex::escape(prefix)).collect();
    // Of prefixes that begin alike the longest.
    prefixes.sort_by_key(|prefix| usize::MAX - prefix.len());
    Regex::new(&prefixes.join("|")).expect("invariant: constant prefixes")
});
/// The bot tokens of Telegram have no prefix, but a middle.
static TELEGRAM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9]{8,10}:AA[A-Za-z0-9_-]{33}").expect("invariant: a constant pattern")
});
/// The word before a token in a header.
static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[Bb](?:earer|EARER)(?: |%20|\+t|: ?)"?([A-Za-z0-9._~+/-]{12,}=*)"#)
        .expect("invariant: a constant pattern")
});

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    let mut secret = |start: usize, end: usize| {
        found.push(Candidate { place: start..end, kind: Kind::Secret, need: Need::Nothing });
    };
    // A run of letters is read once, however many prefixes it holds.
    let mut done = 0;
    for hit in PREFIX.find_iter(text) {
        let (start, body) = (hit.start(), hit.end());
        if start < done {
            continue;
        }
        let Some((prefix, shape, least)) =
            SHAPES.iter().find(|(prefix, ..)| *prefix == hit.as_str())
        else {
            continue;
        };
        if *prefix == "-----BEGIN" {
            if let Some(end) = private_key(text, body) {
                secret(start, end);
                done = end;
            }
            continue;
        }
        if is_joined(bytes, start) {
            continue;
        }
        let end = body
            + bytes
                .get(body..)
                .unwrap_or_default()
                .iter()
                .take_while(|b| fits(*shape, **b))
                .count();
        done = end;
        let end = body + piece(text, body, end).trim_end_matches(['.', '-', '/', '=']).len();
        let end = end
            + bytes
                .get(end..)
                .unwrap_or_default()
                .iter()
                .take(2)
                .take_while(|b| **b == b'=' && matches!(shape, Body::Base64))
                .count();
        let rest = piece(text, body, end);
        let enough = rest.len() >= *least
            && !(matches!(shape, Body::Hex | Body::Capital)
                && at(bytes, end).is_ascii_alphanumeric());
        let right = match shape {
            Body::Opaque => is_opaque(rest),
            Body::Uuid => crate::shape::is_uuid(rest),
            Body::Capital => {
                rest.len() < 64 && rest.bytes().any(|b| b.is_ascii_digit()) || rest.len() == 16
            }
            Body::Hex => rest.len() <= 64 && rest.bytes().any(|b| b.is_ascii_digit()),
            Body::Dotted if *prefix == "eyJ" => is_web_token(rest),
            Body::Word | Body::Dotted | Body::Base64 => {
                rest.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            }
            Body::Path | Body::Open => true,
        };
        if enough && right {
            // Of an address that is a secret the secret part is the path.
            secret(if matches!(shape, Body::Path) { body } else { start }, end);
        }
    }
    parted(text, &mut secret);
    if text.contains(":AA") {
        for hit in TELEGRAM.find_iter(text) {
            let free = !is_joined(bytes, hit.start())
                || text.get(..hit.start()).is_some_and(|t| t.ends_with("bot"));
            if free {
                secret(hit.start(), hit.end());
            }
        }
    }
    if text.contains("earer") || text.contains("EARER") {
        for hit in BEARER.captures_iter(text).filter_map(|hit| hit.get(1)) {
            if is_opaque(hit.as_str()) {
                secret(hit.start(), hit.end());
            }
        }
    }
}

/// Tokens of parts that are known by their lengths: those of Discord (24 or more, 6, 27 or more)
/// and Airtable (`pat` and 14, 64 hexadecimal digits).
fn parted(text: &str, secret: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let word = |b: &&u8| fits(Body::Word, **b);
    for (point, _) in text.match_indices('.') {
        let second = [7, 8].into_iter().find(|more| at(bytes, point + more) == b'.');
        let is_airtable = point >= 17 && bytes.get(point - 17..point - 14) == Some(b"pat");
        if second.is_none() && !is_airtable {
            continue;
        }
        let left = bytes.get(..point).unwrap_or_default().iter().rev().take(32);
        let left = left.take_while(word).count();
        let start = point - left;
        if let Some(second) = second.map(|more| point + more) {
            let middle = piece(text, point + 1, second);
            let rest = bytes.get(second + 1..).unwrap_or_default();
            let right = rest.iter().take(64).take_while(word).count();
            if (23..=28).contains(&left)
                && (27..=45).contains(&right)
                && middle.bytes().all(|b| fits(Body::Word, b))
                && is_opaque(piece(text, start, point))
                && is_opaque(piece(text, second + 1, second + 1 + right))
            {
                secret(start, second + 1 + right);
            }
        }
        let rest = bytes.get(point + 1..).unwrap_or_default();
        let hex = rest.iter().take(65).take_while(|b| fits(Body::Hex, **b)).count();
        if is_airtable && left == 17 && hex == 64 {
            secret(start, point + 1 + hex);
        }
    }
}

/// Whether a letter stands before, one of an escaped line break or of an URL aside.
fn is_joined(bytes: &[u8], start: usize) -> bool {
    let last = before(bytes, start);
    let ahead = before(bytes, start.saturating_sub(1));
    let escaped = ahead == b'\\' && matches!(last, b'n' | b't' | b'r')
        || bytes
            .get(start.saturating_sub(3)..start)
            .is_some_and(|b| b == b"%20" || b == b"%3D" || b == b"%22");
    (joined_before(bytes, start) || matches!(last, b'-' | b'+')) && !escaped
}

fn fits(shape: Body, byte: u8) -> bool {
    match shape {
        Body::Word | Body::Opaque | Body::Uuid => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
        }
        Body::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
        Body::Capital => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Body::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
        Body::Base64 => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
        }
        Body::Path => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'.' | b'@')
        }
        Body::Open => {
            !(byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b',' | b';' | b'<' | b'>' | b'\\' | 0xE2))
        }
    }
}

/// Whether a text mixes letters and digits as no word does.
pub(crate) fn is_opaque(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let cases = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let hex = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    // Of letters alone: the case changes at random, not with the words of a name.
    let turns = || {
        let case = |b: u8| (b.is_ascii_uppercase(), b.is_ascii_alphabetic());
        text.as_bytes()
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if case(*a) != case(*b)))
            .count()
    };
    digits > 0 && (cases || hex || digits >= 3 && has(u8::is_ascii_alphabetic))
        || cases && text.len() >= 24 && turns() * 5 >= text.len() * 2
}

/// Whether what follows `eyJ` are the three or five parts of a token (RFC 7519).
fn is_web_token(rest: &str) -> bool {
    let mut parts = rest.split('.');
    let head = parts.next().unwrap_or_default();
    let next = parts.next().unwrap_or_default();
    head.len() >= 8 && (next.starts_with("eyJ") || next.len() >= 16 && parts.next().is_some())
}

/// Where a private key ends whose `-----BEGIN` ends at a place; a key that was cut off ends with
/// the text.
fn private_key(text: &str, begin: usize) -> Option<usize> {
    const END: &str = "-----END";
    let rest = text.get(begin..)?;
    // The longest in use is ` ENCRYPTED PRIVATE KEY`, with room for others.
    let title = rest.split("-----").next()?;
    if title.len() > 48 || !title.contains("PRIVATE KEY") {
        return None;
    }
    let Some(end) = rest.find(END) else { return Some(text.len()) };
    let tail = rest.get(end + END.len()..)?;
    let dashes = tail.find("-----").filter(|at| *at <= 48).map_or(0, |at| at + 5);
    Some(begin + end + END.len() + dashes)
}
