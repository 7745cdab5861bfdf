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
fn every_role_but_the_webhooks_can_be_of_all_spaces() {
    for role in [Role::Administrator, Role::Operator, Role::Viewer] {
        assert!(Identity::new("k".into(), role, None).is_ok());
    }
    let refused = Identity::new("k".into(), Role::Webhook, None);
    assert_eq!(refused, Err(Error::NeedsSpace(Role::Webhook)));
}

#[test]
fn an_identity_without_a_name_is_refused() {
    let space = |name: &str| Some(name.to_owned());
    let new = |id: &str, space| Identity::new(id.into(), Role::Administrator, space);
    assert_eq!(new("", space("own")), Err(Error::Empty("id")));
    assert_eq!(new("k", space("")), Err(Error::Empty("space")));
}
