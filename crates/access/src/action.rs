use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What an operation is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The service as a whole.
    Installation,
    /// One space, which the request names.
    Space,
}

/// Whether an operation leaves anything behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It can be repeated or dropped unseen.
    Read,
    /// It changes something, or tells something of which a trace must stay.
    Write,
}

/// Makes the enum of operations and what is known of each from one table, so that no operation
/// can lack a row and no row an operation.
macro_rules! actions {
    ($($action:ident $label:literal $scope:ident $effect:ident $summary:literal)*) => {
        /// Everything that can be asked of the service. The names are those of the API's
        /// operations and of the audit trail.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "camelCase")]
        pub enum Action {
            $(#[doc = $summary] $action,)*
        }

        impl Action {
            /// All operations, those of the installation first.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            /// The name as in the API, policies, audit trail and documents.
            pub fn label(self) -> &'static str {
                match self { $(Self::$action => $label,)* }
            }

            /// What it is done to.
            pub fn scope(self) -> Scope {
                match self { $(Self::$action => Scope::$scope,)* }
            }

            /// Whether it leaves anything behind.
            pub fn effect(self) -> Effect {
                match self { $(Self::$action => Effect::$effect,)* }
            }

            /// What it does, in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$action => $summary,)* }
            }
        }
    };
}

actions! {
    ListSpaces "listSpaces" Installation Read "Lists the spaces that one's key opens."
    CreateSpace "createSpace" Installation Write "Makes a space."
    ReadHealthDetails "readHealthDetails" Installation Read "Shows the state of every part of the service."
    ReadMetrics "readMetrics" Installation Read "Reads the service's own metrics."
    ReadAudit "readAudit" Installation Read "Reads the audit trail of the whole installation."
    VerifyJournal "verifyJournal" Installation Read "Checks the hash chains of all journals."
    ExportCheckpoints "exportCheckpoints" Installation Read "Lists the signed checkpoints of the audit trail."
    CreateInstallationKey "createInstallationKey" Installation Write "Makes a key for the whole installation."
    ListInstallationKeys "listInstallationKeys" Installation Read "Lists the keys for the whole installation, without their secrets."
    RevokeInstallationKey "revokeInstallationKey" Installation Write "Ends a key for the whole installation."
    RegisterService "registerService" Installation Write "Registers an outside service, with its credentials, for spaces to be associated with."
    ListServices "listServices" Installation Read "Lists the registered services, without their secrets."
    ReadService "readService" Installation Read "Shows a registered service, without its secrets."
    TagService "tagService" Installation Write "Changes the tags of a registered service."
    DeregisterService "deregisterService" Installation Write "Ends the registration of a service."
    ReadUsage "readUsage" Installation Read "Shows how long investigations ran this month."

    ReadSpace "readSpace" Space Read "Shows a space and its settings."
    UpdateSpace "updateSpace" Space Write "Changes the settings of a space."
    DeleteSpace "deleteSpace" Space Write "Deletes a space with everything in it."
    CreateKey "createKey" Space Write "Makes a key for a space."
    ListKeys "listKeys" Space Read "Lists the keys of a space, without their secrets."
    RevokeKey "revokeKey" Space Write "Ends a key of a space."
    CreateSignInLink "createSignInLink" Space Write "Makes a link that signs a person in, once."
    ListSessions "listSessions" Space Read "Lists who is signed in to a space."
    EndSession "endSession" Space Write "Signs somebody else out."
    ReadSignIn "readSignIn" Space Read "Shows the provider that people of a space sign in with, without its secret."
    UpdateSignIn "updateSignIn" Space Write "Changes the provider that people of a space sign in with, and who may do what."
    CreateConnection "createConnection" Space Write "Connects a space with a system to ask."
    ListConnections "listConnections" Space Read "Lists the connections of a space."
    ReadConnection "readConnection" Space Read "Shows a connection, without its secrets."
    UpdateConnection "updateConnection" Space Write "Changes the settings of a connection."
    DeleteConnection "deleteConnection" Space Write "Ends a connection."
    CreateWebhook "createWebhook" Space Write "Makes an address that an alerting system sends its messages to."
    ReadWebhook "readWebhook" Space Read "Shows such an address, without its secret."
    RotateWebhookSecret "rotateWebhookSecret" Space Write "Gives a webhook a new secret; the old one is valid for a while."
    DeleteWebhook "deleteWebhook" Space Write "Ends a webhook."
    ListDeliveries "listDeliveries" Space Read "Lists the messages that webhooks took in or rejected."
    ReadDelivery "readDelivery" Space Read "Shows a message as it came, and what became of it."
    ListChanges "listChanges" Space Read "Lists the changes that systems told of over webhooks."
    ReadChange "readChange" Space Read "Shows a change that a system told of over a webhook."
    ListWebhooks "listWebhooks" Space Read "Lists the addresses that outside services send alerts to, without their secrets."
    CreateSubscription "createSubscription" Space Write "Has events sent to an address."
    ListSubscriptions "listSubscriptions" Space Read "Lists where events are sent to, without secrets and whole addresses."
    ReadSubscription "readSubscription" Space Read "Shows where events are sent to, without secrets."
    UpdateSubscription "updateSubscription" Space Write "Changes or pauses where events are sent to, exchanges its secret, or tries it."
    DeleteSubscription "deleteSubscription" Space Write "Ends sending events to an address."
    ListEvents "listEvents" Space Read "Lists events that were sent or are to be sent."
    RetryEvent "retryEvent" Space Write "Has an event sent again."
    UploadCapsule "uploadCapsule" Space Write "Takes in a recorded incident."
    ListCapsules "listCapsules" Space Read "Lists the recorded incidents of a space."
    ReadCapsule "readCapsule" Space Read "Tells what a recorded incident holds."
    ExportCapsule "exportCapsule" Space Read "Hands out a recorded incident as files."
    DeleteCapsule "deleteCapsule" Space Write "Deletes a recorded incident."
    SendAlert "sendAlert" Space Write "Hands in an alert of a monitoring system."
    ListAlerts "listAlerts" Space Read "Lists alerts."
    ReadAlert "readAlert" Space Read "Shows an alert as it came and as it was understood."
    ListIncidents "listIncidents" Space Read "Lists incidents."
    ReadIncident "readIncident" Space Read "Shows an incident with its alerts."
    LinkAlert "linkAlert" Space Write "Says that an alert belongs to an incident."
    UnlinkAlert "unlinkAlert" Space Write "Says that an alert doesn't belong to an incident."
    SkipAlert "skipAlert" Space Write "Says that an alert asks for nothing."
    UnskipAlert "unskipAlert" Space Write "Has an alert investigated that was skipped."
    StartInvestigation "startInvestigation" Space Write "Starts an investigation."
    LookAgain "lookAgain" Space Write "Has an incident investigated once more."
    ListInvestigations "listInvestigations" Space Read "Lists investigations."
    ReadInvestigation "readInvestigation" Space Read "Shows an investigation and where it stands."
    ListTasks "listTasks" Space Read "Lists tasks: one per alert or manual start."
    ReadTask "readTask" Space Read "Shows a task and where it stands."
    UpdateTask "updateTask" Space Write "Cancels a task, or has it done again."
    ReadTopology "readTopology" Space Read "Shows what depends on what."
    ListEvidence "listEvidence" Space Read "Lists what connections answered."
    ReadEvidence "readEvidence" Space Read "Shows one answer with its query."
    ReadHypotheses "readHypotheses" Space Read "Shows what was considered, and what speaks for and against it."
    ReadRootCause "readRootCause" Space Read "Shows the verdict."
    ReadPlan "readPlan" Space Read "Shows the mitigation plan."
    ReadGaps "readGaps" Space Read "Shows what couldn't be seen."
    GiveFeedback "giveFeedback" Space Write "Says whether a verdict was right."
    ListFeedback "listFeedback" Space Read "Lists what people said about verdicts."
    ListGoals "listGoals" Space Read "Lists what recommendations are looked for, and when."
    UpdateGoal "updateGoal" Space Write "Says whether recommendations are looked for by schedule."
    ListRecommendations "listRecommendations" Space Read "Lists recommendations."
    ReadRecommendation "readRecommendation" Space Read "Shows a recommendation."
    UpdateRecommendation "updateRecommendation" Space Write "Accepts, rejects or closes a recommendation."
    CreateTrigger "createTrigger" Space Write "Has something done by schedule."
    ListTriggers "listTriggers" Space Read "Lists what is done by schedule."
    ReadTrigger "readTrigger" Space Read "Shows what is done by schedule."
    UpdateTrigger "updateTrigger" Space Write "Turns a schedule on or off."
    DeleteTrigger "deleteTrigger" Space Write "Ends a schedule."
    ReadJournal "readJournal" Space Read "Reads the journal of a space."
    StreamJournal "streamJournal" Space Read "Follows the journal of a space as it grows."
    VerifySpaceJournal "verifySpaceJournal" Space Read "Checks the hash chains of a space's journal."
    CreateCheckpoint "createCheckpoint" Space Write "Signs where a space's journal stands."
    ListCheckpoints "listCheckpoints" Space Read "Lists the signed checkpoints of a space's journal."
    ReadSpaceAudit "readSpaceAudit" Space Read "Reads the audit trail of a space."
    ReadRedactionPolicy "readRedactionPolicy" Space Read "Shows what is redacted in a space."
    UpdateRedactionPolicy "updateRedactionPolicy" Space Write "Changes what is redacted in a space."
    ReadRules "readRules" Space Read "Shows what a space says about how it is worked on, and its budgets."
    UpdateRules "updateRules" Space Write "Changes how a space is worked on, and its budgets."
    ReadSpaceUsage "readSpaceUsage" Space Read "Shows what investigations of a space have cost, day by day."
    RevealOriginal "revealOriginal" Space Write "Shows what a redacted value was; the audit trail tells who asked."
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.label())
    }
}

impl FromStr for Action {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let action = Self::ALL.iter().copied().find(|action| action.label() == text);
        action.ok_or_else(|| Error::UnknownAction(text.to_owned()))
    }
}
