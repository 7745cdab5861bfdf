//! The one form of a request that a signature is made over.

use std::collections::BTreeMap;

use crate::percent;
use crate::sigv4::Request;

/// Method, path, query, signed headers and hash of the body, each in its one form.
pub(super) fn request(
    request: &Request<'_>,
    signed_headers: &[&str],
    payload_hash: &str,
) -> Vec<u8> {
    let mut canonical = Vec::new();
    for line in [request.method, &path(request.path), &query(request.query)] {
        canonical.extend_from_slice(line.as_bytes());
        canonical.push(b'\n');
    }
    let mut headers: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (name, value) in request.headers {
        headers.entry(name.to_ascii_lowercase()).or_default().push(trimmed(value));
    }
    for name in signed_headers {
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b':');
        canonical.extend(headers.get(*name).map(|values| values.join(&b',')).unwrap_or_default());
        canonical.push(b'\n');
    }
    for line in ["\n", &signed_headers.join(";"), "\n", payload_hash] {
        canonical.extend_from_slice(line.as_bytes());
    }
    canonical
}

/// Without empty and dot segments, and encoded once more than it came.
fn path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut normal = format!("/{}", segments.join("/"));
    let is_folder = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    if is_folder && !normal.ends_with('/') {
        normal.push('/');
    }
    percent::encode(normal.as_bytes(), b"/")
}

/// Each name and value encoded in the same way whatever it came as, and sorted.
fn query(query: &str) -> String {
    let encode = |text: &str| percent::encode(&percent::decode_leniently(text), b"");
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    parameters.sort_unstable();
    let pieces: Vec<String> =
        parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pieces.join("&")
}

/// Without spaces around it, and with one where there are many.
fn trimmed(value: &[u8]) -> Vec<u8> {
    let mut trimmed: Vec<u8> = Vec::with_capacity(value.len());
    for byte in value {
        let is_repeated = trimmed.last().is_none_or(|last| *last == b' ');
        if *byte != b' ' || !is_repeated {
            trimmed.push(*byte);
        }
    }
    if trimmed.last() == Some(&b' ') {
        trimmed.pop();
    }
    trimmed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form() {
        let cases = [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/./b/../c", "/a/c"),
            ("/a//b/", "/a/b/"),
            ("/a/..", "/"),
            ("/a/b/.", "/a/b/"),
            ("/../a", "/a"),
            ("/a%2Fb/c:d", "/a%252Fb/c%3Ad"),
            ("/é", "/%C3%A9"),
        ];
        for (came, expected) in cases {
            assert_eq!(path(came), expected, "{came}");
        }
    }

    #[test]
    fn a_query_has_one_form() {
        let cases = [
            ("", ""),
            ("&&", ""),
            ("b=2&a=1&a=%30", "a=0&a=1&b=2"),
            (
                "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
                "%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
            ),
            ("a", "a="),
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e%2f+%zz", "a=~%2F%2B%25zz"),
        ];
        for (came, expected) in cases {
            assert_eq!(query(came), expected, "{came}");
        }
    }

    #[test]
    fn a_header_has_one_form() {
        assert_eq!(trimmed(b"  a   b\tc "), b"a b\tc");
        assert_eq!(trimmed(b"   "), b"");
        assert_eq!(trimmed(b"\xff"), b"\xff");
    }
}
