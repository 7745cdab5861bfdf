//! A space's keys, and JSON sealed with them.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::blobs::BlobKeys;
use crate::crypto::{Key, Sealer, mac};
use crate::{Error, Result};

/// The keys of one space, all derived from its data key.
pub(crate) struct SpaceKeys {
    rows: Sealer,
    journal: Sealer,
    pseudonym: Key,
    names: Key,
    pub(crate) blobs: Arc<BlobKeys>,
}

/// JSON from this size on is compressed before it is sealed, bytes: below, the frame costs more
/// than it saves.
const WORTH_PACKING: usize = 512;
const PLAIN: u8 = 0;
const PACKED: u8 = 1;

impl SpaceKeys {
    pub(crate) fn new(data_key: &Key) -> Self {
        Self {
            rows: Sealer::new(&data_key.derive("rows")),
            journal: Sealer::new(&data_key.derive("journal")),
            pseudonym: data_key.derive("pseudonyms"),
            names: data_key.derive("names"),
            blobs: Arc::new(BlobKeys {
                name: data_key.derive("blob names"),
                seal: Sealer::new(&data_key.derive("blobs")),
            }),
        }
    }

    pub(crate) fn pseudonym(&self) -> [u8; 32] {
        *self.pseudonym.bytes()
    }

    /// A keyed digest of a text, by which it is found without being told.
    pub(crate) fn digest(&self, what: &str, text: &str) -> [u8; 32] {
        mac(&self.names, what, &[text.as_bytes()])
    }

    /// Seals a value of a row; `context` names table, space and id.
    pub(crate) fn seal(&self, context: &str, value: &impl Serialize) -> Result<Vec<u8>> {
        seal_json(&self.rows, context, value)
    }

    pub(crate) fn open<T: DeserializeOwned>(&self, context: &str, sealed: &[u8]) -> Result<T> {
        open_json(&self.rows, context, sealed)
    }

    /// Seals the body of a journal entry, given in canonical JSON.
    pub(crate) fn seal_body(&self, context: &str, canonical: &[u8]) -> Result<Vec<u8>> {
        self.journal.seal(context, &pack(canonical)?)
    }

    /// The body in canonical JSON; `None` if the key, the place or any bit is another.
    pub(crate) fn open_body(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.journal.open(context, sealed).and_then(|packed| unpack(&packed))
    }
}

/// Seals a value of a row with the key of whom it belongs to.
pub(crate) fn seal_json(sealer: &Sealer, context: &str, value: &impl Serialize) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(value)
        .map_err(|error| Error::Invalid(format!("cannot be written as JSON: {error}")))?;
    sealer.seal(context, &pack(&json)?)
}

pub(crate) fn open_json<T: DeserializeOwned>(
    sealer: &Sealer,
    context: &str,
    sealed: &[u8],
) -> Result<T> {
    let damaged = |reason: &str| Error::Damaged {
        what: format!("row `{context}`"),
        reason: reason.to_owned(),
    };
    let json = sealer.open(context, sealed).and_then(|packed| unpack(&packed));
    let json = json.ok_or_else(|| damaged("it was altered"))?;
    serde_json::from_slice(&json).map_err(|error| damaged(&error.to_string()))
}

/// The form, the size (4 bytes, for what is compressed), the bytes.
fn pack(json: &[u8]) -> Result<Vec<u8>> {
    let size = u32::try_from(json.len())
        .map_err(|_| Error::Invalid("a record is larger than 4 GiB".to_owned()))?;
    let mut out = Vec::with_capacity(json.len() / 2 + 8);
    if json.len() < WORTH_PACKING {
        out.push(PLAIN);
        out.extend(json);
        return Ok(out);
    }
    let packed = zstd::bulk::compress(json, 1)
        .map_err(|error| Error::Invalid(format!("cannot compress a record: {error}")))?;
    out.push(PACKED);
    out.extend(size.to_be_bytes());
    out.extend(packed);
    Ok(out)
}

fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let (&form, rest) = bytes.split_first()?;
    if form == PLAIN {
        return Some(rest.to_vec());
    }
    let (size, packed) = rest.split_first_chunk::<4>().filter(|_| form == PACKED)?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    zstd::bulk::decompress(packed, size).ok().filter(|json| json.len() == size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_any_size_comes_back() {
        let keys = SpaceKeys::new(&Key::random().unwrap());
        for size in [0, 1, WORTH_PACKING, 100_000] {
            let text = "x".repeat(size);
            let sealed = keys.seal("c", &text).unwrap();
            assert_eq!(keys.open::<String>("c", &sealed).unwrap(), text);
            assert!(keys.open::<String>("d", &sealed).is_err());
        }
    }
}
