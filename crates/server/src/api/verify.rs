use axum::Json;
use axum::extract::State;
use nightjar_access::Action;
use nightjar_store::{Finding as StoreFinding, Report};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .slow(Access::Action(Action::VerifySpaceJournal), routes!(space))
        .slow(Access::Action(Action::VerifyJournal), routes!(installation))
}

/// What verification saw.
#[derive(Serialize, ToSchema)]
struct Verification {
    /// Whether everything is as it was written.
    is_sound: bool,
    /// Chains looked at.
    chains: u64,
    /// Entries looked at.
    entries: u64,
    /// Bodies that were opened; fewer than entries where a space's key is gone.
    opened: u64,
    /// Checkpoints whose signature was verified.
    checkpoints: u64,
    /// Chains dropped on purpose.
    pruned: Vec<Pruned>,
    /// All that is wrong.
    findings: Vec<Finding>,
}

/// A chain that was dropped on purpose.
#[derive(Serialize, ToSchema)]
struct Pruned {
    /// Its name.
    chain: String,
    /// The checkpoint that covers it.
    checkpoint: u64,
}

/// Something that isn't as it was written.
#[derive(Serialize, ToSchema)]
struct Finding {
    /// The space; none: the audit trail.
    #[schema(required)]
    space: Option<String>,
    /// The chain.
    chain: String,
    /// The entry's number, where it is one entry.
    #[schema(required)]
    seq: Option<u64>,
    /// What is wrong, in one sentence.
    problem: String,
}

impl From<Report> for Verification {
    fn from(report: Report) -> Self {
        let pruned = report.pruned.into_iter();
        let finding = |finding: StoreFinding| Finding {
            space: finding.space.map(|space| space.to_string()),
            chain: finding.chain,
            seq: finding.seq,
            problem: finding.problem,
        };
        Self {
            is_sound: report.findings.is_empty(),
            chains: report.chains,
            entries: report.entries,
            opened: report.opened,
            checkpoints: report.checkpoints,
            pruned: pruned.map(|(chain, checkpoint)| Pruned { chain, checkpoint }).collect(),
            findings: report.findings.into_iter().map(finding).collect(),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/journal/verify",
    responses((status = 200, description = "What was seen.", body = Verification)))]
async fn space(InSpace(space): InSpace) -> Answer<Json<Verification>> {
    Ok(Json(space.verify(&[]).await?.into()))
}

#[utoipa::path(get, path = "/api/v1/journal/verify",
    responses((status = 200, description = "What was seen.", body = Verification)))]
async fn installation(State(app): State<App>) -> Answer<Json<Verification>> {
    Ok(Json(app.store.verify(&[]).await?.into()))
}
