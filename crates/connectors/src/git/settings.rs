//! Files of settings: names and values of what was altered in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::secrets::is_secret;
use super::words::line;

/// How a file writes its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Json,
    Toml,
    /// `name = value`, a line each, perhaps in `[sections]`.
    Lines,
    /// Settings in a language of their own: that they were altered is told, and no more.
    Own,
}

/// A setting that isn't as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Altered {
    /// Its place: `pool.max`.
    pub(super) name: String,
    /// Its value before; none where it is new.
    pub(super) before: Option<String>,
    /// Its value after; none where it was taken out.
    pub(super) after: Option<String>,
    /// Whether its values may be told.
    pub(super) is_secret: bool,
}

/// The largest file that is looked into, bytes.
pub(super) const LARGEST: u64 = 256 * 1024;

/// How many settings of a file are compared.
const MOST: usize = 5000;

/// How deep settings may nest.
const DEEPEST: usize = 32;

/// The longest value that is told, letters.
const VALUE: usize = 60;

/// Files that describe how a program is built: they are part of its code.
const BUILD: [&str; 9] = [
    "package.json",
    "package-lock.json",
    "cargo.toml",
    "pyproject.toml",
    "composer.json",
    "tsconfig.json",
    "deno.json",
    "renovate.json",
    "rust-toolchain.toml",
];

/// How a file writes settings; none where it is no file of settings.
pub(super) fn format_of(path: &str) -> Option<Format> {
    let file = path.rsplit('/').next()?.to_lowercase();
    if BUILD.contains(&file.as_str()) || file.contains("-lock.") {
        return None;
    }
    if file == ".env" || file.starts_with(".env.") {
        return Some(Format::Lines);
    }
    Some(match file.rsplit_once('.')?.1 {
        "yaml" | "yml" => Format::Yaml,
        "json" => Format::Json,
        "toml" => Format::Toml,
        "env" | "properties" | "ini" | "cfg" | "conf" | "cnf" => Format::Lines,
        "tf" | "tfvars" | "hcl" | "xml" => Format::Own,
        _ => return None,
    })
}

/// What was altered from one content of a file to the next, in the order of names. None where one of them
/// can't be read.
pub(super) fn altered(format: Format, before: &[u8], after: &[u8]) -> Option<Vec<Altered>> {
    let (before, after) = (settings(format, before)?, settings(format, after)?);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let told = |value: Option<&String>| value.map(|value| line(value, VALUE));
    let mut found = Vec::new();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        if was != is {
            let secret = |value: Option<&String>| is_secret(name, value.map_or("", String::as_str));
            let name = line(name, 200);
            let is_secret = secret(was) || secret(is);
            found.push(Altered { name, before: told(was), after: told(is), is_secret });
        }
    }
    Some(found)
}

type Settings = BTreeMap<String, String>;

fn settings(format: Format, bytes: &[u8]) -> Option<Settings> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    let mut found = Settings::new();
    if text.trim().is_empty() {
        return Some(found);
    }
    match format {
        Format::Yaml => {
            // Templates (`{{ }}`) and the like aren't YAML: nothing is told of what isn't understood.
            let options = serde_saphyr::options! {
                budget: serde_saphyr::budget! { max_events: 50_000, max_nodes: 25_000, max_aliases: 1000 },
            };
            let parts = serde_saphyr::from_multiple_with_options::<Value>(text, options).ok()?;
            let is_one = parts.len() == 1;
            for part in &parts {
                let place = if is_one { String::new() } else { resource(part) };
                flatten(place, part, 0, &mut found);
            }
        }
        Format::Json => flatten(String::new(), &serde_json::from_str(text).ok()?, 0, &mut found),
        Format::Toml => flatten(String::new(), &toml::from_str(text).ok()?, 0, &mut found),
        Format::Lines => lines(text, &mut found),
        Format::Own => return None,
    }
    Some(found)
}

/// How one of several documents in a file is called: `Deployment/cart`.
fn resource(part: &Value) -> String {
    let text = |place: &str| part.pointer(place).and_then(Value::as_str);
    match (text("/kind"), text("/metadata/name")) {
        (Some(kind), Some(name)) => format!("{kind}/{name}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

/// Every single value by its place. Items of a list are called by their `name` where they have one, so that
/// one more at the front doesn't alter all of them.
fn flatten(place: String, value: &Value, depth: usize, found: &mut Settings) {
    if found.len() >= MOST || depth > DEEPEST {
        return;
    }
    let below = |name: &str| match place.is_empty() {
        true => name.to_owned(),
        false => format!("{place}.{name}"),
    };
    match value {
        Value::Object(parts) => {
            for (name, part) in parts {
                flatten(below(name), part, depth + 1, found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                let name = ["name", "key", "id"].iter().find_map(|name| item.get(name)?.as_str());
                let name = name.map_or_else(|| number.to_string(), str::to_owned);
                flatten(below(&name), item, depth + 1, found);
            }
        }
        Value::Null => drop(found.insert(place, "null".to_owned())),
        Value::Bool(value) => drop(found.insert(place, value.to_string())),
        Value::Number(value) => drop(found.insert(place, value.to_string())),
        Value::String(value) => drop(found.insert(place, value.clone())),
    }
}

/// `name = value`, `name: value` and `export NAME=value`, by section. A line that has neither sign, as in
/// redis.conf and nginx.conf, is a setting where one plain word follows another.
fn lines(text: &str, found: &mut Settings) {
    let mut section = String::new();
    for written in text.lines().take(MOST) {
        let written = written.trim().trim_end_matches(';');
        if written.is_empty() || written.starts_with(['#', ';', '!']) || written.starts_with("//") {
            continue;
        }
        if let Some(name) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
            continue;
        }
        let written = written.strip_prefix("export ").unwrap_or(written);
        let plain = || {
            let (name, value) = written.split_once(char::is_whitespace)?;
            (!value.trim().contains(char::is_whitespace)).then_some((name, value))
        };
        let pair = written.split_once('=').or_else(|| written.split_once(": ")).or_else(plain);
        let Some((name, value)) = pair else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        found.insert(format!("{section}{}", name.trim()), value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(format: Format, before: &str, after: &str) -> Vec<String> {
        let found = altered(format, before.as_bytes(), after.as_bytes()).unwrap();
        let value = |value: Option<String>| value.unwrap_or("-".to_owned());
        found
            .into_iter()
            .map(|one| match one.is_secret {
                true => format!("{} secret", one.name),
                false => format!("{} {} {}", one.name, value(one.before), value(one.after)),
            })
            .collect()
    }

    #[test]
    fn every_form_of_settings_is_compared() {
        let toml = ("[pool]\nmax = 20\nmin = 1\n", "[pool]\nmax = 2\nmin = 1\n");
        assert_eq!(told(Format::Toml, toml.0, toml.1), ["pool.max 20 2"]);
        assert_eq!(
            told(Format::Json, r#"{"a":[{"b":1}]}"#, r#"{"a":[{"b":true}]}"#),
            ["a.0.b 1 true"]
        );
        assert_eq!(
            told(
                Format::Lines,
                "A=1\nexport B='x'\n# c\n",
                "A=1\n\n[s]\nB: y z\nmaxmemory 100mb\n"
            ),
            ["B x -", "s.B - y z", "s.maxmemory - 100mb"]
        );
        assert_eq!(told(Format::Yaml, "", "a: 1"), ["a - 1"]);
    }

    #[test]
    fn manifests_are_told_by_names_and_without_secrets() {
        let of = |pool: &str, password: &str, front: &str| {
            format!(
                "kind: Deployment\nmetadata: {{name: cart}}\nspec:\n  env:\n{front}  - name: POOL_MAX\n    \
                 value: \"{pool}\"\n  - value: {password}\n    name: DB_PASSWORD\n---\nkind: Service\n"
            )
        };
        let before = of("20", "hunter2", "");
        let after = of("2", "hunter3", "  - name: A\n    value: b\n");
        assert_eq!(
            told(Format::Yaml, &before, &after),
            [
                "Deployment/cart.spec.env.A.name - A",
                "Deployment/cart.spec.env.A.value - b",
                "Deployment/cart.spec.env.DB_PASSWORD.value secret",
                "Deployment/cart.spec.env.POOL_MAX.value 20 2",
            ]
        );
    }

    #[test]
    fn what_is_not_understood_tells_nothing() {
        for (format, text) in [
            (Format::Yaml, "replicas: {{ .Values.replicas }}\n  x: y"),
            (Format::Json, "{\"a\": "),
            (Format::Toml, "a = "),
            (Format::Own, "variable \"password\" { default = \"hunter2\" }"),
            (Format::Lines, "\u{0}\u{1}"),
        ] {
            let found = altered(format, text.as_bytes(), b"");
            assert!(found.is_none_or(|found| found.is_empty()), "{format:?}");
        }
        assert_eq!(altered(Format::Lines, b"\xff\xfe", b""), None);
        let deep = "[".repeat(100_000);
        assert_eq!(altered(Format::Json, deep.as_bytes(), b""), None);
        assert_eq!(altered(Format::Yaml, deep.as_bytes(), b""), None);
        assert_eq!(altered(Format::Toml, format!("a = {deep}").as_bytes(), b""), None);
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n\
                    c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n\
                    e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
        drop(altered(Format::Yaml, bomb.as_bytes(), b""));
    }

    #[test]
    fn files_of_settings_are_known_by_their_names() {
        for (path, format) in [
            ("a/.env", Some(Format::Lines)),
            ("a/.env.prod", Some(Format::Lines)),
            ("deploy/values.YAML", Some(Format::Yaml)),
            ("services/cart/Cargo.toml", None),
            ("pnpm-lock.yaml", None),
            ("main.tf", Some(Format::Own)),
            ("src/main.rs", None),
            ("Makefile", None),
        ] {
            assert_eq!(format_of(path), format, "{path}");
        }
    }
}
