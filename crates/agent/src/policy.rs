use jiff::SignedDuration;
use nightjar_incident::journal::Entry;
use nightjar_rootcause::Step;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::names::Names;

/// What an administrator may set about investigations.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When alerts belong together.
    pub triage: nightjar_triage::Policy,
    /// How long after an incident opened it is looked at again, until its verdict is final.
    pub look_again: Vec<SignedDuration>,
    /// How far back metrics are asked for: enough to see a usual week several times.
    pub metrics_lookback: SignedDuration,
    /// How far back lines and spans are asked for: enough to know what is usual, at their volume.
    pub details_lookback: SignedDuration,
    /// How far back changes are asked for.
    pub changes_lookback: SignedDuration,
    /// The most entities one round looks at, nearest to the symptom first.
    pub scope: usize,
    /// The most series, lines, spans or changes one answer may hold.
    pub answer_limit: usize,
    /// Whether each answer's digest goes into the journal. Off where only the verdict counts.
    pub digest_answers: bool,
    /// Steps of the method to leave out; none but to measure what they contribute.
    pub without: Vec<Step>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            triage: nightjar_triage::Policy::default(),
            look_again: [1, 3, 10].map(SignedDuration::from_mins).to_vec(),
            metrics_lookback: SignedDuration::from_hours(35 * 24),
            details_lookback: SignedDuration::from_mins(90),
            changes_lookback: SignedDuration::from_hours(24),
            scope: 400,
            answer_limit: 50_000,
            digest_answers: true,
            without: Vec::new(),
        }
    }
}

/// What of the rules a play is told by, where a space says otherwise than usual: seconds.
#[derive(PartialEq, Serialize, Deserialize)]
struct Told {
    lookback: i64,
    look_again: Vec<i64>,
}

impl Policy {
    /// The rules of time that a play was told by, instead of these. Those that its journal doesn't speak of
    /// are the usual ones. So a space may say something else while it is played, and a replay does the same.
    #[must_use]
    pub fn as_told(mut self, journal: &[Entry]) -> Self {
        let intake = Names::of_journal(journal).intake();
        let told = journal.iter().filter(|entry| entry.chain == intake).find_map(|entry| {
            serde_json::from_value::<Told>(entry.body.get("rules")?.clone()).ok()
        });
        let usual = Self::default();
        (self.triage.lookback, self.look_again) = match told {
            None => (usual.triage.lookback, usual.look_again),
            Some(Told { lookback, look_again }) => (
                SignedDuration::from_secs(lookback),
                look_again.into_iter().map(SignedDuration::from_secs).collect(),
            ),
        };
        self
    }

    /// What a play's journal says of its rules of time; nothing where they are the usual ones.
    pub(crate) fn told(&self) -> Option<Value> {
        let told = Told::of(self);
        (told != Told::of(&Self::default())).then(|| json!({ "rules": told }))
    }
}

impl Told {
    fn of(policy: &Policy) -> Self {
        let look_again = policy.look_again.iter().map(SignedDuration::as_secs).collect();
        Self { lookback: policy.triage.lookback.as_secs(), look_again }
    }
}

/// The occasion of a later look: `3 min after it opened`.
pub fn later_look(after: SignedDuration) -> String {
    match after.as_secs() {
        seconds if seconds % 60 == 0 => format!("{} min after it opened", seconds / 60),
        seconds => format!("{seconds} s after it opened"),
    }
}
