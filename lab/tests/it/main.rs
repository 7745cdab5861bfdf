//! Two faults from end to end, with everything real: the shop, its monitoring, and Nightjar as it was built. Each takes
//! two minutes and a half, most of it waiting for samples, and has the machine to itself (`.config/nextest.toml`): what
//! else runs there would be seen as the shop's trouble.

use std::path::{Path, PathBuf};
use std::process::Command;

fn check(fault: &str) {
    let lab = PathBuf::from(env!("CARGO_BIN_EXE_nightjar-lab"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let nightjar = lab.with_file_name("nightjar");
    if !nightjar.exists() {
        return skipped("the program isn't built (cargo build -p nightjar-cli)");
    }
    if !root.join("target/tools/lab/unpacked").exists() {
        return skipped("its servers aren't there (make tools)");
    }
    let mut run = Command::new(lab);
    run.args(["run", "--strict", "--runs", "1", "--fault", fault, "--nightjar"]).arg(nightjar);
    let output = run.current_dir(root).output().expect("invariant: cargo built it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::print_stderr, reason = "a test that was skipped has to be seen in the output")]
fn skipped(reason: &str) {
    eprintln!("skipped: the lab, since {reason}");
}

#[test]
fn a_wrong_setting_is_found() {
    check("config-edit");
}

#[test]
fn a_lock_that_is_held_is_found() {
    check("lock-held");
}
