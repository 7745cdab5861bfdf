use std::time::Duration;

use nightjar_connect::ErrorKind;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// What a status other than success means.
pub(super) fn kind_of(status: StatusCode, headers: &HeaderMap) -> ErrorKind {
    match status.as_u16() {
        401 | 403 | 407 => ErrorKind::Denied,
        404 | 410 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimited { after: retry_after(headers) },
        500..=599 => ErrorKind::Unavailable,
        400..=499 => ErrorKind::BadQuery,
        // Redirects aren't followed: they could carry what is asked, and who asks, elsewhere.
        _ => ErrorKind::Protocol,
    }
}

/// How long to wait; a second where it isn't said in seconds.
fn retry_after(headers: &HeaderMap) -> Duration {
    let told = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = told.and_then(|text| text.trim().parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or(1))
}

/// The most of a system's own words that is kept, characters.
const WORDS: usize = 300;

/// The words of a system as one line: without what a terminal would act on.
pub(crate) fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut words = String::new();
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > 4 * WORDS {
            break;
        }
    }
    let mut cut: String = words.chars().take(WORDS).collect();
    if cut.len() < words.len() {
        cut.push('…');
    }
    cut
}
