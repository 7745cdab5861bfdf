//! How the people of a space sign in: a document that both interfaces write.

use jiff::Timestamp;
use nightjar_access::Role;
use nightjar_oidc::{Issuer, Registration, Secret};
use nightjar_store::{Collection, Document, Error as StoreError, Space};
use serde_json::{Map, Value};

/// The document's id: a space has one provider.
pub(crate) const ID: &str = "idp";
/// What is asked for beside `openid` unless told: a name to show. Not every provider knows a scope for
/// groups, and some refuse what they don't know.
pub(crate) const SCOPES: [&str; 1] = ["profile"];
/// The claim that most providers list groups in.
pub(crate) const GROUPS_CLAIM: &str = "groups";

/// A provider, and who may do what.
pub(crate) struct Settings {
    pub(crate) issuer_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    /// What people call the provider.
    pub(crate) provider: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) groups_claim: String,
    /// What the members of a group may do.
    pub(crate) roles: Vec<(String, Role)>,
    /// What everybody else may do whom the provider lets in; none: nothing.
    pub(crate) default_role: Option<Role>,
    /// Which agreement with the provider it is: sessions end with it.
    pub(crate) number: u64,
    pub(crate) updated_at: Timestamp,
}

impl Settings {
    /// Those of a space; `None` where its people don't sign in with a provider.
    pub(crate) async fn of(space: &Space) -> Result<Option<Self>, StoreError> {
        match space.documents(Collection::SignIn).get(ID).await {
            Ok(document) => Ok(Self::read(&document)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Members that the public contract has no field for are missing where it made the document alone:
    /// then nobody is mapped, and whom the provider lets in may look and no more.
    pub(crate) fn read(document: &Document) -> Option<Self> {
        let body = document.body.as_object()?;
        if body.get("flow").and_then(Value::as_str) != Some("idp") {
            return None;
        }
        let default_role = match body.get("default_role") {
            None => Some(Role::Viewer),
            Some(role) => person(role),
        };
        Some(Self {
            issuer_url: text(body, "issuer_url")?,
            client_id: text(body, "client_id")?,
            client_secret: text(body, "client_secret"),
            provider: text(body, "provider"),
            scopes: texts(body, "scopes").unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec()),
            groups_claim: text(body, "groups_claim").unwrap_or_else(|| GROUPS_CLAIM.to_owned()),
            roles: roles(body),
            default_role,
            number: document.number,
            updated_at: document.updated_at,
        })
    }

    /// Whom to ask, in the protocol's terms.
    pub(crate) fn registration(
        &self,
        is_loopback_allowed: bool,
    ) -> Result<Registration, nightjar_oidc::Error> {
        Ok(Registration {
            issuer: Issuer::parse(&self.issuer_url, is_loopback_allowed)?,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone().map(Secret::new),
            scopes: self.scopes.clone(),
            groups_claim: self.groups_claim.clone(),
        })
    }

    /// What a member of these groups may do: the mightiest role of any; none: nothing.
    pub(crate) fn role_of(&self, groups: &[String]) -> Option<Role> {
        let roles = self.roles.iter().filter(|(group, _)| groups.contains(group));
        // The roles are in the order of their might.
        roles.map(|(_, role)| *role).min().or(self.default_role)
    }
}

/// A role that a person can have.
fn person(value: &Value) -> Option<Role> {
    let role: Role = value.as_str()?.parse().ok()?;
    (role != Role::Webhook).then_some(role)
}

fn roles(body: &Map<String, Value>) -> Vec<(String, Role)> {
    let rows = body.get("roles").and_then(Value::as_array).into_iter().flatten();
    let row = |row: &Value| {
        let group = row.get("group")?.as_str()?;
        Some((group.to_owned(), person(row.get("role")?)?))
    };
    rows.filter_map(row).collect()
}

fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    body.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(body: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let texts = body.get(name)?.as_array()?.iter().filter_map(Value::as_str);
    Some(texts.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(body: Value) -> Option<Settings> {
        Settings::read(&Document {
            number: 1,
            id: ID.to_owned(),
            parent: None,
            state: String::new(),
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            body,
        })
    }

    fn body(more: Value) -> Value {
        let mut body =
            json!({ "flow": "idp", "issuer_url": "https://a.example", "client_id": "c" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    #[test]
    fn who_is_configured_by_the_contract_alone_may_look() {
        let alone = settings(body(json!({ "provider": null, "client_secret": "s" }))).unwrap();
        assert_eq!(alone.role_of(&["admins".to_owned()]), Some(Role::Viewer));
        assert_eq!((alone.scopes, alone.groups_claim), (vec!["profile".into()], "groups".into()));
        assert!(settings(json!({ "flow": "iam", "issuer_url": "x", "client_id": "y" })).is_none());
        assert!(settings(json!({ "flow": "idp" })).is_none());
    }

    #[test]
    fn the_mightiest_role_counts_and_no_match_is_no_role() {
        let roles = json!([
            { "group": "all", "role": "viewer" },
            { "group": "on-call", "role": "operator" },
            { "group": "admins", "role": "administrator" },
            { "group": "bots", "role": "webhook" },
            { "group": "odd", "role": "root" },
        ]);
        let mapped = settings(body(json!({ "roles": roles, "default_role": null }))).unwrap();
        let of = |groups: &[&str]| {
            mapped.role_of(&groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["all"]), Some(Role::Viewer));
        assert_eq!(of(&["all", "admins", "on-call"]), Some(Role::Administrator));
        assert_eq!(of(&["on-call", "unknown"]), Some(Role::Operator));
        for none in [&[][..], &["unknown"], &["bots"], &["odd"], &["ALL"]] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }
}
