use crate::program::{done, nightjar};

#[test]
fn a_missing_folder_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for command in
        [&["investigate", "gone"][..], &["replay", "gone"], &["topology", "show", "gone"]]
    {
        let ended = nightjar(folder.path(), command);
        assert_eq!(ended.code, 1);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.starts_with("error: there is no folder `gone`"), "{}", ended.stderr);
        assert!(ended.stderr.contains("\n  hint: "), "{}", ended.stderr);
    }
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(nightjar(folder.path(), &["investigate"]).code, 2);
    assert_eq!(nightjar(folder.path(), &["dance"]).code, 2);
}

#[test]
fn the_exit_codes_are_in_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let text = done(folder.path(), &["help", "exit-codes"]);
    assert!(text.contains("3  what was checked isn't as it should be"), "{text}");
    let guide = include_str!("../../../../docs/guide/cli.md");
    for code in 0..=4 {
        assert!(guide.contains(&format!("| {code} | ")), "docs/guide/cli.md lacks {code}");
    }
}

#[test]
fn completions_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(done(folder.path(), &["completions", shell]).contains("blast-radius"));
    }
}

#[test]
fn the_guide_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let guide = include_str!("../../../../docs/guide/cli.md");
    let help = done(folder.path(), &["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in commands.take_while(|line| !line.is_empty()) {
        let name = line.split_whitespace().next().unwrap_or_default();
        let is_known = name == "help" || guide.contains(&format!("`nightjar {name}"));
        assert!(is_known || line.starts_with("     "), "docs/guide/cli.md lacks `{name}`");
    }
}
