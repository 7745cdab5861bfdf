//! Requests as they come, good and bad.

use nightjar_contract::{
    Operation, Shape, check_answer, check_error, errors, operation, operations, read, write,
};
use serde_json::json;

fn named(name: &str) -> &'static Operation {
    operation(name).unwrap()
}

/// The input as JSON, or the message.
fn shown(name: &str, query: &str, body: &[u8]) -> String {
    let labels = [("agentSpaceId", "s-1".to_owned()), ("resourceArn", ARN.to_owned())];
    match read(named(name), &labels, query, &|_| None, body) {
        // In the order of their names, whatever order maps keep here.
        Ok(input) => {
            let input: std::collections::BTreeMap<_, _> = input.into_iter().collect();
            serde_json::to_string(&input).unwrap()
        }
        Err(invalid) => invalid.message,
    }
}

const ARN: &str = "arn:aws:aidevops:eu-central-1:123456789012:agentspace/s-1";

#[test]
fn members_of_path_query_header_and_body_come_as_one_object() {
    assert_eq!(
        shown("ListAssets", "updatedAfter=2026-01-02T03%3A04%3A05Z&maxResults=5", b""),
        r#"{"agentSpaceId":"s-1","maxResults":5,"updatedAfter":1767323045}"#
    );
    assert_eq!(
        shown("UntagResource", "tagKeys=a&tagKeys=b%20c", b"{}"),
        format!(r#"{{"resourceArn":"{ARN}","tagKeys":["a","b c"]}}"#)
    );
    let header = |name: &str| (name == "x-amzn-app-auth-flow").then(|| "idp".to_owned());
    let labels = [("agentSpaceId", "s-1".to_owned())];
    let input = read(named("DisableOperatorApp"), &labels, "", &header, b"").unwrap();
    assert_eq!(json!(input), json!({"agentSpaceId": "s-1", "authFlow": "idp"}));
}

#[test]
fn numbers_and_times_come_in_one_form() {
    assert_eq!(
        shown(
            "ListBacklogTasks",
            "",
            br#"{"limit": 5.0, "filter": {"createdAfter": "1970-01-01T00:00:01.5Z"}, "order": null}"#
        ),
        r#"{"agentSpaceId":"s-1","filter":{"createdAfter":1.5},"limit":5}"#
    );
}

#[test]
fn times_come_back_as_they_were_written() {
    let structure = named("ListBacklogTasks").input();
    for text in [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.678901Z",
        "1969-12-31T23:59:58.9Z",
        "1900-01-01T00:00:00.000001Z",
    ] {
        let body = format!(r#"{{"filter": {{"createdAfter": "{text}"}}}}"#);
        let labels = [("agentSpaceId", "s-1".to_owned())];
        let input = read(named("ListBacklogTasks"), &labels, "", &|_| None, body.as_bytes());
        let mut input = input.unwrap();
        assert!(input["filter"]["createdAfter"].is_number());
        write(structure, &mut input);
        assert_eq!(input["filter"]["createdAfter"], text);
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    assert_eq!(
        shown(
            "ListBacklogTasks",
            "",
            br#"{"limit": 0, "order": "UP", "sort": 1, "filter": {"priority": ["HIGH", "LOW"], "createdAfter": "yesterday"}, "agentSpaceId": "other"}"#
        ),
        "6 validation errors detected: \
         Value at '/agentSpaceId' failed to satisfy constraint: Member must not be in the body; \
         Value at '/filter/createdAfter' failed to satisfy constraint: Member must be a date and time as in ISO 8601; \
         Value at '/filter/priority' failed to satisfy constraint: Member must have length between 1 and 1, inclusive; \
         Value at '/limit' failed to satisfy constraint: Member must be between 1 and 1000, inclusive; \
         Value at '/order' failed to satisfy constraint: Member must satisfy enum value set: [ASC, DESC]; \
         Value at '/sort' failed to satisfy constraint: Member must be one of ListBacklogTasksRequest"
    );
}

#[test]
fn a_query_is_held_as_strictly_as_a_body() {
    let cases = [
        (
            "maxResults=0",
            "'/maxResults' failed to satisfy constraint: Member must be between 1 and 100, inclusive",
        ),
        ("maxResults=+1", "'/maxResults' failed to satisfy constraint: Member must be an integer"),
        (
            "maxResults=1&maxResults=1",
            "'/maxResults' failed to satisfy constraint: Member must be given once",
        ),
        (
            "maxresults=1",
            "'/maxresults' failed to satisfy constraint: Member must be a query parameter of ListTriggers",
        ),
        (
            "agentSpaceId=x",
            "'/agentSpaceId' failed to satisfy constraint: Member must be a query parameter of ListTriggers",
        ),
        ("status=%zz", "'/status' failed to satisfy constraint: Member must be percent-encoded"),
        ("status=%ff", "'/status' failed to satisfy constraint: Member must be UTF-8"),
        (
            "status=a%00",
            "'/status' failed to satisfy constraint: Member must not hold control characters",
        ),
        (
            "status",
            "'/status' failed to satisfy constraint: Member must have length between 1 and 64, inclusive",
        ),
    ];
    for (query, expected) in cases {
        let expected = format!("1 validation error detected: Value at {expected}");
        assert_eq!(shown("ListTriggers", query, b""), expected, "{query}");
    }
    for query in ["", "&", "status=a&", "&&status=a%2Bb+c"] {
        assert!(shown("ListTriggers", query, b"").starts_with(r#"{"agentSpaceId""#), "{query}");
    }
}

#[test]
fn a_body_where_none_belongs_is_empty_or_an_empty_object() {
    for body in ["", "{}", " { } "] {
        assert_eq!(shown("GetAgentSpace", "", body.as_bytes()), r#"{"agentSpaceId":"s-1"}"#);
    }
    assert_eq!(
        shown("GetAgentSpace", "", br#"{"x": 1}"#),
        "1 validation error detected: Value at '/x' failed to satisfy constraint: Member must be one of GetAgentSpaceInput"
    );
    assert_eq!(shown("GetAgentSpace", "", b"[]"), "The body of the request must be a JSON object");
    assert_eq!(
        shown("GetAgentSpace", "", b"{"),
        "The body of the request must be valid JSON: EOF while parsing an object at line 1 column 1"
    );
}

#[test]
fn a_name_given_twice_is_refused_also_within_documents() {
    assert_eq!(
        shown("CreateTrigger", "", br#"{"type": "t", "type": "t", "condition": {"schedule": {}}, "action": {"a": [{"b": 1, "b": 2}]}}"#),
        "2 validation errors detected: \
         Value at '/type' failed to satisfy constraint: Member must be given once; \
         Value at '/action/a/0/b' failed to satisfy constraint: Member must be given once"
    );
}

#[test]
fn documents_may_be_any_json_and_stay_as_they_are() {
    let action = r#"{"a":[null,1.5,{"b":null}],"c":""}"#;
    let body = format!(r#"{{"type":"t","condition":{{"schedule":{{}}}},"action":{action}}}"#);
    assert!(shown("CreateTrigger", "", body.as_bytes()).contains(action));
}

#[test]
fn a_huge_wrong_request_is_told_briefly() {
    let members: Vec<String> =
        (0..100_000).map(|n| format!("\"{n}{}\": null, \"x{n}\": 1", "y".repeat(50))).collect();
    let body = format!("{{{}}}", members.join(","));
    let message = shown("CreateAgentSpace", "", body.as_bytes());
    assert!(message.starts_with("200001 validation errors detected: "), "{message}");
    assert!(message.len() < 20_000);

    let body = format!("{{\"{}\": 1}}", "z".repeat(5_000_000));
    assert!(shown("CreateAgentSpace", "", body.as_bytes()).len() < 1_000);
    let query = "x=1&".repeat(100_000);
    assert!(shown("ListTriggers", &query, b"").starts_with("100000 validation errors"));
}

#[test]
fn blobs_are_base64_with_its_padding() {
    let with = |blob: &str| {
        let body = format!(r#"{{"assetType":"t","content":{{"zip":{{"zipFile":"{blob}"}}}}}}"#);
        shown("CreateAsset", "", body.as_bytes()).starts_with('{')
    };
    for blob in ["", "AA==", "AAE=", "+/+/"] {
        assert!(with(blob), "{blob}");
    }
    for blob in ["A", "AA", "AAE", "-_-_", "AA==AA==", "A A=", "AB=="] {
        assert!(!with(blob), "{blob}");
    }
}

#[test]
fn answers_events_and_errors_are_held_against_the_contract() {
    let send = named("SendMessage");
    assert_eq!(check_answer(send, &json!({"events": [{"heartbeat": {}}]})), []);
    let two = json!({"heartbeat": {}, "summary": {}});
    assert_eq!(check_answer(send, &json!({ "events": [two] })).len(), 1);
    assert_eq!(check_answer(send, &json!({ "events": [[]] })).len(), 1);
    assert_eq!(check_answer(send, &json!({"events": [{"heartbeat": {}}, {"no": {}}]})).len(), 1);

    let disable = named("DisableOperatorApp");
    assert_eq!(check_answer(disable, &json!(null)), []);
    assert_eq!(check_answer(disable, &json!({})), []);
    assert_eq!(check_answer(disable, &json!({"a": 1})).len(), 1);
    assert_eq!(check_answer(named("GetAgentSpace"), &json!(null)).len(), 1);

    assert_eq!(check_error("ThrottlingException", &json!({"message": "slow down"})), []);
    assert_eq!(check_error("ThrottlingException", &json!({})).len(), 1);
    assert_eq!(check_error("NobodyException", &json!({"message": ""})).len(), 1);
    assert_eq!(errors().len(), 10);
}

#[test]
fn the_model_knows_which_members_are_secret() {
    let mut secret: Vec<&str> = Vec::new();
    fn collect(shape: &Shape, name: &'static str, secret: &mut Vec<&str>) {
        match shape {
            shape if shape.is_secret() => secret.push(name),
            Shape::List(list) => collect(&list.item, name, secret),
            Shape::Map(map) => collect(&map.value, name, secret),
            Shape::Structure(structure) => {
                for member in &structure.members {
                    collect(&member.shape, member.name, secret);
                }
            }
            _ => {}
        }
    }
    for operation in operations() {
        for member in &operation.input().members {
            collect(&member.shape, member.name, &mut secret);
        }
    }
    secret.sort_unstable();
    secret.dedup();
    let expected = [
        "apiKey",
        "apiKeyValue",
        "clientId",
        "clientSecret",
        "customHeaders",
        "customerEmail",
        "description",
        "exchangeParameters",
        "headers",
        "idpClientSecret",
        "tokenValue",
    ];
    assert_eq!(secret, expected);
}

#[test]
fn every_pattern_of_the_model_compiles() {
    fn collect(shape: &Shape, count: &mut usize) {
        match shape {
            Shape::Text(text) => {
                if let Some(pattern) = &text.pattern {
                    // It would panic here.
                    let _ = pattern.fits("");
                    *count += 1;
                }
            }
            Shape::List(list) => collect(&list.item, count),
            Shape::Map(map) => {
                collect(&map.key, count);
                collect(&map.value, count);
            }
            Shape::Structure(structure) => {
                structure.members.iter().for_each(|member| collect(&member.shape, count));
            }
            _ => {}
        }
    }
    let mut count = 0;
    for operation in operations() {
        for structure in [Some(operation.input()), operation.output()].into_iter().flatten() {
            structure.members.iter().for_each(|member| collect(&member.shape, &mut count));
        }
    }
    assert!(count > 300, "{count}");
}
