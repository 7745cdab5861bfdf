//! JSON as it came, with nothing lost: a name that stands twice in an object is found, not the
//! last one taken.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::invalid::{Findings, Invalid, Path};

/// How deep arrays and objects may stand in each other. The contract itself goes to about ten;
/// the rest is for documents.
const DEPTH: usize = 64;

/// Reads a body that must be an object, and notes what stands twice in it; one that is empty
/// counts as `{}`.
pub(crate) fn object(body: &[u8]) -> Result<(Map<String, Value>, Findings), Invalid> {
    let unreadable = |what: &str| Invalid::unreadable(format!("The body of the request {what}"));
    let text = str::from_utf8(body).map_err(|_| unreadable("must be UTF-8"))?;
    if text.trim_ascii().is_empty() {
        return Ok((Map::new(), Findings::default()));
    }
    let repeated = RefCell::new(Findings::default());
    let seed = Seed { path: &Path::Root, depth: 0, repeated: &repeated };
    let mut json = serde_json::Deserializer::from_str(text);
    // The library's messages say what was expected and where, never what stood there.
    let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    match value {
        Ok(Value::Object(members)) => Ok((members, repeated.into_inner())),
        Ok(_) => Err(unreadable("must be a JSON object")),
        Err(error) => Err(unreadable(&format!("must be valid JSON: {error}"))),
    }
}

/// Reads one value at a place.
struct Seed<'a> {
    path: &'a Path<'a>,
    depth: usize,
    repeated: &'a RefCell<Findings>,
}

impl Seed<'_> {
    fn below<E: de::Error>(&self) -> Result<usize, E> {
        if self.depth == DEPTH {
            return Err(E::custom(format!("nested more than {DEPTH} deep")));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let depth = self.below()?;
        let mut list = Vec::new();
        loop {
            let path = Path::Index(self.path, list.len());
            match items.next_element_seed(Seed { path: &path, depth, repeated: self.repeated })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let depth = self.below()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = Path::Name(self.path, &name);
            let value =
                members.next_value_seed(Seed { path: &path, depth, repeated: self.repeated })?;
            if object.contains_key(&name) {
                self.repeated.borrow_mut().add(&path, "Member must be given once");
            } else {
                object.insert(name, value);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Result<Map<String, Value>, String> {
        let (object, findings) = object(body).map_err(|invalid| invalid.message)?;
        if findings.is_empty() { Ok(object) } else { Err(findings.into_invalid().message) }
    }

    #[test]
    fn an_object_is_read_as_it_is() {
        let text = r#"{"a": [1, -1, 1.5, 18446744073709551615, null, true, {"b": "\u00e9"}]}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text.as_bytes()).map(Value::Object), Ok(expected));
        assert_eq!(read(b""), Ok(Map::new()));
        assert_eq!(read(b" \n"), Ok(Map::new()));
    }

    #[test]
    fn a_name_that_stands_twice_is_found_wherever() {
        let error = read(br#"{"a": {"x": 1}, "b": [{"c": 1, "c": 2}], "a": 3}"#).unwrap_err();
        assert_eq!(
            error,
            "2 validation errors detected: \
             Value at '/b/0/c' failed to satisfy constraint: Member must be given once; \
             Value at '/a' failed to satisfy constraint: Member must be given once"
        );
    }

    #[test]
    fn what_isnt_json_is_refused_without_being_repeated() {
        let cases: [(&[u8], &str); 10] = [
            (b"hunter2", "must be valid JSON: expected value at line 1 column 1"),
            (b"{\"a\": hunter2}", "must be valid JSON: expected value at line 1 column 7"),
            (b"{\"a\": 1} hunter2", "must be valid JSON: trailing characters at line 1 column 10"),
            (b"{\"a\": 1e999}", "must be valid JSON: number out of range at line 1 column 11"),
            (b"{\"a\": NaN}", "must be valid JSON: expected value at line 1 column 7"),
            (
                b"{\"a\": \"\\ud800\"}",
                "must be valid JSON: unexpected end of hex escape at line 1 column 14",
            ),
            (b"\xef\xbb\xbf{}", "must be valid JSON: expected value at line 1 column 1"),
            (b"{\"a\": \"\xff\"}", "must be UTF-8"),
            (b"[]", "must be a JSON object"),
            (b"null", "must be a JSON object"),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body), Err(format!("The body of the request {expected}")));
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| {
            format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1)).into_bytes()
        };
        assert!(read(&nested(64)).is_ok());
        for depth in [65, 200, 1_000_000] {
            let error = read(&nested(depth)).unwrap_err();
            assert!(error.contains("nested more than 64 deep"), "{error}");
        }
    }
}
