//! Random bytes as texts that people copy.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::Result;
use crate::crypto::random;

/// A new secret for a program to keep: 256 random bits, fit for links and headers.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_secret() -> Result<String> {
    Ok(url(&random::<32>()?))
}

/// A new secret to sign messages with, in the form of Standard Webhooks: 256 random bits.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_signing_secret() -> Result<String> {
    Ok(format!("whsec_{}", base64(&random::<32>()?)))
}

/// RFC 4648, upper case, without padding; 10 bytes make 16 characters.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    bits.chunks(5)
        .map(|chunk| {
            let value = chunk.iter().fold(0, |value, bit| value << 1 | usize::from(*bit));
            LETTERS.get(value << (5 - chunk.len())).copied().map_or('A', char::from)
        })
        .collect()
}

/// With padding where needed; 30 bytes make 40 characters.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Fit for links, cookies and headers.
pub(crate) fn url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_as_the_standard_writes_it() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(b""), "");
        assert_eq!(base32(&[0xff; 10]).len(), 16);
    }
}
