//! Methods that sign with the secret: HMAC with SHA-256, each sender in its own form.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;

use crate::delivery::{Delivery, digit};
use crate::denied::{Denied, Part};
use crate::moment::{self, WINDOW};
use crate::secret::Keys;

/// Base64 with its usual alphabet. Some tools leave the padding out, which changes no byte.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

type Tag = [u8; 32];

/// As clients of AWS DevOps Agent sign: base64 over `time:body`, the time as its header has it.
pub(crate) fn amazon(
    keys: &Keys<'_>,
    delivery: &Delivery<'_>,
    now: Timestamp,
) -> Result<(), Denied> {
    const SIGNATURE: &str = "x-amzn-event-signature";
    const TIMESTAMP: &str = "x-amzn-event-timestamp";
    let tag = base64_tag(delivery.header(SIGNATURE)?).ok_or_else(|| malformed_base64(SIGNATURE))?;
    let time = timely(delivery, TIMESTAMP, now)?;
    keys.any(|key| is_signed(key, &[time, b":", delivery.body], &[tag]))
}

/// As PagerDuty's webhooks of version 3 sign: hexadecimal over the body, once for each of the
/// subscription's secrets, `v1=…` with commas between.
pub(crate) fn pagerduty(keys: &Keys<'_>, delivery: &Delivery<'_>) -> Result<(), Denied> {
    const SIGNATURE: &str = "X-PagerDuty-Signature";
    // The header is a list, which HTTP lets anybody on the way split over several headers.
    let values = delivery.headers_named(SIGNATURE).flat_map(|value| value.split(|b| *b == b','));
    let values: Vec<&[u8]> = values.map(<[u8]>::trim_ascii).filter(|v| !v.is_empty()).collect();
    let tags = values.iter().filter_map(|value| hexadecimal_tag(value.strip_prefix(b"v1=")?));
    let tags: Vec<Tag> = tags.collect();
    let part = || Part::Header(SIGNATURE.to_owned());
    if values.is_empty() {
        return Err(Denied::Missing(part()));
    }
    if tags.is_empty() {
        let expected = "a list of `v1=` and 64 hexadecimal digits";
        return Err(Denied::Malformed { part: part(), expected });
    }
    keys.any(|key| is_signed(key, &[delivery.body], &tags))
}

/// As GitHub's webhooks sign: `sha256=` and hexadecimal over the body. The older header beside it, with
/// SHA-1, isn't looked at.
pub(crate) fn github(keys: &Keys<'_>, delivery: &Delivery<'_>) -> Result<(), Denied> {
    const SIGNATURE: &str = "X-Hub-Signature-256";
    let tag = delivery.header(SIGNATURE)?.strip_prefix(b"sha256=").and_then(hexadecimal_tag);
    let expected = "`sha256=` and 64 hexadecimal digits";
    let part = || Part::Header(SIGNATURE.to_owned());
    let tag = tag.ok_or_else(|| Denied::Malformed { part: part(), expected })?;
    keys.any(|key| is_signed(key, &[delivery.body], &[tag]))
}

/// As Grafana's contact points sign: hexadecimal over the body, or over `time:body` where the
/// contact point names a header for the time. That is part of the method: if it went by which
/// headers came, whoever sends would choose how much was signed.
pub(crate) fn grafana(
    keys: &Keys<'_>,
    delivery: &Delivery<'_>,
    timestamp_header: Option<&str>,
    now: Timestamp,
) -> Result<(), Denied> {
    let tag = hexadecimal(delivery, "X-Grafana-Alerting-Signature")?;
    let Some(name) = timestamp_header else {
        return keys.any(|key| is_signed(key, &[delivery.body], &[tag]));
    };
    let time = timely(delivery, name, now)?;
    keys.any(|key| is_signed(key, &[time, b":", delivery.body], &[tag]))
}

/// As Sentry's integrations sign: hexadecimal over the body. There is a header with the time too,
/// but it isn't signed, so it proves nothing.
pub(crate) fn sentry(keys: &Keys<'_>, delivery: &Delivery<'_>) -> Result<(), Denied> {
    let tag = hexadecimal(delivery, "Sentry-Hook-Signature")?;
    keys.any(|key| is_signed(key, &[delivery.body], &[tag]))
}

/// As the Standard Webhooks specification has it, GitLab's signing tokens among others: base64 over
/// `id.time.body`, `v1,…` with spaces between. A secret that begins with `whsec_` is the base64 of
/// the key.
pub(crate) fn standard(
    keys: &Keys<'_>,
    delivery: &Delivery<'_>,
    now: Timestamp,
) -> Result<(), Denied> {
    const SIGNATURE: &str = "webhook-signature";
    let values = delivery.header(SIGNATURE)?.split(|byte| *byte == b' ');
    let tags = values.filter_map(|value| base64_tag(value.strip_prefix(b"v1,")?));
    let tags: Vec<Tag> = tags.collect();
    if tags.is_empty() {
        let expected = "a list of `v1,` and the base64 of 32 bytes";
        return Err(Denied::Malformed { part: Part::Header(SIGNATURE.to_owned()), expected });
    }
    let id = delivery.header("webhook-id")?;
    let time = timely(delivery, "webhook-timestamp", now)?;
    keys.any(|key| {
        let decoded = key.strip_prefix(b"whsec_").and_then(|key| BASE64.decode(key).ok());
        let key = decoded.as_deref().unwrap_or(key);
        is_signed(key, &[id, b".", time, b".", delivery.body], &tags)
    })
}

/// The time that a header says, as it was signed; if it is just now.
fn timely<'a>(delivery: &Delivery<'a>, name: &str, now: Timestamp) -> Result<&'a [u8], Denied> {
    let text = delivery.header(name)?;
    let signed_at = moment::read(text, || Part::Header(name.to_owned()))?;
    moment::check(signed_at, WINDOW, now)?;
    Ok(text)
}

/// Whether one of the tags is the key's for the parts in a row.
fn is_signed(key: &[u8], parts: &[&[u8]], tags: &[Tag]) -> bool {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let right = context.sign();
    let is_right =
        |tag: &Tag| aws_lc_rs::constant_time::verify_slices_are_equal(right.as_ref(), tag).is_ok();
    tags.iter().fold(false, |found, tag| is_right(tag) | found)
}

fn hexadecimal(delivery: &Delivery<'_>, name: &str) -> Result<Tag, Denied> {
    let expected = "64 hexadecimal digits";
    let part = || Part::Header(name.to_owned());
    hexadecimal_tag(delivery.header(name)?)
        .ok_or_else(|| Denied::Malformed { part: part(), expected })
}

/// Digits may be of either case.
fn hexadecimal_tag(text: &[u8]) -> Option<Tag> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

fn base64_tag(text: &[u8]) -> Option<Tag> {
    BASE64.decode(text).ok()?.try_into().ok()
}

fn malformed_base64(name: &str) -> Denied {
    Denied::Malformed { part: Part::Header(name.to_owned()), expected: "the base64 of 32 bytes" }
}
