use nightjar_incident::Severity;

use crate::body::fold;

/// How senders say how bad it is. Words that mean opposite things in two systems (`low` of a
/// PagerDuty urgency) are settled by the provider's own file before they come here.
const TABLE: [(&[&str], Severity); 4] = [
    (
        &[
            "critical",
            "crit",
            "fatal",
            "emergency",
            "page",
            "disaster",
            "blocker",
            "p1",
            "p0",
            "sev0",
            "sev1",
            "1critical",
        ],
        Severity::Critical,
    ),
    (&["high", "error", "err", "major", "urgent", "p2", "sev2", "2high"], Severity::High),
    (
        &["warning", "warn", "medium", "moderate", "minor", "average", "p3", "sev3", "3moderate"],
        Severity::Warning,
    ),
    (
        &[
            "info",
            "informational",
            "information",
            "notice",
            "low",
            "minimal",
            "planning",
            "debug",
            "none",
            "ok",
            "success",
            "p4",
            "p5",
            "sev4",
            "sev5",
            "4low",
            "5planning",
        ],
        Severity::Info,
    ),
];

/// What a sender's word means; [`Severity::Unknown`] for a word nobody taught us.
pub(crate) fn of(word: &str) -> Severity {
    let word = fold(word);
    let row = TABLE.iter().find(|(words, _)| words.contains(&word.as_str()));
    row.map_or(Severity::Unknown, |(_, severity)| *severity)
}

/// As [`of`], noting a word that isn't known.
pub(crate) fn noted(word: Option<String>, notes: &mut Vec<String>) -> Severity {
    let Some(word) = word else { return Severity::Unknown };
    let severity = of(&word);
    if severity == Severity::Unknown {
        notes.push(format!("severity `{}` is not a word we know", crate::body::shorten(&word)));
    }
    severity
}
