//! Signs requests as AWS clients do (Signature Version 4), for what is asked here: no query.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use jiff::tz::Offset;
use sha2::{Digest as _, Sha256};

/// Any will do.
const REGION: &str = "eu-central-1";

/// What of a request is signed.
pub(crate) struct Line<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

/// The headers `x-amz-date` and `authorization`.
pub(crate) fn sign(line: &Line<'_>, id: &str, secret: &str, now: Timestamp) -> [String; 2] {
    let now = Offset::UTC.to_datetime(now);
    let (date, day) = (now.strftime("%Y%m%dT%H%M%SZ").to_string(), now.strftime("%Y%m%d"));
    let Line { method, host, path, body } = line;
    let hash = hexadecimal(&Sha256::digest(body));
    let canonical =
        format!("{method}\n{path}\n\nhost:{host}\nx-amz-date:{date}\n\nhost;x-amz-date\n{hash}");
    let scope = format!("{day}/{REGION}/aidevops/aws4_request");
    let hash = hexadecimal(&Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = keyed(&key, part);
    }
    let signature = hexadecimal(&keyed(&key, &text));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    [date, authorization]
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("invariant: a key may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
