//! Webhooks of GitHub, and of forges that send the same: `deployment_status`, `deployment` and `push`.

use jiff::Timestamp;
use nightjar_incident::{Change, ChangeKind};
use serde_json::Value;

use super::{entities, id, line, page};
use crate::body::{Body, find, shorten};
use crate::refusal::Refusal;

pub(super) fn fits(message: &Value) -> bool {
    let has = |path: &str| find(message, path).is_some();
    let is_event = is_deployment(message) || is_push(message);
    is_ping(message) || (has("repository.full_name") && is_event)
}

/// The first message of a webhook, which says nothing.
fn is_ping(message: &Value) -> bool {
    ["zen", "hook_id"].iter().all(|path| find(message, path).is_some())
}

fn is_deployment(message: &Value) -> bool {
    ["deployment.id", "deployment.environment"].iter().all(|path| find(message, path).is_some())
}

fn is_push(message: &Value) -> bool {
    ["ref", "after", "commits"].iter().all(|path| find(message, path).is_some())
}

pub(super) fn read(message: &Value, received_at: Timestamp) -> Result<Vec<Change>, Refusal> {
    if is_ping(message) {
        return Err(Refusal::NoAlert("a webhook of a forge was set up".to_owned()));
    }
    match is_deployment(message) {
        true => deployment(message, received_at),
        false => push(message, received_at),
    }
}

/// A rollout counts from when it began; how it ended is told in the same change.
fn deployment(message: &Value, received_at: Timestamp) -> Result<Vec<Change>, Refusal> {
    let mut body = Body::new(message);
    let repository = body.need(&["repository.full_name"])?;
    let number = body.need(&["deployment.id"])?;
    let place = body.need(&["deployment.environment"])?;
    let Some(state) = body.text("deployment_status.state") else {
        let told = "the deployment is asked for; its status tells when it takes effect".to_owned();
        return Err(Refusal::NoAlert(told));
    };
    let told = match state.as_str() {
        "in_progress" | "success" => "",
        "failure" | "error" => " (it failed)",
        _ => {
            let told = format!("a deployment that is `{}` alters nothing", shorten(&state));
            return Err(Refusal::NoAlert(told));
        }
    };
    let version = body.text("deployment.ref").or_else(|| body.text("deployment.sha"));
    let about =
        body.text("deployment.description").map_or(String::new(), |text| format!(": {text}"));
    let version = version.unwrap_or_default();
    let at = body.time_of(&["deployment_status.updated_at", "deployment_status.created_at"]);
    let urls = ["deployment_status.log_url", "deployment_status.target_url", "repository.html_url"];
    Ok(vec![Change {
        id: id(&format!("{repository} deployment {number}")),
        kind: ChangeKind::Deployment,
        at: at.unwrap_or(received_at),
        entities: whose(&mut body, "deployment.payload"),
        summary: line(&format!("{version} to {place}{about}{told}")),
        author: body.text("deployment.creator.login").map(|name| line(&name)),
        previous: None,
        url: page(body.text_of(&urls)),
    }])
}

/// What reached the default branch, as one change.
fn push(message: &Value, received_at: Timestamp) -> Result<Vec<Change>, Refusal> {
    let mut body = Body::new(message);
    let reference = body.need(&["ref"])?;
    let after = body.need(&["after"])?;
    let main = body.text_of(&["repository.default_branch", "repository.master_branch"]);
    let branch = reference.strip_prefix("refs/heads/");
    let is_deleted = after.chars().all(|digit| digit == '0');
    let Some(branch) =
        branch.filter(|branch| main.as_deref().is_none_or(|main| main == *branch) && !is_deleted)
    else {
        let told = format!("a push to `{}` alters nothing that runs", shorten(&reference));
        return Err(Refusal::NoAlert(told));
    };
    let commits = body.list("commits").len();
    let title = body.text("head_commit.message").unwrap_or_default();
    let title = title.lines().next().unwrap_or_default().to_owned();
    let more =
        if commits > 1 { format!(" and {} more commits", commits - 1) } else { String::new() };
    let before = body.text("before").filter(|before| before.chars().any(|digit| digit != '0'));
    let short = |id: &str| line(id).chars().take(10).collect::<String>();
    Ok(vec![Change {
        // The commit's own id: a clone that is asked as well tells of the same change.
        id: id(&after),
        kind: ChangeKind::Commit,
        at: body.time("head_commit.timestamp").unwrap_or(received_at),
        entities: whose(&mut body, "head_commit.payload"),
        summary: line(&format!("{title}{more} ({branch})")),
        author: body.text_of(&["head_commit.author.name", "pusher.name"]).map(|name| line(&name)),
        previous: before.map(|before| short(&before)),
        url: page(body.text_of(&["compare", "head_commit.url"])),
    }])
}

/// What the sender says, else the repository's own name.
fn whose(body: &mut Body<'_>, place: &str) -> Vec<nightjar_topology::EntityId> {
    let mut names = body.names(&format!("{place}.entities"));
    names.extend(body.text(&format!("{place}.service")));
    if names.is_empty() {
        names.extend(body.text("repository.name"));
    }
    if names.is_empty() {
        let full = body.text("repository.full_name").unwrap_or_default();
        names.extend(full.rsplit('/').next().map(str::to_owned));
    }
    entities(names)
}
