//! Signatures of another implementation hold, and nothing else does.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use jiff::{SignedDuration, Timestamp};
use nightjar_contract::sigv4::{Claim, Refusal, Request};
use proptest::prelude::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// A request that owns its parts, so that tests can alter them.
#[derive(Clone, Debug)]
struct Owned {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Owned {
    fn new(method: &str, path: &str, query: &str, body: &[u8]) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("Host".to_owned(), b"localhost:8080".to_vec())],
            body: body.to_vec(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    fn header(&mut self, name: &str) -> &mut Vec<u8> {
        let found = self.headers.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(name));
        &mut found.unwrap().1
    }

    fn replace(&mut self, name: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.header(name).clone()).unwrap();
        assert!(text.contains(from), "{text}");
        *self.header(name) = text.replacen(from, to, 1).into_bytes();
    }

    /// Signed by the library of AWS.
    fn signed(mut self, change: impl FnOnce(&mut SigningSettings), is_whole: bool) -> Self {
        let identity = Credentials::new("AKIDEXAMPLE", SECRET, None, None, "test").into();
        let mut settings = SigningSettings::default();
        change(&mut settings);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-central-1")
            .name("aidevops")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(now().as_second().unsigned_abs()))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let address = format!("http://localhost:8080{}?{}", self.path, self.query);
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .filter(|(name, _)| name != "Host")
            .map(|(name, value)| (name.as_str(), str::from_utf8(value).unwrap()))
            .collect();
        let body =
            if is_whole { SignableBody::Bytes(&self.body) } else { SignableBody::UnsignedPayload };
        let request =
            SignableRequest::new(&self.method, address, headers.into_iter(), body).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        for (name, value) in instructions.headers() {
            self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        self
    }

    fn verified(&self, secret: &str, now: Timestamp) -> Result<String, Refusal> {
        self.claimed(|claim| claim.verify(secret, now).map(|()| claim.access_key_id().to_owned()))
    }

    fn claimed<T>(&self, run: impl FnOnce(&Claim<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let request = Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: &self.body,
        };
        let claim = Claim::read(&request)?;
        run(&claim)
    }
}

fn example() -> Owned {
    Owned::new("POST", "/v1/agentspaces/a%2Fb", "x=1&y=%20", b"{\"name\": \"a\"}")
        .with("Content-Type", "application/json")
        .with("X-Amz-User-Agent", "client/1.0")
        .signed(|_| {}, true)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "[a-z.~%/ +é€🦉]{0,8}"]
}

fn encoded(text: &str) -> String {
    crate::request::encoded(text, "")
}

proptest! {
    #[test]
    fn what_the_library_of_aws_signs_is_verified(
        method in prop_oneof![Just("GET"), Just("POST"), Just("PATCH"), Just("DELETE")],
        segments in prop::collection::vec(prop_oneof![text(), Just(".".into()), Just("..".into())], 0..6),
        query in prop::collection::vec((text(), text()), 0..5),
        headers in prop::collection::vec(("(x-amz-[a-z]{1,3}|x-[a-z]{1,3}|accept)", "[!-~][ -~]{0,20}"), 0..5),
        body in prop::collection::vec(any::<u8>(), 0..40),
        with_hash in any::<bool>(),
        altered in any::<prop::sample::Index>(),
    ) {
        let path: String = segments.iter().flat_map(|text| ["/".to_owned(), encoded(text)]).collect();
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let mut request = Owned::new(method, &path, &query.join("&"), &body);
        for (name, value) in &headers {
            request = request.with(name, value);
        }
        let signed = request.signed(
            |settings| {
                if with_hash {
                    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
                }
            },
            true,
        );
        prop_assert_eq!(signed.verified(SECRET, now()), Ok("AKIDEXAMPLE".to_owned()));

        let mut other = signed.clone();
        match body.len() {
            0 => other.body.push(b' '),
            length => other.body[altered.index(length)] ^= 1,
        }
        prop_assert!(other.verified(SECRET, now()).is_err());

        let mut other = signed;
        other.query.push_str("&more=1");
        prop_assert_eq!(other.verified(SECRET, now()), Err(Refusal::OtherSignature));
    }

    #[test]
    fn no_authorization_panics(text in "(AWS4-HMAC-SHA256 )?(Credential=|,|/|=|;|[ -~é]){0,20}", query in ".{0,20}") {
        let mut request = example();
        *request.header("authorization") = text.into_bytes();
        request.query = query;
        prop_assert!(request.verified(SECRET, now()).is_err());
    }
}

#[test]
fn a_signature_calculated_elsewhere_holds() {
    // By Python's hmac and hashlib, step by step as the scheme is described.
    let signature = "b728e7a200ab85ee35bba528cdf57d0ff98df067d64ed6078bbc932c017c99d4";
    let scope = "AKIDEXAMPLE/20260102/eu-central-1/aidevops/aws4_request";
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={scope},SignedHeaders=host;x-amz-date,Signature={signature}"
    );
    let request = Owned::new("POST", "/v1/agentspaces/a%2Fb", "y=%20&x=1", b"{\"name\": \"a\"}")
        .with("X-Amz-Date", "20260102T030405Z")
        .with("Authorization", &authorization);
    assert_eq!(request.verified(SECRET, now()), Ok("AKIDEXAMPLE".to_owned()));
}

type Alteration = fn(&mut Owned);

#[test]
fn each_part_of_a_signed_request_matters() {
    assert_eq!(example().verified(SECRET, now()), Ok("AKIDEXAMPLE".to_owned()));
    let alterations: [(&str, Alteration); 11] = [
        ("method", |request| request.method = "PUT".to_owned()),
        ("path", |request| request.path.push('c')),
        ("path decoded", |request| request.path = "/v1/agentspaces/a/b".to_owned()),
        ("query", |request| request.query = "x=2&y=%20".to_owned()),
        ("query shortened", |request| request.query = "x=1".to_owned()),
        ("body", |request| request.body.push(b'\n')),
        ("no body", |request| request.body.clear()),
        ("host", |request| *request.header("host") = b"localhost:8081".to_vec()),
        ("content-type", |request| *request.header("content-type") = b"text/plain".to_vec()),
        ("time", |request| request.replace("x-amz-date", "T030405Z", "T030406Z")),
        ("header twice", |request| request.headers.push(("host".to_owned(), b"x".to_vec()))),
    ];
    for (what, alter) in alterations {
        let mut request = example();
        alter(&mut request);
        assert_eq!(request.verified(SECRET, now()), Err(Refusal::OtherSignature), "{what}");
    }
    let mut elsewhere = example();
    elsewhere.replace("authorization", "eu-central-1", "us-east-1");
    let verified = elsewhere.claimed(|claim| {
        assert_eq!(claim.region(), "us-east-1");
        claim.verify(SECRET, now())
    });
    assert_eq!(verified, Err(Refusal::OtherSignature));
    let other_secret = format!("{SECRET}x");
    assert_eq!(example().verified(&other_secret, now()), Err(Refusal::OtherSignature));
    assert_eq!(example().verified("", now()), Err(Refusal::OtherSignature));
}

#[test]
fn each_digit_of_the_signature_matters() {
    let at = String::from_utf8(example().header("authorization").clone()).unwrap().len() - 64;
    for digit in 0..64 {
        let mut request = example();
        let byte = &mut request.header("authorization")[at + digit];
        *byte = if *byte == b'0' { b'1' } else { b'0' };
        assert_eq!(request.verified(SECRET, now()), Err(Refusal::OtherSignature), "{digit}");
    }
}

#[test]
fn what_isnt_signed_may_change() {
    let request = example().with("Accept", "*/*").with("User-Agent", "curl");
    assert!(request.verified(SECRET, now()).is_ok());
    // Again and again within the window, as with AWS.
    assert!(request.verified(SECRET, now()).is_ok());
}

#[test]
fn a_signature_holds_for_five_minutes_in_both_directions() {
    let shifted = |seconds: i64| {
        let request = example();
        let result = request.verified(SECRET, now() + SignedDuration::from_secs(seconds));
        result.map_err(|refusal| refusal.to_string())
    };
    for seconds in [-300, -299, 0, 299, 300] {
        assert!(shifted(seconds).is_ok(), "{seconds}");
    }
    assert_eq!(
        shifted(301),
        Err("Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)".to_owned())
    );
    assert_eq!(
        shifted(-301),
        Err("Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)".to_owned())
    );
}

#[test]
fn the_payload_is_always_part_of_it() {
    let with_hash = |settings: &mut SigningSettings| {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    };
    let unsigned = Owned::new("POST", "/v1/agentspaces", "", b"{}").signed(with_hash, false);
    assert_eq!(unsigned.verified(SECRET, now()), Err(Refusal::OtherPayload));
    let unsigned = Owned::new("POST", "/v1/agentspaces", "", b"{}").signed(|_| {}, false);
    assert_eq!(unsigned.verified(SECRET, now()), Err(Refusal::OtherSignature));

    let mut request = Owned::new("POST", "/v1/agentspaces", "", b"{}").signed(with_hash, true);
    assert!(request.verified(SECRET, now()).is_ok());
    request.body = b"{ }".to_vec();
    assert_eq!(request.verified(SECRET, now()), Err(Refusal::OtherPayload));
}

#[test]
fn an_unknown_key_is_refused_as_late_as_a_wrong_secret() {
    let refuse = |request: Owned, now| request.claimed(|claim| Ok(claim.refuse(now))).unwrap();
    assert_eq!(refuse(example(), now()), Refusal::UnknownKey);
    let late = now() + SignedDuration::from_hours(1);
    assert!(matches!(refuse(example(), late), Refusal::Expired { .. }));
    let mut other = example();
    other.body.clear();
    assert_eq!(refuse(other, now()), Refusal::UnknownKey);
}

/// What is said of the example with something replaced in its `Authorization`.
fn said(from: &str, to: &str) -> String {
    let mut request = example();
    request.replace("authorization", from, to);
    let refusal = request.verified(SECRET, now()).unwrap_err();
    format!("{}: {refusal}", refusal.code())
}

#[test]
fn an_authorization_is_read_strictly_and_refused_in_the_words_of_aws() {
    let incomplete = |from, to| {
        let said = said(from, to);
        said.strip_prefix("IncompleteSignatureException: ").unwrap_or(&said).to_owned()
    };
    assert_eq!(
        incomplete("Credential=", "Credentials="),
        "Authorization header has an unknown parameter: 'Credentials'."
    );
    assert_eq!(
        incomplete("Signature=", "Credential="),
        "Authorization header has 'Credential' twice."
    );
    assert_eq!(
        incomplete(", Signature=", ""),
        "Authorization header requires 'Signature' parameter."
    );
    assert_eq!(
        incomplete("Credential=AKIDEXAMPLE/20260102/eu-central-1/aidevops/aws4_request,", ""),
        "Authorization header requires 'Credential' parameter."
    );
    assert_eq!(
        incomplete("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."
    );
    assert_eq!(
        incomplete("/20260102/", "/"),
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/eu-central-1/aidevops/aws4_request'"
    );
    assert_eq!(
        incomplete("AKIDEXAMPLE/2026", "AK'ID/2026"),
        "Credential is not well-formed: 'AK'ID/20260102/eu-central-1/aidevops/aws4_request'"
    );
    assert_eq!(
        incomplete("content-type;host", "host;content-type"),
        "SignedHeaders must be in lower case, sorted, each once."
    );
    assert_eq!(
        incomplete("content-type;host", "content-type"),
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    );
    assert_eq!(
        incomplete(";x-amz-user-agent", ""),
        "'x-amz-user-agent' must be a 'SignedHeader' in the AWS Authorization."
    );
    assert_eq!(
        incomplete(";x-amz-user-agent", ";x-amz-user-agent;x-other"),
        "'x-other' is a 'SignedHeader' in the AWS Authorization, but the request doesn't have it."
    );
    assert_eq!(
        incomplete("Signature=", "Signature=0"),
        "Signature must be 64 hexadecimal digits in lower case."
    );
    assert_eq!(
        said("/aidevops/", "/iam/"),
        "InvalidSignatureException: Credential should be scoped to correct service: 'aidevops'."
    );
    assert_eq!(
        said("aws4_request", "aws4"),
        "InvalidSignatureException: Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'."
    );
    assert_eq!(
        said("/20260102/", "/20260103/"),
        "InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260103' != '20260102', from '20260102T030405Z'."
    );
}

#[test]
fn other_ways_to_authenticate_are_told_apart() {
    let mut request = example();
    *request.header("authorization") = b"Bearer abc".to_vec();
    assert_eq!(request.verified(SECRET, now()), Err(Refusal::Missing));
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    assert_eq!(request.verified(SECRET, now()), Err(Refusal::Missing));

    for query in ["X-Amz-Signature=abc", "a=1&x%2Damz-algorithm=b"] {
        request.query = query.to_owned();
        assert_eq!(request.verified(SECRET, now()), Err(Refusal::Presigned));
    }

    let with_token = Owned::new("GET", "/v1/agentspaces/a", "", b"")
        .with("x-amz-security-token", "abc")
        .signed(|_| {}, true);
    assert_eq!(with_token.verified(SECRET, now()), Err(Refusal::SessionToken));
}

#[test]
fn the_header_date_does_where_there_is_no_other() {
    let mut request = example();
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-amz-date"));
    request.replace("authorization", "x-amz-date;", "");
    let said = |request: &Owned| request.verified(SECRET, now()).unwrap_err().to_string();
    assert_eq!(
        said(&request),
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    );
    // The claim is whole again; the signature was made over another set of headers.
    let dated = request.clone().with("Date", "Fri, 02 Jan 2026 03:04:05 GMT");
    assert_eq!(dated.verified(SECRET, now()), Err(Refusal::OtherSignature));
    let twice = dated.with("Date", "Fri, 02 Jan 2026 03:04:05 GMT");
    assert_eq!(said(&twice), "The date must be given once.");
    let never = request.with("Date", "yesterday");
    assert_eq!(said(&never), "Date must be in ISO-8601 'basic format', such as 20260102T030405Z.");
}
