//! Rules for source files.

use super::{Finding, TextFile};

/// Lines without tests at which a file wants to be two (style: think at 400, split before 800).
const THINK_AT: usize = 400;
const SPLIT_AT: usize = 800;

/// Pieces of paths that exist on somebody's machine only. Written apart so that this file passes.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/home", "/")];

/// Words for work put off; it belongs into an issue.
const PUT_OFF: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        words(file, &mut findings);
        if file.is_rust() {
            layout(file, &mut findings);
            expects(file, &mut findings);
            exceptions(file, &mut findings);
        }
    }
    findings
}

fn words(file: &TextFile, findings: &mut Vec<Finding>) {
    for (line, text) in (1..).zip(file.text.lines()) {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| holds_path(text, path)) {
            let message = format!("`{path}…` exists on one machine only; use a relative path");
            findings.push(Finding::failure(&file.path, line, message));
        }
        if let Some(word) = PUT_OFF.iter().find(|word| text.contains(**word)) {
            let message = format!("`{word}` belongs into an issue, not into the tree");
            findings.push(Finding::failure(&file.path, line, message));
        }
    }
}

/// Whether the path stands there by itself, not as the middle of a longer one.
fn holds_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || ".-_*~$}<>".contains(c))
    })
}

fn layout(file: &TextFile, findings: &mut Vec<Finding>) {
    if file.path.ends_with("/mod.rs") && !file.is_test() {
        let message = "no mod.rs: put `foo.rs` beside the folder `foo/`";
        findings.push(Finding::failure(&file.path, 0, message));
    }
    let is_crate_root = file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs");
    if is_crate_root && !file.text.starts_with("//!") {
        let message =
            "starts with `//!`: what the crate is for and what it deliberately doesn't know";
        findings.push(Finding::failure(&file.path, 1, message));
    }
    let lines = file.lines_before_tests();
    if !file.is_test() && lines >= SPLIT_AT {
        let message = format!("{lines} lines without tests; split before {SPLIT_AT}");
        findings.push(Finding::failure(&file.path, 0, message));
    } else if !file.is_test() && lines >= THINK_AT {
        let message = format!("{lines} lines without tests; think at {THINK_AT}");
        findings.push(Finding::hint(&file.path, 0, message));
    }
}

fn expects(file: &TextFile, findings: &mut Vec<Finding>) {
    let code: Vec<(usize, &str)> = file.code().collect();
    for (index, (line, text)) in code.iter().enumerate() {
        if text.trim_start().starts_with("//") {
            continue;
        }
        let Some((_, argument)) = text.split_once(concat!(".exp", "ect(")) else { continue };
        let next = code.get(index + 1).map_or("", |(_, next)| next);
        let argument = if argument.trim().is_empty() { next.trim_start() } else { argument };
        if argument.starts_with('"') && !argument.starts_with("\"invariant: ") {
            let message = "`expect` says why it can't fail: `expect(\"invariant: …\")`";
            findings.push(Finding::failure(&file.path, *line, message));
        }
    }
}

fn exceptions(file: &TextFile, findings: &mut Vec<Finding>) {
    let lines: Vec<&str> = file.text.lines().collect();
    for (index, text) in lines.iter().enumerate() {
        let attribute = text.trim_start();
        let is_exception = ["#[allow(", "#![allow(", "#[expect(", "#![expect("]
            .iter()
            .any(|start| attribute.starts_with(start));
        if !is_exception {
            continue;
        }
        let rest = lines.get(index..).unwrap_or_default().join("\n");
        let whole = rest.split_once(")]").map_or(rest.as_str(), |(whole, _)| whole);
        if !whole.contains("reason = \"") {
            let message = "a lint exception says why: `#[expect(lint, reason = \"…\")]`";
            findings.push(Finding::failure(&file.path, index + 1, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&[file]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_clean_file_has_no_findings() {
        let text = "//! What for.\nfn f() { g().expect(\"invariant: g is never empty\"); }\n";
        assert_eq!(findings("crates/a/src/lib.rs", text), Vec::<String>::new());
    }

    #[test]
    fn an_expect_without_its_invariant_is_found_also_on_the_next_line() {
        let text = "a().expect(\"fine\");\nb().expect(\n    \"fine\",\n);\nself.expect(b'{');\n";
        let found = findings("crates/a/src/b.rs", text);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("crates/a/src/b.rs:1: error: `expect` says why"));
        assert!(found[1].starts_with("crates/a/src/b.rs:2: error:"));
    }

    #[test]
    fn tests_may_expect_what_they_like() {
        let text = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n a().expect(\"fine\");\n}\n";
        assert_eq!(findings("crates/a/src/b.rs", text), Vec::<String>::new());
        assert_eq!(findings("crates/a/tests/it/b.rs", "a().expect(\"x\");"), Vec::<String>::new());
    }

    #[test]
    fn a_lint_exception_without_a_reason_is_found() {
        let text = "#[allow(dead_code)]\nfn f() {}\n#[expect(\n    dead_code,\n    reason = \"kept\"\n)]\nfn g() {}\n";
        let found = findings("crates/a/src/b.rs", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/a/src/b.rs:1: error: a lint exception says why"));
    }

    #[test]
    fn machine_paths_and_put_off_work_are_found_in_any_text() {
        let path = concat!("see /wo", "rk/main\nnet/wo", "rk/x is fine\n// TO", "DO later\n");
        let found = findings("docs/a.md", path);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("docs/a.md:1: error:"));
        assert!(found[1].starts_with("docs/a.md:3: error:"));
    }

    #[test]
    fn a_long_file_is_a_hint_and_a_very_long_one_a_failure() {
        let long = "fn f() {}\n".repeat(450);
        assert!(findings("crates/a/src/b.rs", &long)[0].contains("hint: 450 lines"));
        let longer = "fn f() {}\n".repeat(900);
        assert!(findings("crates/a/src/b.rs", &longer)[0].contains("error: 900 lines"));
        let tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{longer}}}\n");
        assert_eq!(findings("crates/a/src/b.rs", &tests), Vec::<String>::new());
    }

    #[test]
    fn mod_rs_and_a_crate_without_its_sentence_are_found() {
        assert!(findings("crates/a/src/b/mod.rs", "")[0].contains("no mod.rs"));
        assert!(findings("crates/a/src/lib.rs", "fn f() {}")[0].contains("starts with `//!`"));
    }
}
