//! The journal: an append-only, hash-chained record of everything an investigation did.
//!
//! Format: docs/specs/journal.md. An entry's hash covers the hash before it, the metadata in
//! canonical JSON (RFC 8785) and the digest of the body, so a verifier needs no key and no
//! knowledge of the kinds.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{SpaceId, canonical};

/// Version of the format in docs/specs/journal.md.
pub const SCHEMA: u32 = 1;

/// A SHA-256 digest; lower-case hex in text.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// What stands before the first entry of a chain.
    pub const ZERO: Self = Self([0; 32]);

    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a SHA-256 digest: 64 lower-case hex digits expected");
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = text.get(2 * index..2 * index + 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// What an entry records. The first ten are the kinds readers of the public contract know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What will be asked, and why.
    Planning,
    /// A question to a connection, before it is sent, and the answer's digest after.
    FetchingData,
    /// An abnormal or notably normal fact.
    Observation,
    /// A fact that matters for the verdict.
    Finding,
    /// The verdict.
    RootCause,
    /// Something that couldn't be seen.
    InvestigationGap,
    /// What a person asked.
    UserRequest,
    /// News: another alert, another verdict.
    Update,
    /// The summary as Markdown.
    InvestigationSummaryMd,
    /// The plan as Markdown.
    MitigationSummaryMd,
    /// A hypothesis with its support.
    Hypothesis,
    /// A choice the code made, with the reason.
    Decision,
    /// A message to people.
    Message,
    /// Something went wrong with the investigation itself.
    Error,
}

impl Kind {
    /// As written on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::FetchingData => "fetching_data",
            Self::Observation => "observation",
            Self::Finding => "finding",
            Self::RootCause => "root_cause",
            Self::InvestigationGap => "investigation_gap",
            Self::UserRequest => "user_request",
            Self::Update => "update",
            Self::InvestigationSummaryMd => "investigation_summary_md",
            Self::MitigationSummaryMd => "mitigation_summary_md",
            Self::Hypothesis => "hypothesis",
            Self::Decision => "decision",
            Self::Message => "message",
            Self::Error => "error",
        }
    }
}

/// One entry of one chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Version of the format.
    pub schema: u32,
    /// Whose journal.
    pub space: SpaceId,
    /// Which chain: one per execution, one per space for intake and configuration.
    pub chain: String,
    /// Position within the chain, from 0.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What it records.
    pub kind: Kind,
    /// Who acted: a part of the engine (`triage`, `rootcause`) or a person.
    pub actor: String,
    /// The record itself.
    pub body: serde_json::Value,
    /// Hash of the entry before; [`Digest::ZERO`] for the first.
    pub prev_hash: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

/// The metadata that the hash covers beside `prev_hash` and the body's digest.
///
/// INVARIANT: the fields stand in the order of canonical JSON, so that it is written as it is.
#[derive(Serialize)]
struct Metadata<'a> {
    actor: &'a str,
    at: Timestamp,
    chain: &'a str,
    kind: Kind,
    schema: u32,
    seq: u64,
    space: &'a SpaceId,
}

impl Entry {
    /// The hash this entry should carry.
    ///
    /// # Errors
    /// When the body holds a number that canonical JSON can't write (not finite).
    pub fn compute_hash(&self) -> Result<Digest, Unhashable> {
        self.compute_hash_over(self.body_digest()?)
    }

    /// Digest of the body in canonical JSON.
    ///
    /// # Errors
    /// When the body holds a number that canonical JSON can't write (not finite).
    pub fn body_digest(&self) -> Result<Digest, Unhashable> {
        canonical(&self.body).map(|body| Digest::of(&body))
    }

    /// The hash this entry should carry if its body has this digest: for a verifier that can't open
    /// the body.
    ///
    /// # Errors
    /// When the metadata can't be written as JSON.
    pub fn compute_hash_over(&self, body: Digest) -> Result<Digest, Unhashable> {
        let metadata = Metadata {
            actor: &self.actor,
            at: self.at,
            chain: &self.chain,
            kind: self.kind,
            schema: self.schema,
            seq: self.seq,
            space: &self.space,
        };
        let metadata =
            serde_json::to_vec(&metadata).map_err(|error| Unhashable(error.to_string()))?;
        let mut hasher = Sha256::new();
        hasher.update(self.prev_hash.0);
        hasher.update(&metadata);
        hasher.update(body.0);
        Ok(Digest(hasher.finalize().into()))
    }
}

/// A value as canonical JSON (RFC 8785): the bytes that are hashed and signed.
///
/// # Errors
/// When the value holds a number that canonical JSON can't write (not finite).
pub fn canonical(value: &serde_json::Value) -> Result<Vec<u8>, Unhashable> {
    canonical::to_vec(value).map_err(|error| Unhashable(error.to_string()))
}

/// A body that canonical JSON can't write.
#[derive(Debug, thiserror::Error)]
#[error("a journal entry can't be written as canonical JSON: {0}")]
pub struct Unhashable(String);

/// The end of a chain: where the next entry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    space: SpaceId,
    name: String,
    next_seq: u64,
    head: Digest,
}

impl Chain {
    /// A chain without entries.
    pub fn new(space: SpaceId, name: impl Into<String>) -> Self {
        Self { space, name: name.into(), next_seq: 0, head: Digest::ZERO }
    }

    /// A chain that has entries already: where its next one goes and the hash of its last.
    pub fn continued(space: SpaceId, name: impl Into<String>, next_seq: u64, head: Digest) -> Self {
        Self { space, name: name.into(), next_seq, head }
    }

    /// Links a record to the end of the chain.
    ///
    /// # Errors
    /// When the body can't be written as canonical JSON; the chain stays as it was.
    pub fn append(
        &mut self,
        at: Timestamp,
        kind: Kind,
        actor: &str,
        body: serde_json::Value,
    ) -> Result<Entry, Unhashable> {
        let mut entry = Entry {
            schema: SCHEMA,
            space: self.space.clone(),
            chain: self.name.clone(),
            seq: self.next_seq,
            at,
            kind,
            actor: actor.to_owned(),
            body,
            prev_hash: self.head,
            hash: Digest::ZERO,
        };
        entry.hash = entry.compute_hash()?;
        self.head = entry.hash;
        self.next_seq += 1;
        Ok(entry)
    }

    /// Hash of the last entry.
    pub fn head(&self) -> Digest {
        self.head
    }
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The entry's content isn't what its hash says.
    #[error("chain `{chain}`: entry {seq} was altered: its hash doesn't fit its content")]
    Altered {
        /// Which chain.
        chain: String,
        /// Which entry.
        seq: u64,
    },
    /// The entry doesn't follow the one before it.
    #[error(
        "chain `{chain}`: entry {seq} doesn't follow: entry {expected} was expected here (removed, inserted or reordered)"
    )]
    Broken {
        /// Which chain.
        chain: String,
        /// Which entry was found.
        seq: u64,
        /// Which was expected.
        expected: u64,
    },
    /// The format is of another version.
    #[error("chain `{chain}`: entry {seq} has schema {schema}; this program reads schema {SCHEMA}")]
    Schema {
        /// Which chain.
        chain: String,
        /// Which entry.
        seq: u64,
        /// Its version.
        schema: u32,
    },
}

/// Checks entries of any number of chains, each chain's in order, and says how many chains and
/// entries are sound.
///
/// A chain cut at its end can't be told from a shorter one by itself: compare the head with one
/// noted elsewhere (a signed checkpoint).
///
/// # Errors
/// The first fault in the order of the entries.
pub fn verify<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Vec<Chain>, Fault> {
    let mut chains: Vec<Chain> = Vec::new();
    for entry in entries {
        let chain = entry.chain.clone();
        let seq = entry.seq;
        if entry.schema != SCHEMA {
            return Err(Fault::Schema { chain, seq, schema: entry.schema });
        }
        let index = chains.iter().position(|c| c.name == entry.chain && c.space == entry.space);
        let index = index.unwrap_or_else(|| {
            chains.push(Chain::new(entry.space.clone(), entry.chain.clone()));
            chains.len() - 1
        });
        let Some(known) = chains.get_mut(index) else { continue };
        if seq != known.next_seq || entry.prev_hash != known.head {
            return Err(Fault::Broken { chain, seq, expected: known.next_seq });
        }
        if entry.compute_hash().ok() != Some(entry.hash) {
            return Err(Fault::Altered { chain, seq });
        }
        known.head = entry.hash;
        known.next_seq += 1;
    }
    Ok(chains)
}

impl Chain {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many entries it has.
    pub fn len(&self) -> u64 {
        self.next_seq
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.next_seq == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let mut chain = Chain::new(SpaceId::new("s"), "exec-1");
        let at: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        (0..4)
            .map(|n| {
                chain.append(at, Kind::Decision, "test", serde_json::json!({ "n": n })).unwrap()
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_is_sound() {
        assert_eq!(verify(&entries()).unwrap().first().map(Chain::len), Some(4));
    }

    #[test]
    fn a_continued_chain_goes_on_where_it_ended() {
        let mut entries = entries();
        let last = entries.pop().unwrap();
        let (next_seq, head) = (last.seq, entries.last().unwrap().hash);
        let mut chain = Chain::continued(SpaceId::new("s"), "exec-1", next_seq, head);
        let again = chain.append(last.at, last.kind, &last.actor, last.body.clone()).unwrap();
        assert_eq!(again, last);
    }

    #[test]
    fn an_altered_body_is_found() {
        let mut entries = entries();
        entries[2].body = serde_json::json!({ "n": 7 });
        assert_eq!(
            verify(&entries).unwrap_err(),
            Fault::Altered { chain: "exec-1".into(), seq: 2 }
        );
    }

    #[test]
    fn a_removed_or_swapped_entry_is_found() {
        let mut removed = entries();
        removed.remove(1);
        assert_eq!(
            verify(&removed).unwrap_err(),
            Fault::Broken { chain: "exec-1".into(), seq: 2, expected: 1 }
        );
        let mut swapped = entries();
        swapped.swap(1, 2);
        assert!(matches!(verify(&swapped), Err(Fault::Broken { seq: 2, .. })));
    }

    #[test]
    fn the_metadata_is_written_as_canonical_json_writes_it() {
        let metadata = Metadata {
            actor: "a \"person\"",
            at: Timestamp::UNIX_EPOCH,
            chain: "inc-1/exec-1",
            kind: Kind::Finding,
            schema: SCHEMA,
            seq: 7,
            space: &SpaceId::new("s"),
        };
        let canonical = serde_json_canonicalizer::to_vec(&metadata).unwrap();
        assert_eq!(serde_json::to_vec(&metadata).unwrap(), canonical);
    }

    #[test]
    fn the_hash_of_a_known_entry_never_changes() {
        // Frozen: docs/specs/journal.md, example. A change here breaks every journal out there.
        let first = entries().into_iter().next().map(|entry| entry.hash.to_string());
        insta::assert_snapshot!(first.unwrap_or_default());
    }
}
