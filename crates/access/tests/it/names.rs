//! Names of roles and operations, and what can't become an identity.

use nightjar_access::{Action, Error, Identity, Role};

#[test]
fn roles_and_operations_have_one_name_everywhere() {
    for role in Role::ALL {
        assert_eq!(serde_json::to_value(role).unwrap(), role.label());
        assert_eq!(role.label().parse::<Role>().unwrap(), role);
    }
    for action in Action::ALL.iter().copied() {
        assert_eq!(serde_json::to_value(action).unwrap(), action.label());
        assert_eq!(action.label().parse::<Action>().unwrap(), action);
    }
}

#[test]
fn unknown_names_are_refused() {
    for name in ["", "Administrator", "root", "viewer "] {
        assert_eq!(name.parse::<Role>(), Err(Error::UnknownRole(name.to_owned())));
        assert!(serde_json::from_value::<Role>(name.into()).is_err());
    }
    for name in ["", "CreateSpace", "look", "createSpace\n"] {
        assert_eq!(name.parse::<Action>(), Err(Error::UnknownAction(name.to_owned())));
        assert!(serde_json::from_value::<Action>(name.into()).is_err());
    }
}

#[test]
fn only_administrators_are_of_the_whole_installation() {
    assert!(Identity::new("k".into(), Role::Administrator, None).is_ok());
    for role in [Role::Operator, Role::Viewer, Role::Webhook] {
        assert_eq!(Identity::new("k".into(), role, None), Err(Error::NeedsSpace(role)));
    }
}

#[test]
fn an_identity_without_a_name_is_refused() {
    let space = |name: &str| Some(name.to_owned());
    let new = |id: &str, space| Identity::new(id.into(), Role::Administrator, space);
    assert_eq!(new("", space("own")), Err(Error::Empty("id")));
    assert_eq!(new("k", space("")), Err(Error::Empty("space")));
}
