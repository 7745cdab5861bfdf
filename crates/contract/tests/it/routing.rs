//! Paths.

use nightjar_contract::{Routed, is_of_contract, operation, operations, route};

use crate::make;
use crate::request::{encoded, request};

fn shown(method: &str, path: &str) -> String {
    match route(method, path) {
        Routed::To { operation, labels } => {
            let labels: Vec<String> =
                labels.iter().map(|(name, text)| format!("{name}={text}")).collect();
            format!("{} {}", operation.name(), labels.join(" "))
        }
        Routed::Malformed(invalid) => invalid.message,
        Routed::WrongMethod => "wrong method".to_owned(),
        Routed::Nowhere => "nowhere".to_owned(),
    }
}

#[test]
fn there_are_65_operations_and_each_routes_from_its_own_template() {
    assert_eq!(operations().len(), 65);
    for operation in operations() {
        let input = make::least(operation.input());
        let request = request(operation, &input);
        match route(operation.method(), &request.path) {
            Routed::To { operation: found, labels } => {
                assert_eq!(found.name(), operation.name());
                for (name, text) in labels {
                    assert_eq!(input[name], text, "{} {name}", operation.name());
                }
            }
            other => panic!("{operation:?}: {other:?}"),
        }
        assert!(is_of_contract(&request.path), "{operation:?}");
        let found = nightjar_contract::operation(operation.name()).map(|found| found.name());
        assert_eq!(found, Some(operation.name()));
    }
    assert!(operation("Nothing").is_none());
}

#[test]
fn labels_are_decoded_once_and_keep_their_slashes() {
    let cases = [
        ("GET", "/tags/arn%3Aaws%2Fx", "ListTagsForResource resourceArn=arn:aws/x"),
        ("GET", "/tags/a%252Fb", "ListTagsForResource resourceArn=a%2Fb"),
        ("GET", "/tags/a+b", "ListTagsForResource resourceArn=a+b"),
        ("GET", "/tags/a/b", "nowhere"),
        ("GET", "/v1/agentspaces/a", "GetAgentSpace agentSpaceId=a"),
        ("GET", "/v1/agentspaces/list", "GetAgentSpace agentSpaceId=list"),
        ("POST", "/v1/agentspaces/list", "ListAgentSpaces "),
        ("HEAD", "/v1/agentspaces/a", "GetAgentSpace agentSpaceId=a"),
        (
            "GET",
            "/asset/agent-space/a/assets/b/files/c/d%20e%2Ff",
            "GetAssetFile agentSpaceId=a assetId=b path=c/d e/f",
        ),
        ("GET", "/asset/agent-space/a/assets/b/files", "ListAssetFiles agentSpaceId=a assetId=b"),
    ];
    for (method, path, expected) in cases {
        assert_eq!(shown(method, path), expected, "{method} {path}");
    }
}

#[test]
fn a_path_that_isnt_in_its_one_form_leads_nowhere() {
    let cases = [
        "",
        "/",
        "v1/agentspaces/a",
        "//v1/agentspaces/a",
        "/v1//agentspaces/a",
        "/v1/agentspaces/",
        "/v1/agentspaces/a/",
        "/v1/./agentspaces/a",
        "/v1/agentspaces/..",
        "/v1/agentspaces/b/../a",
        "/V1/agentspaces/a",
        "/v1/%61gentspaces/a",
        "/asset/agent-space/a/assets/b/files/",
        "/asset/agent-space/a/assets/b/files/c//d",
        "/asset/agent-space/a/assets/b/files/../d",
        "/api/v1/spaces",
    ];
    for path in cases {
        assert_eq!(shown("GET", path), "nowhere", "{path}");
    }
}

#[test]
fn a_label_that_cant_be_decoded_is_told_by_name() {
    let cases = [
        ("%", "must be percent-encoded"),
        ("%zz", "must be percent-encoded"),
        ("a%2", "must be percent-encoded"),
        ("%FF", "must be UTF-8"),
        ("%00", "must not hold control characters"),
    ];
    for (label, expected) in cases {
        let expected = format!(
            "1 validation error detected: Value at '/agentSpaceId' failed to satisfy constraint: Member {expected}"
        );
        assert_eq!(shown("GET", &format!("/v1/agentspaces/{label}")), expected);
    }
}

#[test]
fn a_file_path_has_no_segment_that_leads_elsewhere() {
    for path in ["%2E%2E/d", "c/%2e", "c%2F%2Fd", "c%2F", "%2Fc", "c/..%2Fd"] {
        let shown = shown("GET", &format!("/asset/agent-space/a/assets/b/files/{path}"));
        assert!(shown.ends_with("Member must not hold empty segments, `.` or `..`"), "{shown}");
    }
}

#[test]
fn a_known_path_with_another_method_is_told_apart_from_an_unknown_path() {
    assert_eq!(shown("PUT", "/v1/agentspaces/a"), "wrong method");
    assert_eq!(shown("OPTIONS", "/v1/agentspaces"), "wrong method");
    assert_eq!(shown("HEAD", "/v1/agentspaces"), "wrong method");
    assert_eq!(shown("get", "/v1/agentspaces/a"), "wrong method");
    assert_eq!(shown("GET", "/v1/agentspace/a"), "nowhere");
}

#[test]
fn the_contract_owns_its_first_segments_only() {
    for path in ["/v1", "/v2/x", "/tags/", "/usage/account", "/agents/a?b", "/journal"] {
        assert!(is_of_contract(path), "{path}");
    }
    for path in ["", "/", "v1", "/api/v1/spaces", "/v1x", "/healthz", "/agent", "/%761"] {
        assert!(!is_of_contract(path), "{path}");
    }
}

#[test]
fn any_text_survives_as_a_label() {
    for text in ["a b", "ü/€", "100%", "%2F", "a+b&c=d?e#f", "..a", "~"] {
        let path = format!("/v1/agentspaces/{}", encoded(text, ""));
        assert_eq!(shown("GET", &path), format!("GetAgentSpace agentSpaceId={text}"));
    }
}
