use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema,
};

use crate::action::{Action, Scope};
use crate::identity::Role;

pub(crate) const POLICIES: &str = include_str!("../policies.cedar");
pub(crate) const SCHEMA: &str = include_str!("../schema.cedarschema");

/// The policies as Cedar reads them.
pub(crate) struct Policies {
    pub(crate) schema: Schema,
    pub(crate) set: PolicySet,
    authorizer: Authorizer,
    types: Types,
}

struct Types {
    action: EntityTypeName,
    identity: EntityTypeName,
    installation: EntityTypeName,
    role: EntityTypeName,
    space: EntityTypeName,
}

/// Who asks, in which space something is wanted, and both as Cedar's entities: the same for all
/// operations.
pub(crate) struct Asker {
    principal: EntityUid,
    installation: EntityUid,
    space: EntityUid,
    entities: Entities,
}

/// What Cedar says, and the ids of the policies that decided; none where nothing permits.
pub(crate) struct Answer {
    pub(crate) is_allowed: bool,
    pub(crate) policies: Vec<String>,
}

impl Policies {
    pub(crate) fn parse() -> Self {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA)
            .expect("invariant: a test reads the schema that is compiled in");
        let set = PolicySet::from_str(POLICIES)
            .expect("invariant: a test reads the policies that are compiled in");
        let types = Types {
            action: type_name("Action"),
            identity: type_name("Identity"),
            installation: type_name("Installation"),
            role: type_name("Role"),
            space: type_name("Space"),
        };
        Self { schema, set, authorizer: Authorizer::new(), types }
    }

    /// Somebody with a role in a space (`home`) or in the whole installation, who wants something
    /// of `target`.
    ///
    /// Names become ids of entities as they are: they are never part of a text that is parsed.
    pub(crate) fn asker(&self, id: &str, role: Role, home: Option<&str>, target: &str) -> Asker {
        let principal = uid(&self.types.identity, id);
        let home = home.map(|name| uid(&self.types.space, name));
        let space = uid(&self.types.space, target);
        let attributes = home
            .iter()
            .map(|home| ("space".to_owned(), RestrictedExpression::new_entity_uid(home.clone())));
        let role = uid(&self.types.role, role.label());
        let identity = Entity::new(principal.clone(), attributes.collect(), [role].into())
            .expect("invariant: an id of an entity is a value in itself");
        let entities = Entities::from_entities([identity], Some(&self.schema))
            .expect("invariant: the schema knows identities with a role and perhaps a space");
        let installation = uid(&self.types.installation, "this");
        Asker { principal, installation, space, entities }
    }

    pub(crate) fn ask(&self, asker: &Asker, action: Action) -> Answer {
        let resource = match action.scope() {
            Scope::Installation => asker.installation.clone(),
            Scope::Space => asker.space.clone(),
        };
        let request = Request::new(
            asker.principal.clone(),
            uid(&self.types.action, action.label()),
            resource,
            Context::empty(),
            Some(&self.schema),
        )
        .expect("invariant: a test holds the schema against the table of operations");
        let response = self.authorizer.is_authorized(&request, &self.set, &asker.entities);
        let mut policies: Vec<String> =
            response.diagnostics().reason().map(|id| self.name(id)).collect();
        policies.sort();
        // A policy that fails is left out by Cedar: a broken one that forbids would open the door.
        let has_failed = response.diagnostics().errors().next().is_some();
        Answer { is_allowed: response.decision() == Decision::Allow && !has_failed, policies }
    }

    /// What a policy calls itself in its `@id`.
    fn name(&self, id: &cedar_policy::PolicyId) -> String {
        self.set.annotation(id, "id").map_or_else(|| id.to_string(), str::to_owned)
    }
}

fn type_name(name: &str) -> EntityTypeName {
    EntityTypeName::from_str(name).expect("invariant: the name of a type is one plain word")
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cedar_policy::{ValidationMode, Validator};

    use super::*;

    #[test]
    fn the_policies_obey_the_schema_strictly() {
        let policies = Policies::parse();
        let result =
            Validator::new(policies.schema).validate(&policies.set, ValidationMode::Strict);
        assert!(result.validation_passed_without_warnings(), "{result}");
    }

    #[test]
    fn every_policy_has_a_name_of_its_own() {
        let set = Policies::parse().set;
        let names: BTreeSet<&str> = set.policies().filter_map(|p| p.annotation("id")).collect();
        assert_eq!(names.len(), set.num_of_policies());
    }

    #[test]
    fn the_schema_knows_the_operations_of_the_table_and_no_others() {
        let policies = Policies::parse();
        let known: BTreeSet<(String, String)> = policies
            .schema
            .request_envs()
            .map(|it| (it.action().id().unescaped().to_owned(), it.resource().to_string()))
            .collect();
        let table = Action::ALL.iter().map(|action| {
            let resource = match action.scope() {
                Scope::Installation => "Installation",
                Scope::Space => "Space",
            };
            (action.label().to_owned(), resource.to_owned())
        });
        assert_eq!(known, table.collect());
    }

    #[test]
    fn a_webhook_without_its_space_opens_nothing() {
        let policies = Policies::parse();
        let asker = policies.asker("key", Role::Webhook, None, "shop");
        for action in Action::ALL {
            let answer = policies.ask(&asker, *action);
            assert!(!answer.is_allowed);
            assert!(answer.policies.iter().any(|policy| policy == "webhooks-belong-to-a-space"));
        }
    }

    #[test]
    fn the_installation_is_for_its_administrators() {
        let policies = Policies::parse();
        let of_it = || Action::ALL.iter().copied().filter(|a| a.scope() == Scope::Installation);
        for role in [Role::Operator, Role::Viewer] {
            let asker = policies.asker("key", role, None, "shop");
            for action in of_it() {
                let may = policies.ask(&asker, action).is_allowed;
                assert_eq!(may, action == Action::ListSpaces, "{role} {action}");
            }
        }
    }
}
