use jiff::SignedDuration;
use nightjar_rootcause::Step;

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
