//! What was injected, in the form of a capsule's `expect.toml`, and where it stands in what Nightjar says.

use std::path::Path;

use anyhow::Context as _;
use nightjar_incident::{Expectation, ExpectedVerdict};
use serde::Serialize;

/// The truth about a fault.
pub(crate) struct Truth {
    pub(crate) expectation: Expectation,
    /// As it stands in the file.
    pub(crate) text: String,
}

/// One entity of a ranking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ranked {
    pub(crate) entity: String,
    pub(crate) fault_mode: String,
    pub(crate) confidence: f64,
}

impl Truth {
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("expect.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        Self::parse(text).with_context(|| format!("`{}` isn't as expected", path.display()))
    }

    fn parse(text: String) -> anyhow::Result<Self> {
        let expectation: Expectation = toml::from_str(&text)?;
        let has_cause = !expectation.causes.is_empty();
        let wants_cause = expectation.verdict == ExpectedVerdict::CauseFound;
        anyhow::ensure!(
            has_cause == wants_cause,
            "a verdict of `cause_found` has a `[[cause]]`, and no other has"
        );
        Ok(Self { expectation, text })
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_healthy(&self) -> bool {
        self.expectation.verdict == ExpectedVerdict::NoIncident
    }

    /// `entity/fault_mode`, for people.
    pub(crate) fn label(&self) -> String {
        let Some(cause) = self.expectation.causes.first() else { return "nothing".to_owned() };
        let mode = cause.fault_mode.map(|mode| mode.row().id).or(cause.fault_label.as_deref());
        format!("{}/{}", cause.entity, mode.unwrap_or("any"))
    }

    /// The place of the first right entity, counted from 1. An entity has one place, the first it is named at.
    pub(crate) fn rank(&self, ranked: &[Ranked]) -> Option<usize> {
        let mut places: Vec<&str> = Vec::new();
        for one in ranked {
            if !places.contains(&one.entity.as_str()) {
                places.push(&one.entity);
            }
        }
        places.iter().position(|entity| self.is_right(entity)).map(|place| place + 1)
    }

    /// Whether the fault mode first given for the right entity is the true one; none where the entity isn't named or
    /// the truth has no mode.
    pub(crate) fn is_mode_right(&self, ranked: &[Ranked]) -> Option<bool> {
        let wanted = self.expectation.causes.first()?.fault_mode?;
        let named = ranked.iter().find(|one| self.is_right(&one.entity))?;
        Some(named.fault_mode == wanted.row().id)
    }

    fn is_right(&self, entity: &str) -> bool {
        self.expectation.causes.iter().any(|cause| {
            cause.entity.as_str() == entity
                || cause.accept.iter().any(|accepted| accepted.as_str() == entity)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "verdict = \"cause_found\"\n[[cause]]\nentity = \"shop-db\"\nfault_mode = \"slow_query\"\naccept = [\"orders\"]\n";

    fn ranked(entities: &[(&str, &str)]) -> Vec<Ranked> {
        let one = |(entity, mode): &(&str, &str)| Ranked {
            entity: (*entity).to_owned(),
            fault_mode: (*mode).to_owned(),
            confidence: 0.5,
        };
        entities.iter().map(one).collect()
    }

    #[test]
    fn an_entity_has_one_place_and_an_accepted_one_is_as_good() {
        let truth = Truth::parse(TEXT.to_owned()).unwrap();
        assert_eq!(truth.rank(&ranked(&[("shop-db", "slow")])), Some(1));
        assert_eq!(
            truth.rank(&ranked(&[("cart", "slow"), ("cart", "failing"), ("orders", "slow")])),
            Some(2)
        );
        assert_eq!(truth.rank(&ranked(&[("cart", "slow")])), None);
        assert_eq!(truth.rank(&[]), None);
    }

    #[test]
    fn the_mode_is_judged_by_the_first_hypothesis_about_the_right_entity() {
        let truth = Truth::parse(TEXT.to_owned()).unwrap();
        assert_eq!(truth.is_mode_right(&ranked(&[("orders", "slow_query")])), Some(true));
        assert_eq!(
            truth.is_mode_right(&ranked(&[("orders", "slow"), ("shop-db", "slow_query")])),
            Some(false)
        );
        assert_eq!(truth.is_mode_right(&ranked(&[("cart", "slow_query")])), None);
    }

    #[test]
    fn a_truth_that_contradicts_itself_is_refused() {
        for wrong in [
            "",
            "verdict = \"cause_found\"",
            "verdict = \"perhaps\"",
            &TEXT.replace("cause_found", "no_incident"),
        ] {
            assert!(Truth::parse((*wrong).to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_fault_of_the_lab_has_a_truth_and_both_scripts() {
        use std::os::unix::fs::PermissionsExt as _;
        let faults = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults");
        let mut count = 0;
        for entry in std::fs::read_dir(faults).unwrap() {
            let folder = entry.unwrap().path();
            if Truth::read(&folder).unwrap().is_healthy() {
                continue;
            }
            count += 1;
            for script in ["inject", "heal"] {
                let mode = std::fs::metadata(folder.join(script)).unwrap().permissions().mode();
                assert!(mode & 0o111 != 0, "{} {script} can't be run", folder.display());
            }
        }
        assert!(count >= 12);
    }
}
