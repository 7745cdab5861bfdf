//! Sealing, deriving and comparing: the few forms of cryptography this room uses.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hkdf, hmac, rand};
use nightjar_incident::journal::Digest;

use crate::{Error, Result};

/// First byte of everything sealed: AES-256-GCM, nonce of 12 bytes, tag at the end.
const FORM: u8 = 1;

/// 32 secret bytes, overwritten when dropped.
pub(crate) struct Key([u8; 32]);

impl Key {
    /// A new one from the system's generator.
    pub(crate) fn random() -> Result<Self> {
        random().map(Self)
    }

    /// From bytes that were unwrapped; they are overwritten.
    pub(crate) fn from_bytes(mut bytes: Vec<u8>) -> Option<Self> {
        let key = bytes.as_slice().try_into().ok().map(Self);
        bytes.fill(0);
        std::hint::black_box(&bytes);
        key
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose (HKDF-SHA256): whoever learns it learns nothing of the others.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        let info = [purpose.as_bytes()];
        let derived = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &self.0);
        let mut key = [0; 32];
        derived
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("invariant: HKDF-SHA256 gives 32 bytes for any label");
        Self(key)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0 = [0; 32];
        // Keeps the store from being optimised away: nothing reads the array afterwards.
        std::hint::black_box(&self.0);
    }
}

/// Seals and opens with one key; the context is authenticated and must be the same for both.
pub(crate) struct Sealer(LessSafeKey);

impl Sealer {
    pub(crate) fn new(key: &Key) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &key.0)
            .expect("invariant: AES-256 takes a key of 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Form, nonce, ciphertext, tag.
    pub(crate) fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.push(FORM);
        sealed.extend(nonce);
        sealed.extend(plain);
        let (_, body) = sealed.split_at_mut(1 + NONCE_LEN);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                body,
            )
            .map_err(|_| Error::Invalid("too large to be sealed".to_owned()))?;
        sealed.extend(tag.as_ref());
        Ok(sealed)
    }

    /// What was sealed; `None` if the key, the context or any bit is another.
    pub(crate) fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (&form, rest) = sealed.split_first()?;
        if form != FORM {
            return None;
        }
        let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let length =
            self.0.open_in_place(nonce, Aad::from(context.as_bytes()), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

/// HMAC-SHA256 over a label and parts, each preceded by its length, so that no two lists of parts
/// make the same bytes.
pub(crate) fn mac(key: &Key, label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.0);
    let mut context = hmac::Context::with_key(&key);
    for part in std::iter::once(&label.as_bytes()).chain(parts) {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let tag = context.sign();
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

/// Whether two values are the same, in a time that doesn't tell where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// The digest under which a secret is looked up: secrets are random, so it needs no salt.
pub(crate) fn digest_of_secret(secret: &str) -> Vec<u8> {
    Digest::of(secret.as_bytes()).as_bytes().to_vec()
}

/// Bytes from the system's generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| {
        Error::Invalid("the system's generator of random numbers gives none".to_owned())
    })?;
    Ok(bytes)
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of hex in either case; `None` if it isn't hex.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    digits
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_whole_and_in_its_context() {
        let sealer = Sealer::new(&Key::random().unwrap());
        let sealed = sealer.seal("a", b"hello").unwrap();
        assert_eq!(sealer.open("a", &sealed).as_deref(), Some(&b"hello"[..]));
        assert_eq!(sealer.open("b", &sealed), None);
        for at in 0..sealed.len() {
            let mut other = sealed.clone();
            other[at] ^= 1;
            assert_eq!(sealer.open("a", &other), None, "byte {at}");
            assert_eq!(sealer.open("a", &sealed[..at]), None, "cut at {at}");
        }
        assert_eq!(Sealer::new(&Key::random().unwrap()).open("a", &sealed), None);
    }

    #[test]
    fn keys_of_two_purposes_differ() {
        let key = Key::random().unwrap();
        assert_ne!(key.derive("a").bytes(), key.derive("b").bytes());
        assert_eq!(key.derive("a").bytes(), key.derive("a").bytes());
    }

    #[test]
    fn the_parts_of_a_mac_dont_run_into_each_other() {
        let key = Key::random().unwrap();
        assert_ne!(mac(&key, "l", &[b"ab", b"c"]), mac(&key, "l", &[b"a", b"bc"]));
    }

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(unhex(&hex(&[0, 1, 0xfe])).unwrap(), [0, 1, 0xfe]);
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("zz"), None);
    }
}
