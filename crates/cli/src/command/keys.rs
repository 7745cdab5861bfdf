use anyhow::Context as _;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use nightjar_incident::SpaceId;
use nightjar_store::{AccessKey, Error, NewAudit, NewKey, Outcome, PageRequest, Store};
use serde_json::json;

use crate::arguments::{KeyRole, Keys, Place};
use crate::exit::Exit;
use crate::installation::Installation;
use crate::output::{self, advice, advise};
use crate::runtime;
use crate::terminal::text::{STRONG, WIDTH, Words, harmless};

/// Keys read at a time.
const PAGE: usize = 200;

/// Makes, lists and revokes access keys.
pub(crate) fn run(command: &Keys, is_json: bool) -> anyhow::Result<Exit> {
    let place = match command {
        Keys::Create { place, .. } | Keys::List { place, .. } | Keys::Revoke { place, .. } => place,
    };
    runtime::wait(async {
        let store = open(place).await?;
        let done = match command {
            Keys::Create { role, space, name, expires, .. } => {
                create(&store, *role, space.as_deref(), name, expires.as_ref(), is_json).await
            }
            Keys::List { space, .. } => list(&store, space.as_deref(), is_json).await,
            Keys::Revoke { id, .. } => revoke(&store, id, is_json).await,
        };
        store.close().await;
        done
    })
}

async fn open(place: &Place) -> anyhow::Result<Store> {
    Installation::open(place, Vec::new())?.store().await
}

async fn create(
    store: &Store,
    role: KeyRole,
    space: Option<&str>,
    name: &str,
    expires: Option<&Span>,
    is_json: bool,
) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let space = match space {
        Some(id) => Some(known_space(store, id).await?),
        None if matches!(role, KeyRole::Webhook) => {
            let hint = "say which with --space ID";
            return Err(advice("a webhook's key belongs to one space", hint));
        }
        None => None,
    };
    let new = NewKey {
        role: label(role).to_owned(),
        space: space.clone(),
        name: name.to_owned(),
        expires_at: expires.map(|span| end(now, span)).transpose()?,
    };
    let issued = store.issue_key(new, None, now).await.context("issuing a key")?.into_inner();
    let operation = if space.is_some() { "createKey" } else { "createInstallationKey" };
    note(store, operation, space, &issued.key.id, now).await?;
    if is_json {
        output::print_json(&json!({
            "accessKeyId": issued.key.id,
            "secretAccessKey": issued.secret_access_key,
            "token": issued.token,
        }))?;
        return Ok(Exit::Done);
    }
    let role = label(role);
    let article = if role.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let head = format!("key of {article} {role}");
    let mut out = Words::new().styled(STRONG, &head).plain(&of(&issued.key)).flow("", WIDTH);
    out.push_str(&format!("  access key id      {}\n", issued.key.id));
    out.push_str(&format!("  secret access key  {}\n", issued.secret_access_key));
    out.push_str(&format!("  bearer token       {}\n", issued.token));
    output::print(&out)?;
    output::remark("the secrets are shown this once; keep them in a secret store");
    Ok(Exit::Done)
}

async fn list(store: &Store, space: Option<&str>, is_json: bool) -> anyhow::Result<Exit> {
    let space = space.map(SpaceId::new);
    let mut keys = Vec::new();
    let mut page = PageRequest { limit: PAGE, after: None };
    loop {
        let found = store.access_keys(space.as_ref(), &page).await.context("listing keys")?;
        keys.extend(found.items);
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    if is_json {
        let keys: Vec<_> = keys.iter().map(as_json).collect();
        output::print_json(&json!({ "keys": keys }))?;
        return Ok(Exit::Done);
    }
    let now = Timestamp::now();
    let mut out = String::new();
    for key in &keys {
        let words = Words::new().strong(&key.id).plain(&format!("  {}{}", key.role, of(key)));
        let words = words.faint(&format!("  {}", state(key, now)));
        out.push_str(&words.flow("", usize::MAX));
    }
    output::print(if out.is_empty() { "no keys\n" } else { &out })?;
    Ok(Exit::Done)
}

async fn revoke(store: &Store, id: &str, is_json: bool) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let key = match store.revoke_key(None, id, now).await {
        Ok(key) => key,
        Err(Error::NotFound { .. }) => {
            let hint = "`nightjar keys list` shows them";
            return Err(advice(format!("there is no key `{id}`"), hint));
        }
        Err(error) => return Err(error).context("revoking a key"),
    };
    let operation = if key.space.is_some() { "revokeKey" } else { "revokeInstallationKey" };
    note(store, operation, key.space.clone(), &key.id, now).await?;
    if is_json {
        output::print_json(&as_json(&key))?;
    } else {
        output::print(&Words::new().strong(&key.id).plain(" revoked").flow("", WIDTH))?;
    }
    Ok(Exit::Done)
}

/// What is done here stands in the audit trail like what is done by HTTP.
async fn note(
    store: &Store,
    operation: &str,
    space: Option<SpaceId>,
    subject: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    let call = NewAudit {
        at: now,
        actor: "cli".to_owned(),
        source: "local".to_owned(),
        operation: operation.to_owned(),
        space,
        subject: Some(subject.to_owned()),
        outcome: Outcome::Done,
        status: 0,
        request: format!("cli-{}", now.as_nanosecond()),
    };
    store.audit(call).await.context("writing the audit trail")
}

/// A space that exists.
pub(super) async fn known_space(store: &Store, id: &str) -> anyhow::Result<SpaceId> {
    let space = SpaceId::new(id);
    match store.space(&space).await {
        Ok(_) => Ok(space),
        Err(error @ Error::NotFound { .. }) => {
            let hint = "spaces are made by an administrator: POST /api/v1/spaces";
            Err(advise(error, format!("there is no space `{id}`"), hint))
        }
        Err(error) => Err(error).context("looking for the space"),
    }
}

fn end(now: Timestamp, span: &Span) -> anyhow::Result<Timestamp> {
    let wrong = || advice(format!("`{span:#}` is no time to come"), "for example 30d, or 12h");
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration <= SignedDuration::ZERO {
        return Err(wrong());
    }
    now.checked_add(duration).map_err(|_| wrong())
}

fn label(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Administrator => "administrator",
        KeyRole::Operator => "operator",
        KeyRole::Viewer => "viewer",
        KeyRole::Webhook => "webhook",
    }
}

fn of(key: &AccessKey) -> String {
    let name = if key.name.is_empty() { String::new() } else { format!(" “{}”", key.name) };
    let space = match &key.space {
        Some(space) => format!(", space {space}"),
        None => ", the whole installation".to_owned(),
    };
    harmless(&format!("{name}{space}"))
}

fn state(key: &AccessKey, now: Timestamp) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at:.0}"),
        (None, Some(at)) if at <= now => format!("ended {at:.0}"),
        (None, Some(at)) => format!("until {at:.0}"),
        (None, None) => format!("since {:.0}", key.created_at),
    }
}

fn as_json(key: &AccessKey) -> serde_json::Value {
    json!({
        "accessKeyId": key.id,
        "role": key.role,
        "space": key.space,
        "name": key.name,
        "createdAt": key.created_at,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_after_days_or_hours() {
        let now: Timestamp = "2026-11-27T22:00:00Z".parse().unwrap();
        let after = |text: &str| end(now, &text.parse().unwrap()).map(|at| at.to_string());
        assert_eq!(after("30d").unwrap(), "2026-12-27T22:00:00Z");
        assert_eq!(after("12h").unwrap(), "2026-11-28T10:00:00Z");
        assert!(after("-1d").is_err());
        assert!(after("0s").is_err());
    }
}
