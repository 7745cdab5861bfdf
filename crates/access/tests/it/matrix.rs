//! Every role and every operation: a table to be read by people whenever it changes.

use nightjar_access::{Action, Decision, Effect, Guard, Identity, Role, Scope};

use crate::reach::identity;

fn letter(guard: &Guard, who: &Identity, action: Action, space: &str) -> char {
    let space = (action.scope() == Scope::Space).then_some(space);
    match guard.decide(who, action, space).decision {
        Decision::Allowed => 'A',
        Decision::Forbidden => '-',
        Decision::Invisible => '.',
    }
}

#[test]
fn the_matrix_of_roles_and_operations() {
    let guard = Guard::new();
    let mut table = "A allowed, - forbidden, . invisible\n".to_owned();
    table += "inst: administrator of the installation; for the others, own space and another\n\n";
    table += &format!("{:24}{:6}{:8}{:8}{:8}{}\n", "", "inst", "admin", "oper", "view", "hook");
    for action in Action::ALL.iter().copied() {
        let whole = identity(Role::Administrator, None);
        table += &format!("{:24}{:6}", action.label(), letter(&guard, &whole, action, "own"));
        for role in Role::ALL {
            let who = identity(role, Some("own"));
            let own = letter(&guard, &who, action, "own");
            let other = letter(&guard, &who, action, "other");
            match action.scope() {
                Scope::Installation => table += &format!("{own}       "),
                Scope::Space => table += &format!("{own} {other}     "),
            }
        }
        table = table.trim_end().to_owned() + "\n";
    }
    insta::assert_snapshot!(table);
}

#[test]
fn viewers_write_nothing() {
    let guard = Guard::new();
    let who = identity(Role::Viewer, Some("own"));
    for action in Action::ALL.iter().copied().filter(|action| action.effect() == Effect::Write) {
        assert_eq!(letter(&guard, &who, action, "own"), '-', "{action}");
    }
}

#[test]
fn what_a_lesser_role_may_do_a_greater_one_may_too() {
    let guard = Guard::new();
    let may = |role, action| letter(&guard, &identity(role, Some("own")), action, "own") == 'A';
    for action in Action::ALL.iter().copied() {
        assert!(!may(Role::Viewer, action) || may(Role::Operator, action), "{action}");
        assert!(!may(Role::Operator, action) || may(Role::Administrator, action), "{action}");
    }
}

#[test]
fn a_webhook_hands_in_alerts_and_nothing_else() {
    let guard = Guard::new();
    let who = identity(Role::Webhook, Some("own"));
    let may: Vec<&str> = Action::ALL
        .iter()
        .copied()
        .filter(|action| letter(&guard, &who, *action, "own") == 'A')
        .map(Action::label)
        .collect();
    assert_eq!(may, ["sendAlert"]);
}

#[test]
fn a_ruling_names_the_policies_that_decided() {
    let guard = Guard::new();
    let reason = |role, action, space| {
        guard.decide(&identity(role, Some("own")), action, Some(space)).reason.clone()
    };
    assert_eq!(reason(Role::Viewer, Action::ReadIncident, "own"), ["viewers-look"]);
    assert_eq!(reason(Role::Viewer, Action::ReadIncident, "other"), ["only-ones-own-space"]);
    assert_eq!(reason(Role::Viewer, Action::CreateKey, "own"), [""; 0]);
    assert_eq!(
        reason(Role::Administrator, Action::DeleteSpace, "other"),
        ["only-ones-own-space", "spaces-are-deleted-from-outside"]
    );
}

#[test]
fn a_key_of_all_spaces_may_do_in_each_what_one_of_the_space_may_and_nothing_to_the_installation() {
    let guard = Guard::new();
    for role in [Role::Operator, Role::Viewer] {
        let (wide, narrow) = (identity(role, None), identity(role, Some("own")));
        for action in Action::ALL.iter().copied() {
            assert_eq!(
                letter(&guard, &wide, action, "own"),
                letter(&guard, &narrow, action, "own"),
                "{role} {action}"
            );
        }
    }
}
