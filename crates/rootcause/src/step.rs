/// A step of the method that can be left out, to measure what it contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Trying to break the leading hypotheses.
    Attack,
    /// Taking what deviated before the symptom as drift.
    EarlyDrift,
    /// Suspecting places that the topology doesn't connect with the symptom.
    UnseenEdge,
    /// Limiting confidence where little or nothing decisive was seen.
    Caps,
    /// Turning raw confidence into a probability.
    Calibration,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Attack, Self::EarlyDrift, Self::UnseenEdge, Self::Caps, Self::Calibration];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Attack => "the attack on leading hypotheses",
            Self::EarlyDrift => "drift from the rows before the symptom",
            Self::UnseenEdge => "edges that the topology lacks",
            Self::Caps => "caps of confidence",
            Self::Calibration => "calibration",
        }
    }
}
