//! A key of a space opens that space and no other, whatever names are used.

use nightjar_access::{Action, Decision, Guard, Identity, Role, Scope};
use proptest::prelude::*;

pub(crate) fn identity(role: Role, space: Option<&str>) -> Identity {
    Identity::new("key-1".to_owned(), role, space.map(str::to_owned))
        .expect("invariant: the tests make valid identities only")
}

/// Names that would change a policy if they ever became part of its text, or that look like one's
/// own.
const HOSTILE: [&str; 9] = [
    "x\" ; permit(principal, action, resource); //",
    "own\"",
    "Space::\"own\"",
    "own\0",
    "OWN",
    " own",
    "own/../own",
    "",
    "\u{43e}wn",
];

fn of_spaces() -> impl Iterator<Item = Action> {
    Action::ALL.iter().copied().filter(|action| action.scope() == Scope::Space)
}

#[test]
fn hostile_names_are_other_spaces() {
    let guard = Guard::new();
    for name in HOSTILE {
        for role in Role::ALL {
            for action in of_spaces() {
                let ruling = guard.decide(&identity(role, Some("own")), action, Some(name));
                assert_eq!(ruling.decision, Decision::Invisible, "{role} {action} `{name}`");
            }
        }
    }
}

#[test]
fn a_space_with_a_hostile_name_is_a_space_like_any_other() {
    let guard = Guard::new();
    for name in HOSTILE.into_iter().filter(|name| !name.is_empty()) {
        for role in Role::ALL {
            let (who, plain) = (identity(role, Some(name)), identity(role, Some("own")));
            for action in of_spaces() {
                assert_eq!(
                    guard.decide(&who, action, Some(name)),
                    guard.decide(&plain, action, Some("own"))
                );
                assert!(!guard.decide(&who, action, Some("own")).is_allowed());
            }
        }
    }
}

#[test]
fn an_operation_without_its_target_is_forbidden_to_everybody() {
    let guard = Guard::new();
    for role in Role::ALL {
        let mut askers = vec![identity(role, Some("own"))];
        if role != Role::Webhook {
            askers.push(identity(role, None));
        }
        for who in askers {
            for action in Action::ALL.iter().copied() {
                let wrong = (action.scope() == Scope::Installation).then_some("own");
                let ruling = guard.decide(&who, action, wrong);
                assert_eq!(ruling.decision, Decision::Forbidden);
                assert_eq!(ruling.reason, ["operation-and-target-differ"]);
            }
        }
    }
}

proptest! {
    #[test]
    fn nobody_of_a_space_is_ever_allowed_anything_in_another(
        own in "\\PC{1,8}",
        other in "\\PC{0,8}",
        role in proptest::sample::select(&Role::ALL[..]),
        action in proptest::sample::select(Action::ALL),
    ) {
        thread_local! {
            static GUARD: Guard = Guard::new();
        }
        prop_assume!(own != other && action.scope() == Scope::Space);
        let decision =
            GUARD.with(|g| g.decide(&identity(role, Some(&own)), action, Some(&other)).decision);
        prop_assert_eq!(decision, Decision::Invisible);
    }
}
