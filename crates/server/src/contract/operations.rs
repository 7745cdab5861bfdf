//! The table of operations: what the policies are asked about, and who answers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures::future::BoxFuture;
use nightjar_access::Action;
use serde_json::Value;

use super::input::Asked;
use super::{
    associations, executions, goals, journal, later, operator, recommendations, services, spaces,
    tags, tasks, triggers, usage, webhooks,
};
use crate::problem::Problem;

/// What an operation is done to, and what the policies call it.
#[derive(Clone, Copy)]
pub(super) enum About {
    Installation(Action),
    /// The space that the path names.
    Space(Action),
    /// What the ARN in the path names.
    Resource {
        of_space: Action,
        of_service: Action,
    },
}

pub(super) type Handler = fn(Asked) -> BoxFuture<'static, Result<Value, Problem>>;

/// An operation that is there.
pub(super) struct Row {
    pub(super) about: About,
    pub(super) handler: Handler,
    /// Where the handler stands, for the tests.
    #[cfg(test)]
    path: &'static str,
}

/// The row of an operation; the tests see to it that each of the contract has one.
pub(super) fn row(operation: &str) -> Option<&'static Row> {
    ROWS.get(operation)
}

macro_rules! rows {
    ($($operation:literal $about:ident($($what:tt)*) $handler:path;)*) => {
        static ROWS: LazyLock<BTreeMap<&'static str, Row>> = LazyLock::new(|| {
            BTreeMap::from([$((
                $operation,
                Row {
                    about: rows!(@ $about $($what)*),
                    handler: |asked| Box::pin($handler(asked)),
                    #[cfg(test)]
                    path: stringify!($handler),
                },
            )),*])
        });
    };
    (@ Installation $action:ident) => { About::Installation(Action::$action) };
    (@ Space $action:ident) => { About::Space(Action::$action) };
    (@ Resource $space:ident $service:ident) => {
        About::Resource { of_space: Action::$space, of_service: Action::$service }
    };
}

rows! {
    "CreateAgentSpace" Installation(CreateSpace) spaces::create;
    "GetAgentSpace" Space(ReadSpace) spaces::get;
    "ListAgentSpaces" Installation(ListSpaces) spaces::list;
    "UpdateAgentSpace" Space(UpdateSpace) spaces::update;
    "DeleteAgentSpace" Space(DeleteSpace) spaces::delete;

    "RegisterService" Installation(RegisterService) services::register;
    "GetService" Installation(ReadService) services::get;
    "ListServices" Installation(ListServices) services::list;
    "DeregisterService" Installation(DeregisterService) services::deregister;

    "AssociateService" Space(CreateConnection) associations::associate;
    "GetAssociation" Space(ReadConnection) associations::get;
    "ListAssociations" Space(ListConnections) associations::list;
    "UpdateAssociation" Space(UpdateConnection) associations::update;
    "DisassociateService" Space(DeleteConnection) associations::disassociate;
    "ValidateAwsAssociations" Space(ReadConnection) associations::validate;
    "ListWebhooks" Space(ListWebhooks) webhooks::list;

    "EnableOperatorApp" Space(UpdateSignIn) operator::enable;
    "GetOperatorApp" Space(ReadSignIn) operator::get;
    "DisableOperatorApp" Space(UpdateSignIn) operator::disable;
    "UpdateOperatorAppIdpConfig" Space(UpdateSignIn) operator::update_idp;

    "ListTagsForResource" Resource(ReadSpace ReadService) tags::list;
    "TagResource" Resource(UpdateSpace TagService) tags::tag;
    "UntagResource" Resource(UpdateSpace TagService) tags::untag;

    "CreateBacklogTask" Space(StartInvestigation) tasks::create;
    "GetBacklogTask" Space(ReadTask) tasks::get;
    "ListBacklogTasks" Space(ListTasks) tasks::list;
    "UpdateBacklogTask" Space(UpdateTask) tasks::update;
    "ListExecutions" Space(ReadTask) executions::list;
    "ListJournalRecords" Space(ReadJournal) journal::list;

    "ListGoals" Space(ListGoals) goals::list;
    "UpdateGoal" Space(UpdateGoal) goals::update;
    "ListRecommendations" Space(ListRecommendations) recommendations::list;
    "GetRecommendation" Space(ReadRecommendation) recommendations::get;
    "UpdateRecommendation" Space(UpdateRecommendation) recommendations::update;

    "CreateTrigger" Space(CreateTrigger) triggers::create;
    "GetTrigger" Space(ReadTrigger) triggers::get;
    "ListTriggers" Space(ListTriggers) triggers::list;
    "UpdateTrigger" Space(UpdateTrigger) triggers::update;
    "DeleteTrigger" Space(DeleteTrigger) triggers::delete;

    "GetAccountUsage" Installation(ReadUsage) usage::get;

    // What isn't there yet: the input is read whole, and the answer says so.
    "CreatePrivateConnection" Installation(RegisterService) later::private_connections;
    "DescribePrivateConnection" Installation(ReadService) later::private_connections;
    "ListPrivateConnections" Installation(ListServices) later::private_connections;
    "DeletePrivateConnection" Installation(DeregisterService) later::private_connections;
    "UpdatePrivateConnectionCertificate" Installation(RegisterService) later::private_connections;
    "CreateAsset" Space(UpdateSpace) later::assets;
    "GetAsset" Space(ReadSpace) later::assets;
    "ListAssets" Space(ReadSpace) later::assets;
    "UpdateAsset" Space(UpdateSpace) later::assets;
    "DeleteAsset" Space(UpdateSpace) later::assets;
    "GetAssetContent" Space(ReadSpace) later::assets;
    "CreateAssetFile" Space(UpdateSpace) later::assets;
    "GetAssetFile" Space(ReadSpace) later::assets;
    "ListAssetFiles" Space(ReadSpace) later::assets;
    "UpdateAssetFile" Space(UpdateSpace) later::assets;
    "DeleteAssetFile" Space(UpdateSpace) later::assets;
    "ListAssetVersions" Space(ReadSpace) later::assets;
    "ListAssetTypes" Installation(ListSpaces) later::assets;
    "CreateChat" Space(StartInvestigation) later::chats;
    "GetChat" Space(ReadTask) later::chats;
    "ListChats" Space(ListTasks) later::chats;
    "UpdateChat" Space(StartInvestigation) later::chats;
    "SendMessage" Space(StartInvestigation) later::chats;
    "ListPendingMessages" Space(ReadTask) later::chats;
    "UpdateApprovalAction" Space(UpdateTask) later::approvals;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_contract_has_a_row_and_no_other() {
        let names: Vec<&str> = nightjar_contract::operations().iter().map(|o| o.name()).collect();
        assert_eq!(names.len(), 65);
        for name in &names {
            assert!(row(name).is_some(), "{name}");
        }
        assert_eq!(ROWS.len(), names.len());
    }

    #[test]
    fn everything_that_policies_decide_about_can_be_asked_for() {
        let described = crate::openapi();
        // It comes with the intake of webhooks.
        let later = [Action::SendAlert];
        for action in Action::ALL.iter().copied().filter(|action| !later.contains(action)) {
            let name = format!("\"operationId\": \"{action}\"");
            let is_here = |row: &Row| match row.about {
                About::Installation(asked) | About::Space(asked) => asked == action,
                About::Resource { of_space, of_service } => {
                    of_space == action || of_service == action
                }
            };
            let is_there = described.contains(&name) || ROWS.values().any(is_here);
            assert!(is_there, "`{action}` can't be asked for");
        }
    }

    #[test]
    fn the_page_tells_what_is_there_and_what_is_not() {
        let page = include_str!("../../../../docs/aws-compatibility.md");
        let told = |name: &str| {
            let line = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")))?;
            line.split('|').nth(2).map(str::trim)
        };
        for (name, row) in ROWS.iter() {
            let is_later = row.path.starts_with("later");
            let state =
                told(name).unwrap_or_else(|| panic!("docs/aws-compatibility.md lacks {name}"));
            assert_eq!(state == "not yet", is_later, "{name} is `{state}` there");
            assert!(matches!(state, "works" | "stored" | "not yet"), "{name}: {state}");
        }
    }
}
