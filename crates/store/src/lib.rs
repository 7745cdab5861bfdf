//! Everything that lasts: SQLite or PostgreSQL, blobs, keys, the journal and the audit trail.
//!
//! The only database and the only blobs of the project's own. Whatever belongs to a space is reached through a
//! [`Space`], so that a query without one doesn't compile; bodies are sealed with the space's key
//! before they leave this room. Time and randomness enter here and nowhere below.
//!
//! *Doesn't know* what an investigation decides, nor who may ask: it keeps, finds and proves.

mod alerts;
mod audit;
mod blobs;
mod capsules;
mod changes;
mod checkpoints;
mod connections;
mod credentials;
mod crypto;
mod db;
mod deliveries;
mod documents;
mod error;
mod evidence;
mod feedback;
mod heads;
mod incidents;
mod installation;
mod investigations;
mod journal;
mod keys;
mod live;
mod maintain;
mod once;
mod open;
mod outbox;
mod page;
mod sealed;
mod secret;
mod sessions;
mod sign_in;
mod sitting;
mod spaces;
mod takes;
mod tasks;
mod usage;
mod verify;
mod watch;
mod work;

pub use alerts::{AlertRecord, NewMessage};
pub use audit::{AuditEntry, AuditFilter, NewAudit, Outcome};
pub use capsules::{CapsuleRecord, NewCapsule};
pub use changes::{Arrived, ChangeRecord, Told};
pub use checkpoints::{ChainHead, Checkpoint};
pub use connections::{ConnectionRecord, NewConnection};
pub use credentials::{AccessKey, Holder, IssuedKey, NewKey};
pub use deliveries::{DeliveryFilter, DeliveryRecord, DeliveryStatus, NewDelivery};
pub use documents::{Collection, Document, DocumentFilter, Documents, NewDocument};
pub use error::{Error, Result};
pub use evidence::EvidenceRecord;
pub use feedback::{FeedbackRecord, NewFeedback, Rating};
pub use incidents::{IncidentFilter, IncidentRecord};
pub use investigations::{InvestigationRecord, InvestigationState};
pub use journal::{Appended, ChainEnds, JournalEntry, NewEntry};
pub use keys::{KeyService, MasterKeyFile};
pub use live::LiveIncident;
pub use maintain::Maintained;
pub use once::{Created, Once};
pub use open::{Health, Options, Store};
pub use outbox::{
    About, Dispatch, DispatchFilter, DispatchRecord, DispatchState, Event, EventKind,
    NewSubscription, OutboxDepth, OutboxKeeping, RecommendationFacts, SigningSecret, Subscription,
    TaskFacts,
};
pub use page::{Page, PageRequest};
pub use secret::{new_secret, new_signing_secret};
pub use sessions::{SessionRecord, SignInLink, csrf_of};
pub use sign_in::ProviderSession;
pub use sitting::{LiveAlert, Opened, Placed, Sitting, TaskMove};
pub use spaces::{KeptRules, NewSpace, Profile, Space, SpaceRecord, SpaceSettings};
pub use takes::Take;
pub use tasks::{
    Cancel, Decide, NewTask, Priority, TaskCause, TaskFilter, TaskKind, TaskOrder, TaskOutcome,
    TaskPlan, TaskRecord, TaskReference, TaskSort, TaskStart, TaskState, TaskStatus, TaskVerdict,
};
pub use usage::{Spent, SpentLately, UsageDay};
pub use verify::{Finding, Report};
pub use work::{Job, JobKind, Waiting};
