use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{Alert, Evidence, Gap, Signal, Window};
use nightjar_topology::{EntityId, Topology};

use crate::ledger::Measured;
use crate::step::Step;

/// Everything an execution may look at.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The moment of the execution; nothing later is in the evidence.
    pub now: Timestamp,
    /// The incident's alerts so far.
    pub alerts: &'a [Alert],
    /// What the alerts complain about, the primary's first; empty if no alert names an entity
    /// that the topology knows.
    pub symptoms: &'a [Symptom],
    /// The topology.
    pub topology: &'a Topology,
    /// What the connections answered.
    pub evidence: &'a [Evidence],
    /// What they couldn't answer.
    pub gaps: &'a [Gap],
    /// Whether asking ended before it was through, since nothing more may be spent on it: then nothing
    /// that wasn't seen counts as calm, and no verdict is the last word.
    pub is_cut_short: bool,
    /// Steps of the method to leave out; none but to measure what they contribute.
    pub without: &'a [Step],
}

/// What an alert complains about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symptom {
    /// Who suffers.
    pub entity: EntityId,
    /// What was measured, where the alert tells.
    pub signal: Option<Signal>,
}

/// How far before the first alert the window begins: an alert fires after two or three
/// evaluations of a minute to five, and the rows before the fault are its best base.
const BEFORE_ALERT: SignedDuration = SignedDuration::from_mins(10);

/// Of a record that is young when the alert comes, a third is compared with the two before it: its usual level then
/// holds against a fault that is older than the window.
const WINDOW_OF_A_SHORT_RECORD: i32 = 3;

/// How far behind the first alert the window ends at the latest: later rows say how it went on,
/// not how it began.
const AFTER_ALERT: SignedDuration = SignedDuration::from_mins(30);

impl Case<'_> {
    /// Whether a step of the method is to be taken.
    pub(crate) fn takes(&self, step: Step) -> bool {
        !self.without.contains(&step)
    }

    /// When the first alert says that it began; `now` without alerts.
    pub(crate) fn alarm(&self) -> Timestamp {
        let first = self.alerts.iter().map(|alert| alert.starts_at).min();
        first.unwrap_or(self.now).min(self.now)
    }

    /// The time compared with the usual; `columns` are those of the evidence.
    pub(crate) fn window(&self, columns: &[Measured<'_>]) -> Window {
        let alarm = self.alarm();
        let before = self.recorded(columns).map_or(BEFORE_ALERT, |recorded| {
            BEFORE_ALERT.min(alarm.duration_since(recorded) / WINDOW_OF_A_SHORT_RECORD)
        });
        let from = alarm.saturating_sub(before).unwrap_or(alarm);
        let end = alarm.saturating_add(AFTER_ALERT).unwrap_or(self.now);
        Window { from, to: self.now.min(end).max(from) }
    }

    /// Since when requests are measured; anything, where none are. Nothing if that begins after the alarm.
    fn recorded(&self, columns: &[Measured<'_>]) -> Option<Timestamp> {
        let first = |measured: &Measured<'_>| measured.series.column.times().first().copied();
        let requests = columns.iter().filter(|measured| measured.signal.is_of_requests());
        let since = requests.filter_map(first).min();
        let first = since.or_else(|| columns.iter().filter_map(first).min())?;
        let first = Timestamp::from_millisecond(first).ok()?;
        (first < self.alarm()).then_some(first)
    }

    /// The time taken as usual: all that was recorded before the window.
    pub(crate) fn reference(window: Window) -> Window {
        Window { from: Timestamp::MIN, to: window.from }
    }
}
