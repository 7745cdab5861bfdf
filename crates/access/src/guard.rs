use std::collections::BTreeMap;

use crate::action::{Action, Scope};
use crate::identity::{Identity, Role};
use crate::policies::Policies;

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It may be done.
    Allowed,
    /// It may not be done, and the one who asks may know that.
    Forbidden,
    /// The space isn't theirs: the answer must be the same as if it didn't exist.
    Invisible,
}

/// A decision, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// The names of the policies that decided, in order of the alphabet, for the audit trail. None
    /// where no policy permits what was asked.
    pub reason: Vec<String>,
}

impl Ruling {
    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        self.decision == Decision::Allowed
    }
}

/// Decides who may do what.
///
/// Of a request only three things count: the role, the operation, and whether the space is one's
/// own. That is few enough to ask Cedar about all of it beforehand; the policies themselves aren't
/// kept.
pub struct Guard {
    rulings: BTreeMap<(Role, Standing, Action), Ruling>,
    misdirected: Ruling,
}

/// Where somebody stands towards what they want something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Of the whole installation.
    Installation,
    /// Of a space, and asks for something of that space or of the installation.
    Home,
    /// Of another space.
    Away,
}

impl Guard {
    /// Reads the policies and answers everything that can be asked.
    pub fn new() -> Self {
        let policies = Policies::parse();
        let mut rulings = BTreeMap::new();
        for role in Role::ALL {
            for standing in [Standing::Installation, Standing::Home, Standing::Away] {
                let (home, target) = match standing {
                    Standing::Installation => (None, "one"),
                    Standing::Home => (Some("one"), "one"),
                    Standing::Away => (Some("one"), "another"),
                };
                let asker = policies.asker("somebody", role, home, target);
                for action in Action::ALL.iter().copied() {
                    let answer = policies.ask(&asker, action);
                    let decision = match (answer.is_allowed, standing) {
                        (true, _) => Decision::Allowed,
                        (false, Standing::Installation | Standing::Home) => Decision::Forbidden,
                        (false, Standing::Away) => Decision::Invisible,
                    };
                    let ruling = Ruling { decision, reason: answer.policies };
                    rulings.insert((role, standing, action), ruling);
                }
            }
        }
        let misdirected = Ruling {
            decision: Decision::Forbidden,
            reason: vec!["operation-and-target-differ".to_owned()],
        };
        Self { rulings, misdirected }
    }

    /// Whether somebody may do something in a space or, without one, to the installation.
    ///
    /// An operation of a space that names none, or one of the installation that names a space, is
    /// a mistake of the caller and forbidden to everybody.
    pub fn decide(&self, who: &Identity, action: Action, space: Option<&str>) -> &Ruling {
        let standing = match (action.scope(), who.space(), space) {
            (Scope::Installation, _, Some(_)) | (Scope::Space, _, None) => {
                return &self.misdirected;
            }
            (Scope::Installation | Scope::Space, None, _) => Standing::Installation,
            (Scope::Installation, Some(_), None) => Standing::Home,
            (Scope::Space, Some(home), Some(target)) if home == target => Standing::Home,
            (Scope::Space, Some(_), Some(_)) => Standing::Away,
        };
        self.rulings
            .get(&(who.role(), standing, action))
            .expect("invariant: `new` asked for every role, standing and operation")
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Names that would break out of a text, beside any others.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("x\" ; permit(principal, action, resource); //".to_owned()),
            Just("one".to_owned()),
            Just("another".to_owned()),
            Just("Space::\"one\"".to_owned()),
            Just("\\u{22}\0\n".to_owned()),
            "[ab]",
            "\\PC{1,12}",
        ]
    }

    proptest! {
        /// The table was made of two names; Cedar itself, asked with the real ones, says the same.
        #[test]
        fn the_table_says_what_cedar_says(
            id in name(),
            home in proptest::option::of(name()),
            target in name(),
            role in proptest::sample::select(&Role::ALL[..]),
            action in proptest::sample::select(Action::ALL),
        ) {
            thread_local! {
                static BOTH: (Guard, Policies) = (Guard::new(), Policies::parse());
            }
            let home = if role == Role::Webhook { home.or(Some("a".into())) } else { home };
            let who = Identity::new(id.clone(), role, home.clone()).unwrap();
            let space = (action.scope() == Scope::Space).then_some(target.as_str());
            BOTH.with(|(guard, policies)| {
                let asker = policies.asker(&id, role, home.as_deref(), &target);
                let answer = policies.ask(&asker, action);
                let ruling = guard.decide(&who, action, space);
                prop_assert_eq!(ruling.is_allowed(), answer.is_allowed);
                prop_assert_eq!(&ruling.reason, &answer.policies);
                Ok(())
            })?;
        }
    }
}
