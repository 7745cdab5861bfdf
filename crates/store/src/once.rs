use nightjar_incident::journal::Digest;

/// An idempotency key: the same request again makes nothing new.
#[derive(Clone, Debug)]
pub struct Once {
    /// Who asked: keys of different callers don't meet.
    pub caller: String,
    /// The key the caller chose.
    pub key: String,
    /// Digest of operation, path and content; another one under the same key is
    /// [`crate::Error::KeyReused`].
    pub digest: Digest,
}

/// What came of a request to make something. The idempotency row is written in the transaction that
/// makes the thing, so a killed process leaves both or neither.
#[derive(Clone, Debug)]
pub enum Created<T> {
    /// It was made.
    New(T),
    /// It had been made by an earlier request with the same key.
    Again(T),
}

impl<T> Created<T> {
    /// The thing itself.
    pub fn into_inner(self) -> T {
        match self {
            Self::New(thing) | Self::Again(thing) => thing,
        }
    }
}
