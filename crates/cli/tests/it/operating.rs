//! The commands that run the service, on a data folder of their own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::program::{done, json, nightjar};

/// A service that ends with this.
struct Service {
    child: Child,
    base: String,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Service {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nightjar"))
            .args(["serve", "--data", "data", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("text");
        let base = line.trim().strip_prefix("nightjar is ready at ").map(str::to_owned);
        Self { child, base: base.unwrap_or_else(|| panic!("{line:?}")), stdout }
    }

    /// Asks it to stop; how it ended, the rest of its output, and its log.
    fn stop(mut self) -> (Option<i32>, String, String) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).expect("text");
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        std::io::Read::read_to_string(&mut stderr, &mut log).expect("text");
        (self.child.wait().expect("it ends").code(), rest, log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn key(folder: &Path) -> serde_json::Value {
    json(folder, &["keys", "create", "--data", "data", "--role", "administrator", "--json"])
}

#[test]
fn a_key_is_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let made = key(folder.path());
    let names: Vec<&String> = made.as_object().unwrap().keys().collect();
    assert_eq!(names, ["accessKeyId", "secretAccessKey", "token"]);
    let id = made["accessKeyId"].as_str().unwrap();
    let listed = json(folder.path(), &["keys", "list", "--data", "data", "--json"]);
    assert_eq!(listed["keys"][0]["accessKeyId"], id);
    assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));
    done(folder.path(), &["keys", "revoke", "--data", "data", id]);
    let listed = json(folder.path(), &["keys", "list", "--data", "data", "--json"]);
    assert!(listed["keys"][0]["revokedAt"].is_string());
    let webhook = ["keys", "create", "--data", "data", "--role", "webhook"];
    let refused = nightjar(folder.path(), &webhook);
    assert!(refused.code == 1 && refused.stderr.contains("--space"), "{}", refused.stderr);
    let unknown = nightjar(folder.path(), &["keys", "revoke", "--data", "data", "NJAKNONE"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("hint"), "{}", unknown.stderr);
}

#[test]
fn the_first_start_shows_a_link_and_sigterm_ends_it_well() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    let link = format!("{}/sign-in?link=", service.base);
    let second = nightjar(folder.path(), &["serve", "--data", "data", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("another nightjar serves `data`"), "{}", second.stderr);
    let (code, rest, log) = service.stop();
    assert_eq!((code, rest.as_str()), (Some(0), ""), "{log}");
    assert!(log.contains(&link), "{log}");
    key(folder.path());
    let (_, _, log) = Service::start(folder.path()).stop();
    assert!(!log.contains("/sign-in"), "{log}");
}

#[test]
fn a_role_of_its_own_needs_a_database_that_is_shared() {
    let folder = tempfile::tempdir().unwrap();
    for role in ["api", "worker"] {
        let refused = nightjar(folder.path(), &["serve", "--data", "data", "--role", role]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("with SQLite one process does everything"));
    }
}

#[test]
fn a_backup_of_a_running_service_is_restored_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let id = key(at)["accessKeyId"].clone();
    let service = Service::start(at);
    done(at, &["backup", "--data", "data", "--to", "backup.tar.zst"]);
    service.stop();
    let restored = nightjar(at, &["restore", "backup.tar.zst", "--data", "again"]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(restored.stderr.contains("master key isn't in the backup"), "{}", restored.stderr);
    // Without the key nothing is read, and no other key is made in its place.
    assert_eq!(nightjar(at, &["keys", "list", "--data", "again"]).code, 1);
    std::fs::copy(at.join("data/master.key"), at.join("again/master.key")).unwrap();
    let listed = json(at, &["keys", "list", "--data", "again", "--json"]);
    assert_eq!(listed["keys"][0]["accessKeyId"], id);
    let sound = json(at, &["journal", "verify", "--data", "again", "--json"]);
    assert_eq!(sound["sound"], true);
    let over = nightjar(at, &["restore", "backup.tar.zst", "--data", "again"]);
    assert!(over.stderr.contains("isn't empty"), "{}", over.stderr);
    done(at, &["backup", "--data", "data", "--to", "whole.tar.zst", "--with-master-key"]);
    done(at, &["restore", "whole.tar.zst", "--data", "whole"]);
    json(at, &["keys", "list", "--data", "whole", "--json"]);
}

#[test]
fn a_checkpoint_is_verified_later() {
    let folder = tempfile::tempdir().unwrap();
    key(folder.path());
    let signed = done(folder.path(), &["journal", "checkpoint", "--data", "data"]);
    std::fs::write(folder.path().join("checkpoint.json"), signed).unwrap();
    let verify = ["journal", "verify", "--data", "data", "--checkpoint", "checkpoint.json"];
    assert!(done(folder.path(), &verify).starts_with("sound"));
}

#[test]
fn the_doctor_finds_a_healthy_folder_and_a_lost_key() {
    let folder = tempfile::tempdir().unwrap();
    key(folder.path());
    let doctor = ["doctor", "--data", "data", "--listen", "127.0.0.1:0", "--json"];
    assert_eq!(json(folder.path(), &doctor)["well"], true);
    std::fs::rename(folder.path().join("data/master.key"), folder.path().join("lost")).unwrap();
    let ended = nightjar(folder.path(), &doctor);
    assert_eq!(ended.code, 3);
    assert!(ended.stdout.contains("put the key there"), "{}", ended.stdout);
}

#[test]
fn a_setting_that_does_not_exist_is_told_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let config = done(folder.path(), &["config"]);
    std::fs::write(folder.path().join("good.toml"), &config).unwrap();
    std::fs::write(folder.path().join("bad.toml"), "[worker]\nconcurency = 1\n").unwrap();
    let doctor = |file| {
        nightjar(
            folder.path(),
            &["doctor", "--data", "data", "--config", file, "--listen", "127.0.0.1:0"],
        )
    };
    assert_eq!(doctor("good.toml").code, 0);
    let ended = doctor("bad.toml");
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("did you mean `worker.concurrency`?"), "{}", ended.stderr);
}
