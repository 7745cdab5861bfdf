//! What a provider says of a person.

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;

/// Who came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// How the provider knows them: it never gives it to another.
    pub subject: String,
    /// What to call them.
    pub name: String,
    /// The groups they are in.
    pub groups: Vec<String>,
    /// The ID token itself: the provider takes it as a hint at whom to sign out.
    pub id_token: String,
    /// Where the provider signs people out, if it does.
    pub end_session: Option<String>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Person")
            .field("subject", &self.subject)
            .field("name", &self.name)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

/// The claims that the library doesn't know by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rest {
    #[serde(flatten)]
    pub(crate) all: Map<String, Value>,
}

impl AdditionalClaims for Rest {}

/// Characters of a subject; the standard's own bound.
const SUBJECT: usize = 255;
/// Characters of a name or a group.
const NAME: usize = 200;
/// Groups that are read. Providers themselves stop at 200 or less.
const GROUPS: usize = 1000;

/// The name that what a person does is recorded under.
pub(crate) fn subject(text: &str) -> Result<String, Error> {
    if is_line(text, SUBJECT) {
        return Ok(text.to_owned());
    }
    Err(Error::Untrusted(format!("a subject is a line of 1 to {SUBJECT} characters")))
}

/// The first of some texts that can be a name.
pub(crate) fn name<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Option<String> {
    let mut texts = texts.into_iter().flatten().map(str::trim);
    texts.find(|text| is_line(text, NAME)).map(str::to_owned)
}

/// The groups of a claim: a list of texts, or one. What can't be a group's name is left out: it could
/// only have given somebody more rights. `None` where there is no such claim.
pub(crate) fn groups(rest: &Rest, claim: &str) -> Option<Vec<String>> {
    let texts: Vec<&str> = match rest.all.get(claim)? {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().take(GROUPS).filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    let groups = texts.into_iter().filter(|text| is_line(text, NAME));
    Some(groups.map(str::to_owned).collect())
}

fn is_line(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rest(claims: Value) -> Rest {
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn groups_come_as_a_list_or_as_one_word() {
        let of = |claims| groups(&rest(claims), "groups");
        assert_eq!(of(json!({ "groups": ["a", "b"] })), Some(vec!["a".into(), "b".into()]));
        assert_eq!(of(json!({ "groups": "a" })), Some(vec!["a".into()]));
        assert_eq!(of(json!({ "groups": [] })), Some(vec![]));
        assert_eq!(of(json!({})), None);
        assert_eq!(of(json!({ "groups": { "a": 1 } })), None);
        let named = rest(json!({ "https://example.com/groups": ["a"] }));
        assert_eq!(groups(&named, "https://example.com/groups"), Some(vec!["a".into()]));
    }

    #[test]
    fn what_cant_be_a_group_is_left_out() {
        let long = "x".repeat(201);
        let odd = json!({ "groups": ["a", 7, null, "", "b\n", "c\u{0}", long, ["d"], "e"] });
        assert_eq!(groups(&rest(odd), "groups"), Some(vec!["a".into(), "e".into()]));
        let many: Vec<String> = (0..5000).map(|n| format!("g{n}")).collect();
        assert_eq!(groups(&rest(json!({ "groups": many })), "groups").unwrap().len(), GROUPS);
    }

    #[test]
    fn a_name_is_a_line_and_a_subject_too() {
        assert_eq!(name([None, Some(" \n "), Some("a\nb"), Some(" Ada ")]), Some("Ada".into()));
        assert_eq!(name([Some("")]), None);
        assert!(subject("248289761001").is_ok());
        for odd in ["", "a\nb", &"x".repeat(256)] {
            assert!(subject(odd).is_err());
        }
    }
}
