use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_incident::journal::{Chain, Entry, Kind};
use serde_json::Value;

/// Writes entries to one chain, showing each to the sink before anything else happens.
pub(crate) struct Recorder<'a> {
    chain: Chain,
    at: Timestamp,
    sink: &'a mut dyn FnMut(&Entry),
    kept: &'a mut Vec<Entry>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(
        chain: Chain,
        at: Timestamp,
        sink: &'a mut dyn FnMut(&Entry),
        kept: &'a mut Vec<Entry>,
    ) -> Self {
        Self { chain, at, sink, kept }
    }

    /// A chain of its own for one execution.
    pub(crate) fn execution(
        space: &SpaceId,
        name: &str,
        at: Timestamp,
        sink: &'a mut dyn FnMut(&Entry),
        kept: &'a mut Vec<Entry>,
    ) -> Self {
        Self::new(Chain::new(space.clone(), name), at, sink, kept)
    }

    /// Appends an entry. A body that canonical JSON can't write (a number that isn't finite) is
    /// recorded as an error with the reason instead, so that nothing happens unrecorded.
    pub(crate) fn write(&mut self, kind: Kind, actor: &str, body: Value) {
        let entry = self.chain.append(self.at, kind, actor, body).or_else(|error| {
            let told =
                serde_json::json!({ "unrecorded": kind.label(), "error": error.to_string() });
            self.chain.append(self.at, Kind::Error, actor, told)
        });
        if let Ok(entry) = entry {
            (self.sink)(&entry);
            self.kept.push(entry);
        }
    }

    /// Gives the chain back, to be continued later.
    pub(crate) fn into_chain(self) -> Chain {
        self.chain
    }
}
