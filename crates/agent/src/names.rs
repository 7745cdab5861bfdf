use nightjar_incident::journal::Entry;
use nightjar_incident::{AlertId, IncidentId};

/// What the intake's chain is called, where one recording is all there is.
const INTAKE: &str = "intake";

/// How chains, incidents and alerts are called: unique within what is kept together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names {
    play: Option<u64>,
}

impl Names {
    /// Names for one of many recordings that are played in one space: `play-3/intake`, `inc-3-1`,
    /// `alert-3-1`. Without a play they are `intake`, `inc-1`, `alert-1`.
    pub fn play(number: u64) -> Self {
        Self { play: Some(number) }
    }

    /// The names under which a journal was written, by what its intake's chain is called.
    pub fn of_journal(journal: &[Entry]) -> Self {
        journal.iter().find_map(|entry| Self::of_intake(&entry.chain)).unwrap_or_default()
    }

    /// The names by what the intake's chain is called; none if that isn't one.
    fn of_intake(chain: &str) -> Option<Self> {
        if chain == INTAKE {
            return Some(Self::default());
        }
        let number = chain.strip_prefix("play-")?.strip_suffix("/intake")?.parse().ok()?;
        Some(Self::play(number)).filter(|names| names.intake() == chain)
    }

    /// What the intake's chain is called.
    pub fn intake(self) -> String {
        match self.play {
            Some(play) => format!("play-{play}/{INTAKE}"),
            None => INTAKE.to_owned(),
        }
    }

    /// The id of an incident by its number, from 1.
    pub fn incident(self, number: usize) -> IncidentId {
        IncidentId::new(self.numbered("inc", number))
    }

    /// The id of an alert by its number, from 1.
    pub fn alert(self, number: usize) -> AlertId {
        AlertId::new(self.numbered("alert", number))
    }

    fn numbered(self, what: &str, number: usize) -> String {
        match self.play {
            Some(play) => format!("{what}-{play}-{number}"),
            None => format!("{what}-{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use nightjar_incident::SpaceId;
    use nightjar_incident::journal::{Chain, Kind};

    use super::*;

    fn of(chain: &str) -> Names {
        let mut chain = Chain::new(SpaceId::new("s"), chain);
        let at = "2026-11-23T03:00:00Z".parse().unwrap();
        Names::of_journal(&[chain.append(at, Kind::Update, "test", "body".into()).unwrap()])
    }

    #[test]
    fn a_play_puts_its_number_into_every_name() {
        let names = Names::play(7);
        assert_eq!(names.intake(), "play-7/intake");
        assert_eq!(names.incident(1).as_str(), "inc-7-1");
        assert_eq!(names.alert(12).as_str(), "alert-7-12");
        assert_eq!(Names::default().incident(1).as_str(), "inc-1");
    }

    #[test]
    fn a_journal_tells_the_names_it_was_written_under() {
        for names in [Names::default(), Names::play(0), Names::play(41)] {
            assert_eq!(of(&names.intake()), names);
        }
        for other in ["inc-1/exec-1", "play-x/intake", "play-07/intake", "play-1/intake/more"] {
            assert_eq!(of(other), Names::default(), "{other}");
        }
    }
}
