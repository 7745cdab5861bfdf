//! What came out for one incident, for a reader who is tired.

use nightjar_incident::{
    Change, ChangeId, Conclusion, Content, Hypothesis, Investigation, Observation, ObservationId,
    Onset, Stage, Verdict,
};
use nightjar_topology::EntityId;

use super::text::{
    FAINT, GOOD, NOTABLE, Names, STRONG, WIDTH, Words, clock, count, heading, moment, names, paint,
    percent,
};

/// How many pieces of evidence are listed; the report has all of them.
const MOST_SUPPORT: usize = 4;
const MOST_AGAINST: usize = 2;
const MOST_GAPS: usize = 3;
const MOST_REACHED: usize = 6;

/// Characters of a piece of evidence: about two lines.
const LONGEST: usize = 155;

/// Columns before the words: two of margin, and the label.
const LABEL_WIDTH: usize = 8;

/// The conclusion of an incident: verdict, evidence, impact, what is unknown.
pub(crate) fn conclusion(investigation: &Investigation) -> String {
    let Some(conclusion) = investigation.conclusion() else {
        return heading("CONCLUSION", &format!("{}: none", investigation.incident.id));
    };
    let page = Page { investigation, conclusion, names: names(&investigation.topology) };
    let stage = match conclusion.stage {
        Stage::Provisional => "provisional",
        Stage::Final => "final",
    };
    let rest = format!(
        "{}, {}, {stage} at {} after {}",
        investigation.incident.id,
        count(investigation.incident.alerts.len(), "alert"),
        moment(conclusion.at),
        count(investigation.executions.len(), "run"),
    );
    let mut out = heading("CONCLUSION", &rest);
    match &conclusion.verdict {
        Verdict::CauseFound { causes } => {
            for cause in causes {
                let words = fault(Words::new(), &cause.hypothesis);
                let confidence = format!("confidence {}", percent(cause.hypothesis.confidence));
                out.push_str(&item("cause", GOOD, &words.plain(", ").styled(GOOD, &confidence)));
                out.push_str(&page.prose("", &cause.statement));
                out.push_str(&page.hypothesis(&cause.hypothesis));
            }
        }
        Verdict::NoIncident { reason } => {
            out.push_str(&page.about());
            out.push_str(&page.prose("nothing", &format!("to repair: {reason}")));
        }
        Verdict::NotFound { reason } => {
            out.push_str(&page.about());
            out.push_str(&page.prose("no cause", &format!("is claimed: {reason}")));
            if let Some(lead) = conclusion.hypotheses.first() {
                let words = fault(Words::new(), lead);
                let words = words.plain(&format!(", {} likely", percent(lead.confidence)));
                out.push_str(&item("lead", NOTABLE, &words));
                out.push_str(&page.hypothesis(lead));
            }
        }
    }
    out.push_str(&page.impact());
    out.push_str(&page.runner_up());
    out.push_str(&page.unknown());
    out
}

/// What is wrong with what, as people say it.
pub(crate) fn fault(words: Words, hypothesis: &Hypothesis) -> Words {
    let words = words.strong(hypothesis.entity.as_str());
    let words = match &hypothesis.peer {
        Some(peer) => words.plain(" as ").strong(peer.as_str()).plain(" sees it"),
        None => words,
    };
    words.plain(": ").plain(hypothesis.fault_mode.row().name)
}

struct Page<'a> {
    investigation: &'a Investigation,
    conclusion: &'a Conclusion,
    names: Names<'a>,
}

impl Page<'_> {
    fn prose(&self, label: &str, text: &str) -> String {
        item(label, STRONG, &Words::new().prose(text, &self.names))
    }

    /// What the incident opened with, where no cause says what it is about.
    fn about(&self) -> String {
        let primary = self.investigation.incident.alerts.first();
        primary.map_or_else(String::new, |alert| self.prose("about", &short(&alert.title)))
    }

    /// What a claim or lead rests on.
    fn hypothesis(&self, hypothesis: &Hypothesis) -> String {
        let mut out = String::new();
        if let Some(onset) = self.onset(hypothesis) {
            let between = format!("{} to {}", clock(onset.earliest), clock(onset.latest));
            let words = Words::new().plain(&clock(onset.at)).faint(&format!(" ({between})"));
            out.push_str(&item("since", STRONG, &words));
        }
        if let Some(change) = hypothesis.trigger.as_ref().and_then(|id| self.change(id)) {
            let author = change.author.as_ref().map_or_else(String::new, |a| format!(" by {a}"));
            let text = format!(
                "{} at {}{author}: {}",
                change.kind.label(),
                clock(change.at),
                change.summary
            );
            out.push_str(&self.prose("trigger", &text));
        }
        if hypothesis.path.len() > 1 {
            let mut words = Words::new();
            for (index, entity) in hypothesis.path.iter().enumerate() {
                words = words.plain(if index > 0 { " → " } else { "" }).strong(entity.as_str());
            }
            out.push_str(&item("path", STRONG, &words));
        }
        out.push_str(&self.observations("for", &hypothesis.support, MOST_SUPPORT));
        out.push_str(&self.observations("against", &hypothesis.against, MOST_AGAINST));
        out
    }

    fn observations(&self, label: &str, ids: &[ObservationId], most: usize) -> String {
        let mut out = String::new();
        for (index, observation) in
            ids.iter().filter_map(|id| self.observation(id)).take(most).enumerate()
        {
            out.push_str(
                &self.prose(if index > 0 { "" } else { label }, &short(&observation.summary)),
            );
        }
        let rest = ids.len().saturating_sub(most);
        if rest > 0 {
            out.push_str(&item(
                "",
                STRONG,
                &Words::new().faint(&format!("and {rest} more in the report")),
            ));
        }
        out
    }

    fn impact(&self) -> String {
        let mut out = String::new();
        if let Some(impact) = &self.conclusion.impact {
            out.push_str(&self.prose("impact", &impact.summary));
        }
        let reached = &self.conclusion.blast_radius;
        if !reached.is_empty() {
            let mut words = Words::new();
            for (index, (entity, _)) in reached.iter().take(MOST_REACHED).enumerate() {
                words = words.plain(if index > 0 { ", " } else { "" }).strong(entity.as_str());
            }
            let rest = reached.len().saturating_sub(MOST_REACHED);
            if rest > 0 {
                words = words.faint(&format!(" and {rest} more"));
            }
            out.push_str(&item("reaches", STRONG, &words));
        }
        out
    }

    /// The strongest explanation elsewhere. Another fault of the same entity leads to the same
    /// place, so the report has it and this page doesn't.
    fn runner_up(&self) -> String {
        let taken: Vec<&EntityId> = match &self.conclusion.verdict {
            Verdict::CauseFound { causes } => {
                causes.iter().map(|cause| &cause.hypothesis.entity).collect()
            }
            Verdict::NotFound { .. } => {
                self.conclusion.hypotheses.iter().take(1).map(|lead| &lead.entity).collect()
            }
            Verdict::NoIncident { .. } => return String::new(),
        };
        let elsewhere = |hypothesis: &&Hypothesis| !taken.contains(&&hypothesis.entity);
        let Some(other) = self.conclusion.hypotheses.iter().find(elsewhere) else {
            return String::new();
        };
        let words = fault(Words::new(), other).plain(&format!(", {}", percent(other.confidence)));
        item("or else", STRONG, &words)
    }

    fn unknown(&self) -> String {
        let mut out = String::new();
        for (index, gap) in self.conclusion.gaps.iter().take(MOST_GAPS).enumerate() {
            let entity = gap.entity.as_ref().map_or_else(String::new, |e| format!("{e}: "));
            let text =
                format!("{entity}{} ({}); would tell {}", gap.wanted, gap.reason, gap.would_tell);
            out.push_str(&self.prose(if index > 0 { "" } else { "unknown" }, &text));
        }
        let rest = self.conclusion.gaps.len().saturating_sub(MOST_GAPS);
        if rest > 0 {
            out.push_str(&item(
                "",
                STRONG,
                &Words::new().faint(&format!("and {rest} more in the report")),
            ));
        }
        out
    }

    fn observation(&self, id: &ObservationId) -> Option<&Observation> {
        self.conclusion.observations.iter().find(|observation| &observation.id == id)
    }

    /// The earliest onset among what supports a hypothesis.
    fn onset(&self, hypothesis: &Hypothesis) -> Option<Onset> {
        let support = hypothesis.support.iter().filter_map(|id| self.observation(id));
        support
            .filter(|observation| observation.entity == hypothesis.entity)
            .filter_map(|observation| observation.onset)
            .min_by_key(|onset| onset.at)
    }

    fn change(&self, id: &ChangeId) -> Option<&Change> {
        self.investigation.evidence.iter().find_map(|evidence| match &evidence.content {
            Content::Changes(changes) => changes.iter().find(|change| &change.id == id),
            Content::Series(_)
            | Content::Logs(_)
            | Content::Spans(_)
            | Content::Inventory(_)
            | Content::Text(_) => None,
        })
    }
}

/// At most two lines of a summary; all of it is in the report.
fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}

/// A labelled paragraph.
fn item(label: &str, style: anstyle::Style, words: &Words) -> String {
    let indent = 2 + LABEL_WIDTH.max(label.chars().count()) + 2;
    let body = words.flow(&" ".repeat(indent), WIDTH);
    let mut out = "  ".to_owned();
    paint(&mut out, if label.is_empty() { FAINT } else { style }, label);
    let used = 2 + label.chars().count();
    out.extend(std::iter::repeat_n(' ', indent.saturating_sub(used)));
    out.push_str(body.trim_start_matches(' '));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::fixture;
    use crate::terminal::text::bare;

    #[test]
    fn a_found_cause_reads_as_one_screen() {
        let text = bare(&conclusion(&fixture::investigation()));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn without_a_cause_the_strongest_lead_and_the_gaps_are_shown() {
        insta::assert_snapshot!(bare(&conclusion(&fixture::not_found())));
    }

    #[test]
    fn a_false_alarm_is_one_sentence() {
        insta::assert_snapshot!(bare(&conclusion(&fixture::no_incident())));
    }
}
