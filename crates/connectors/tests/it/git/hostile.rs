//! Repositories that are odd, broken, huge, or mean.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nightjar_connect::ErrorKind;
use serde_json::json;

use super::made::{Stream, git, opened};
use super::{ask, open, summaries, told};

#[tokio::test]
async fn odd_texts_become_one_harmless_line() {
    let mut stream = Stream::default();
    stream.commit("main", -60, "Begin", &[("cart/a", Some(b"1"))]);
    let name = "\u{1b}[31mAda\u{202e}\u{7}";
    stream.full(
        "main",
        1,
        (name, None),
        b"\x1b]0;owned\x07Fix\x1b[2J it\r\n",
        None,
        &[("cart/a", Some(b"2"))],
    );
    stream.full(
        "main",
        2,
        ("Ada", Some("ISO-8859-1")),
        b"F\xfcr M\xfcller",
        None,
        &[("cart/a", Some(b"3"))],
    );
    stream.full("main", 3, ("Ada", None), b"\xff\xfe", None, &[("cart/a", Some(b"4"))]);
    stream.full("main", 4, ("Ada", None), b"", None, &[("cart/a", Some(b"5"))]);
    let long = "x".repeat(500_000);
    stream.commit("main", 5, &long, &[("cart/a\\377\\n.yaml", Some(b"6"))]);
    let folder = stream.made();
    let answer = ask(&open(folder.path(), &json!({})), &["cart"], 10).await.unwrap();
    let changes = told(&answer);
    assert_eq!(changes.len(), 5);
    assert_eq!(changes[0].author.as_deref(), Some("Ada"));
    assert_eq!(
        summaries(&answer)[..4],
        [
            "]0;ownedFix it: cart/a",
            "Für Müller: cart/a",
            "\u{fffd}\u{fffd}: cart/a",
            "(without a subject): cart/a",
        ]
        .map(str::to_owned)
        .map(|told| told.replacen("]0;ownedFix", "]0;owned Fix", 1))
    );
    for change in changes {
        assert!(change.summary.chars().count() < 400, "{}", change.summary.len());
        assert!(!change.summary.chars().any(char::is_control), "{:?}", change.summary);
    }
}

#[tokio::test]
async fn links_binaries_and_large_files_are_not_looked_into() {
    let mut stream = Stream::default();
    stream.commit("main", -60, "Begin", &[("cart/a.yaml", Some(b"a: 1"))]);
    let large = format!("a: {}", "x".repeat(3_000_000));
    stream.commit(
        "main",
        1,
        "Change",
        &[
            ("cart/a.yaml", Some(large.as_bytes())),
            ("cart/b.link.yaml", Some(b"/etc/passwd")),
            ("cart/c.json", Some(b"\0\x01\xff\xff")),
        ],
    );
    let folder = stream.made();
    let git = open(folder.path(), &json!({ "limits": { "megabytes": 1 } }));
    let answer = ask(&git, &["cart"], 10).await.unwrap();
    assert_eq!(summaries(&answer), ["Change: 3 files"]);
}

#[tokio::test]
async fn clocks_that_are_wrong_hide_nothing() {
    let mut stream = Stream::default();
    let touch = |stream: &mut Stream, minute: i64, name: &str| {
        stream.commit("main", minute, name, &[("cart/a", Some(name.as_bytes()))]);
    };
    touch(&mut stream, -60, "begin");
    touch(&mut stream, 5, "five");
    touch(&mut stream, 500_000, "next year");
    touch(&mut stream, -900_000, "two years ago");
    touch(&mut stream, 12, "twelve");
    touch(&mut stream, 10, "ten");
    touch(&mut stream, 400_000, "tip");
    let folder = stream.made();
    let answer = ask(&open(folder.path(), &json!({})), &["cart"], 10).await.unwrap();
    let found: Vec<String> = told(&answer)
        .iter()
        .map(|change| {
            format!("{} {}", change.at.strftime("%M"), change.summary.split(':').next().unwrap())
        })
        .collect();
    assert_eq!(found.len(), 4, "{found:?}");
    for expected in ["05 five", "10 ten", "12 twelve", "12 next year"] {
        assert!(found.iter().any(|one| one == expected), "{expected}: {found:?}");
    }
    let notes = answer.notes.join("\n");
    assert!(notes.contains("1 commits claim a later time"), "{notes}");
    assert!(notes.contains("1 commits are dated after the time asked about"), "{notes}");
}

#[tokio::test]
async fn a_long_history_costs_what_lies_in_the_window() {
    let mut stream = Stream::default();
    for number in 0..12_000_i64 {
        let content = number.to_string();
        stream.commit("main", number / 400 - 29, "Step", &[("cart/a", Some(content.as_bytes()))]);
    }
    let folder = stream.made();
    // 400 commits lie in the window.
    let tight = open(folder.path(), &json!({ "limits": { "megabytes": 2 } }));
    let all = ask(&tight, &["cart"], 1000).await.unwrap();
    assert_eq!((told(&all).len(), all.truncated.clone()), (400, None));
    let few = ask(&open(folder.path(), &json!({})), &["cart"], 7).await.unwrap();
    assert_eq!(told(&few), &told(&all)[393..]);
    // Where the budget ends first, the latest are told, and where it ends.
    let mut stream = Stream::default();
    for number in 0..12_000_i64 {
        let content = number.to_string();
        stream.commit("main", number / 400, "Step", &[("cart/a", Some(content.as_bytes()))]);
    }
    let folder = stream.made();
    let begun = Instant::now();
    let tight = open(folder.path(), &json!({ "limits": { "megabytes": 4 } }));
    let answer = ask(&tight, &["cart"], 100_000).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let changes = told(&answer);
    assert!(!changes.is_empty() && changes.len() < 12_000, "{}", changes.len());
    assert!(answer.truncated.as_ref().unwrap().starts_with("cut here, after "));
    assert_eq!(changes.last().unwrap().at.to_string(), "2026-11-23T03:29:00Z");
}

#[tokio::test]
async fn a_commit_with_more_files_than_are_told_still_has_its_owners() {
    let paths: Vec<String> = (0..3000).map(|n| format!("services/s{}/f{n}", n % 3)).collect();
    let files: Vec<(&str, Option<&[u8]>)> =
        paths.iter().map(|path| (path.as_str(), Some(&b"x"[..]))).collect();
    let mut stream = Stream::default();
    stream.commit("main", 1, "Everything", &files);
    let folder = stream.made();
    let answer = ask(&open(folder.path(), &json!({})), &[], 10).await.unwrap();
    assert_eq!(told(&answer).len(), 1);
    assert!(answer.notes[0].contains("large change"), "{:?}", answer.notes);
}

#[tokio::test]
async fn a_shallow_clone_says_where_it_ends() {
    let mut stream = Stream::default();
    for minute in 1..6 {
        let content = minute.to_string();
        stream.commit("main", minute, "Step", &[("cart/a", Some(content.as_bytes()))]);
    }
    let whole = stream.made();
    let folder = opened();
    let from = format!("file://{}", whole.path().display());
    git(folder.path(), &["clone", "--quiet", "--depth", "3", &from, "clone"]);
    let clone = open(&folder.path().join("clone"), &json!({}));
    let answer = ask(&clone, &["cart"], 10).await.unwrap();
    // The third has no parent here: what it touched can't be told.
    assert_eq!(told(&answer).len(), 2, "{answer:?}");
    assert!(answer.truncated.unwrap().contains("shallow or broken"));
    assert!(answer.notes.iter().any(|note| note.contains("can't be told")), "{:?}", answer.notes);
    let notes = clone.probe.unwrap().probe().await.unwrap().notes.join("\n");
    assert!(notes.contains("the clone is shallow"), "{notes}");
}

#[tokio::test]
async fn what_is_no_repository_is_an_error_of_the_right_kind() {
    let folder = opened();
    let path = folder.path();
    let kind = async |path: &Path, more| ask(&open(path, &more), &[], 10).await.map_err(|e| e.kind);
    assert_eq!(kind(&path.join("gone"), json!({})).await.unwrap_err(), ErrorKind::NotFound);
    assert_eq!(kind(path, json!({})).await.unwrap_err(), ErrorKind::NotFound);
    git(path, &["init", "--quiet", "empty"]);
    let empty = ask(&open(&path.join("empty"), &json!({})), &[], 10).await.unwrap();
    assert!(empty.content.is_empty());
    assert_eq!(empty.notes, ["the repository is empty"]);

    let mut stream = Stream::default();
    stream.commit("main", 1, "Begin", &[("cart/a", Some(b"1"))]);
    let made = stream.made();
    let gone = json!({ "branches": ["gone"] });
    assert_eq!(kind(made.path(), gone).await.unwrap_err(), ErrorKind::NotFound);
    // Everything that was kept is lost.
    fs::remove_dir_all(made.path().join("objects")).unwrap();
    fs::create_dir(made.path().join("objects")).unwrap();
    assert_eq!(kind(made.path(), json!({})).await.unwrap_err(), ErrorKind::Protocol);
}

#[tokio::test]
async fn what_nobody_opened_is_not_read() {
    let mut stream = Stream::default();
    stream.commit("main", 1, "Begin", &[("cart/a", Some(b"1"))]);
    let made = stream.made();
    fs::remove_file(made.path().join(".nightjar-may-read")).unwrap();
    let closed = open(made.path(), &json!({}));
    let absent = open(&made.path().join("gone"), &json!({}));
    for git in [closed, absent] {
        let error = ask(&git, &[], 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        assert!(error.message.contains("put an empty file `.nightjar-may-read`"), "{error}");
        assert_eq!(git.probe.unwrap().probe().await.unwrap_err().kind, ErrorKind::Denied);
    }
}

#[tokio::test]
async fn a_mirror_of_another_user_is_read() {
    let mut stream = Stream::default();
    stream.commit("main", 1, "Begin", &[("cart/a", Some(b"1"))]);
    let folder = stream.made();
    // Only root can give files away; for others the folder stays theirs, and this says less.
    drop(Command::new("chown").args(["-R", "65534"]).arg(folder.path()).output());
    let answer = ask(&open(folder.path(), &json!({})), &["cart"], 10).await.unwrap();
    assert_eq!(summaries(&answer), ["Begin: cart/a"]);
}

#[tokio::test]
async fn nothing_that_a_repository_configures_is_run() {
    let mut stream = Stream::default();
    stream.commit(
        "main",
        1,
        "Begin",
        &[("cart/a.yaml", Some(b"a: 1")), (".gitattributes", Some(b"* filter=mean diff=mean"))],
    );
    let folder = stream.made();
    let mark = folder.path().join("ran");
    let run = format!("touch {}", mark.display());
    for name in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "diff.external",
        "filter.mean.smudge",
        "filter.mean.clean",
        "diff.mean.textconv",
        "diff.mean.command",
        "core.alternateRefsCommand",
        "uploadpack.packObjectsHook",
    ] {
        git(folder.path(), &["config", name, &run]);
    }
    let answer = ask(&open(folder.path(), &json!({})), &["cart"], 10).await.unwrap();
    assert_eq!(summaries(&answer), ["Begin: a: 1 (new)"]);
    assert!(!mark.exists());
}
