//! Tells an investigation as it goes, from the journal entries as they are written.

use std::collections::BTreeMap;

use nightjar_incident::journal::{Entry, Kind};
use nightjar_incident::{Alert, Stage, TriageNote, Verdict};
use nightjar_topology::Topology;
use serde::Deserialize;

use crate::output;
use crate::terminal::text::names;
use crate::terminal::timeline::{self, Told};

/// Follows the journal and prints what a person wants to see of it.
pub(crate) struct Story<'a> {
    topology: &'a Topology,
    is_told: bool,
    /// The latest verdict of each incident.
    verdicts: BTreeMap<String, (Stage, Verdict)>,
    run: Option<Run>,
    /// Whether an alert was just told, which is occasion enough for the run that follows.
    alert_was_told: bool,
    trouble: Option<anyhow::Error>,
}

/// Body of an intake entry.
#[derive(Deserialize)]
struct Arrival {
    alert: Alert,
    triage: TriageNote,
}

/// Body of an entry about a message that nobody could read.
#[derive(Deserialize)]
struct Rejection {
    reason: String,
}

/// Body of the first entry of an execution.
#[derive(Deserialize)]
struct Run {
    incident: String,
    occasion: String,
}

/// Body of the entry with the verdict.
#[derive(Deserialize)]
struct Ending {
    stage: Stage,
    verdict: Verdict,
}

impl<'a> Story<'a> {
    /// A story about what this topology names; told only if somebody listens.
    pub(crate) fn new(topology: &'a Topology, is_told: bool) -> Self {
        Self {
            topology,
            is_told,
            verdicts: BTreeMap::new(),
            run: None,
            alert_was_told: false,
            trouble: None,
        }
    }

    /// Tells what an entry says, if a person wants to see it.
    pub(crate) fn tell(&mut self, entry: &Entry) {
        if !self.is_told || self.trouble.is_some() {
            return;
        }
        let text = self.text(entry);
        if let Err(error) = output::print(&text) {
            self.trouble = Some(error);
        }
    }

    /// The end of the story.
    ///
    /// # Errors
    /// When it couldn't be told.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        self.trouble.map_or(Ok(()), Err)
    }

    fn text(&mut self, entry: &Entry) -> String {
        let names = names(self.topology);
        match entry.kind {
            Kind::Update => match read::<Arrival>(entry) {
                Some(arrival) => {
                    self.alert_was_told = true;
                    timeline::alert(entry.at, &arrival.alert, &names)
                        + &timeline::triage(&arrival.triage, &names)
                }
                None => String::new(),
            },
            Kind::Error => match read::<Rejection>(entry) {
                Some(rejection) => timeline::rejected(entry.at, &rejection.reason),
                None => timeline::trouble(entry.at, &entry.body),
            },
            Kind::Planning => {
                self.run = read::<Run>(entry).or_else(|| self.run.take());
                String::new()
            }
            Kind::RootCause => self.verdict(entry),
            Kind::FetchingData
            | Kind::Observation
            | Kind::Finding
            | Kind::InvestigationGap
            | Kind::UserRequest
            | Kind::InvestigationSummaryMd
            | Kind::MitigationSummaryMd
            | Kind::Hypothesis
            | Kind::Decision
            | Kind::Message => String::new(),
        }
    }

    fn verdict(&mut self, entry: &Entry) -> String {
        let (Some(run), Some(ending)) = (&self.run, read::<Ending>(entry)) else {
            return String::new();
        };
        let before = self.verdicts.get(&run.incident);
        let told = Told {
            at: entry.at,
            incident: &run.incident,
            occasion: (!self.alert_was_told).then_some(run.occasion.as_str()),
            stage: ending.stage,
            verdict: &ending.verdict,
            before: before.map(|(stage, verdict)| (*stage, verdict)),
        };
        let text = timeline::verdict(&told, &names(self.topology));
        self.alert_was_told = false;
        self.verdicts.insert(run.incident.clone(), (ending.stage, ending.verdict));
        text
    }
}

/// A body of this shape; other bodies of the same kind are for other readers.
fn read<T: for<'de> Deserialize<'de>>(entry: &Entry) -> Option<T> {
    serde_json::from_value(entry.body.clone()).ok()
}
