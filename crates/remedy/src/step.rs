//! Steps of a plan.

use nightjar_incident::{Phase, PlanStep, Risk, RiskLevel};

use crate::shell::blanks;

/// Who may take a step that only reads, or a repair that is undone within minutes.
pub(crate) const ON_CALL: &str = "on-call engineer alone";
/// Who decides where users notice.
pub(crate) const COMMANDER: &str = "incident commander";

/// How an undo begins that says why there is none.
const NOTHING_TO_UNDO: &str = "none ";

/// What a plan says, before the caveats that all plans share.
pub(crate) struct Remedy {
    pub(crate) goal: String,
    pub(crate) steps: Vec<PlanStep>,
    pub(crate) caveats: Vec<String>,
}

impl Remedy {
    /// Adds when not to follow the plan, or what not to do meanwhile.
    pub(crate) fn careful(mut self, caveat: impl Into<String>) -> Self {
        self.caveats.push(caveat.into());
        self
    }
}

/// A step that only reads.
pub(crate) fn read(
    phase: Phase,
    action: impl Into<String>,
    command: Option<String>,
    expect: impl Into<String>,
) -> PlanStep {
    PlanStep {
        phase,
        action: to_fill_in(&action.into(), command.as_deref()),
        command,
        expect: expect.into(),
        undo: None,
        risk: risk(RiskLevel::None, "only reads"),
        decision: ON_CALL.into(),
    }
}

/// A repair and how to undo it.
pub(crate) struct Repair {
    pub(crate) action: String,
    pub(crate) command: Option<String>,
    pub(crate) expect: String,
    /// How to take it back; `none needed: …` with the reason where nothing is altered for good.
    pub(crate) undo: String,
    pub(crate) undo_command: Option<String>,
    pub(crate) risk: Risk,
    pub(crate) decision: String,
}

impl Repair {
    /// The step that applies it.
    pub(crate) fn apply(&self) -> PlanStep {
        let undo = match &self.undo_command {
            // A backtick inside would end the code there.
            Some(command) if command.contains('`') => format!("{}: {command}", self.undo),
            Some(command) => format!("{}: `{command}`", self.undo),
            None => self.undo.clone(),
        };
        PlanStep {
            phase: Phase::Apply,
            action: to_fill_in(&self.action, self.command.as_deref()),
            command: self.command.clone(),
            expect: self.expect.clone(),
            undo: Some(undo),
            risk: self.risk.clone(),
            decision: self.decision.clone(),
        }
    }

    /// The step that takes it back, if there is anything to take back.
    pub(crate) fn roll_back(&self) -> Option<PlanStep> {
        if self.undo.starts_with(NOTHING_TO_UNDO) {
            return None;
        }
        Some(PlanStep {
            phase: Phase::RollBack,
            action: to_fill_in(
                &format!(
                    "If errors or latency rise after the repair, or nothing improves within 10 minutes: {}.",
                    lower_first(&self.undo)
                ),
                self.undo_command.as_deref(),
            ),
            command: self.undo_command.clone(),
            expect: "the state noted while preparing is back; then go to the next hypothesis"
                .into(),
            undo: None,
            risk: risk(RiskLevel::Low, "returns to the state of now, with the fault still there"),
            decision: ON_CALL.into(),
        })
    }
}

/// Says which words of a command are the reader's to replace.
fn to_fill_in(action: &str, command: Option<&str>) -> String {
    // A name of the monitored system could look like one of ours; it does no harm to name it.
    let blanks = command.filter(|c| !c.starts_with("Console: ")).map(blanks).unwrap_or_default();
    if blanks.is_empty() {
        return action.into();
    }
    let blanks: Vec<String> = blanks.into_iter().map(|blank| format!("`{blank}`")).collect();
    format!("{action} Fill in {}.", blanks.join(", "))
}

/// A risk with its reason.
pub(crate) fn risk(level: RiskLevel, reason: &str) -> Risk {
    Risk { level, reason: reason.into() }
}

/// The text with a small first letter, to go on in a sentence.
pub(crate) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_lowercase().collect::<String>());
    first.unwrap_or_default() + chars.as_str()
}
