//! The bytes of a checkpoint and its signature: docs/specs/journal.md.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use nightjar_incident::journal::{Digest, canonical};

use super::Checkpoint;
use crate::crypto::{hex, unhex};
use crate::{Error, Result};

/// Version of the format.
pub(super) const SCHEMA: u32 = 1;

/// Signs a checkpoint: Ed25519 over the canonical JSON of all fields but the signature.
pub(super) fn sign(mut checkpoint: Checkpoint, key: &Ed25519KeyPair) -> Result<Checkpoint> {
    let bytes = signed_bytes(&checkpoint)?;
    checkpoint.signature = hex(key.sign(&bytes).as_ref());
    Ok(checkpoint)
}

/// What is stored, exported and hashed for the next one: canonical JSON with the signature.
pub(super) fn text(checkpoint: &Checkpoint) -> Result<String> {
    let value = serde_json::to_value(checkpoint).map_err(unwritable)?;
    let bytes = canonical(&value).map_err(unwritable)?;
    String::from_utf8(bytes).map_err(unwritable)
}

/// A checkpoint of its canonical text; `None` if the text is written in any other way.
pub(crate) fn parse(body: &str) -> Option<Checkpoint> {
    let checkpoint: Checkpoint = serde_json::from_str(body).ok()?;
    text(&checkpoint).ok().filter(|text| text == body).map(|_| checkpoint)
}

/// The hash that the next checkpoint carries.
pub(crate) fn hash(checkpoint: &Checkpoint) -> Option<Digest> {
    text(checkpoint).ok().map(|text| Digest::of(text.as_bytes()))
}

/// Why a checkpoint doesn't count; `None`: this installation signed it.
pub(crate) fn fault(checkpoint: &Checkpoint, public_key: &str) -> Option<&'static str> {
    if checkpoint.schema != SCHEMA {
        return Some("is of a schema this program doesn't know");
    }
    if checkpoint.public_key != public_key {
        return Some("is signed with the key of another installation");
    }
    let sound = || {
        let key = UnparsedPublicKey::new(&ED25519, unhex(public_key)?);
        let bytes = signed_bytes(checkpoint).ok()?;
        key.verify(&bytes, &unhex(&checkpoint.signature)?).ok()
    };
    match sound() {
        Some(()) => None,
        None => Some("has a signature that doesn't fit"),
    }
}

fn signed_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>> {
    let mut value = serde_json::to_value(checkpoint).map_err(unwritable)?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("signature");
    }
    canonical(&value).map_err(unwritable)
}

fn unwritable(error: impl std::fmt::Display) -> Error {
    Error::Invalid(format!("a checkpoint can't be written: {error}"))
}

#[cfg(test)]
mod tests {
    use crate::ChainHead;

    use super::*;

    /// Frozen: docs/specs/journal.md, the example. Its key is 32 bytes of 7, its signature is
    /// checked there by other people's code.
    #[test]
    fn the_signature_of_a_known_checkpoint_never_changes() {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public_key = hex(aws_lc_rs::signature::KeyPair::public_key(&key).as_ref());
        let checkpoint = Checkpoint {
            schema: SCHEMA,
            space: Some(nightjar_incident::SpaceId::new("s")),
            number: 1,
            at: "2026-11-23T03:00:00Z".parse().unwrap(),
            position: 1,
            heads: vec![ChainHead {
                chain: "exec-1".to_owned(),
                entries: 1,
                head: Digest::try_from(
                    "5db5c4e09f9ef7b1665ff7811aba800dd6f27c8d1d90ea861d6b5256d4c86384".to_owned(),
                )
                .unwrap(),
            }],
            prev_hash: Digest::ZERO,
            public_key: public_key.clone(),
            signature: String::new(),
        };
        let signed = sign(checkpoint, &key).unwrap();
        assert_eq!(fault(&signed, &public_key), None);
        assert_eq!(parse(&text(&signed).unwrap()), Some(signed.clone()));
        let page = include_str!("../../../../docs/specs/journal.md");
        assert!(page.contains(&signed.signature), "{}", text(&signed).unwrap());

        let other = Checkpoint { position: 2, ..signed.clone() };
        assert!(fault(&other, &public_key).is_some());
        let other = Checkpoint { signature: "00".repeat(64), ..signed };
        assert!(fault(&other, &public_key).is_some());
    }
}
