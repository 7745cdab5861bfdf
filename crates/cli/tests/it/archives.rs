//! Capsules in one file, also those that a service would hand out.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nightjar_agent::{
    Names, Onlooker, Policy, Request, Retelling, Setup, Start, State, UserRequest, replay, resume,
};
use nightjar_capsule::{Limits, connection, read, write_archive};
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{RawAlert, SpaceId};
use serde_json::json as value;

use crate::program::{done, json, nightjar};

fn simulated() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["simulate", "--out", "recorded", "--fault", "cpu_saturation", "--json"];
    let written = json(folder.path(), &arguments);
    let capsule = written["written"][0].as_str().unwrap().to_owned();
    (folder, capsule)
}

#[test]
fn a_capsule_in_a_file_serves_as_its_folder_does() {
    let (folder, capsule) = simulated();
    let folder = folder.path();
    done(folder, &["investigate", &capsule, "--record"]);
    done(folder, &["capsule", "pack", &capsule, "one.tar.zst"]);
    assert_eq!(nightjar(folder, &["capsule", "pack", &capsule, "one.tar.zst"]).code, 1);
    assert_eq!(json(folder, &["replay", "one.tar.zst", "--json"])["same"], true);
    assert!(done(folder, &["capsule", "verify", "one.tar.zst"]).contains("sound"));
    let of_folder = done(folder, &["capsule", "show", &capsule]);
    assert_eq!(done(folder, &["capsule", "show", "one.tar.zst"]), of_folder);
    let refused = nightjar(folder, &["investigate", "one.tar.zst", "--record"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("hint: unpack it first"), "{}", refused.stderr);
    done(folder, &["capsule", "unpack", "one.tar.zst", "again"]);
    done(folder, &["capsule", "pack", "again", "two.tar.zst"]);
    let bytes = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(bytes("one.tar.zst") == bytes("two.tar.zst"));
    let cut = bytes("one.tar.zst");
    fs::write(folder.join("cut.tar.zst"), &cut[..cut.len() / 2]).unwrap();
    let refused = nightjar(folder, &["investigate", "cut.tar.zst"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("the archive is cut off"), "{}", refused.stderr);
}

/// A recording played as a service does, its first incident looked at once more for a person; with
/// its alerts, or with what somebody described.
fn played(capsule: &Path, start: Option<&Start>) -> Vec<u8> {
    let mut recording = read(capsule, &Limits::default()).unwrap();
    if let Some(start) = start {
        recording.alerts = vec![start.message.clone()];
    }
    let recording = Arc::new(recording);
    let connections = [connection(Arc::clone(&recording), &recording.name)];
    let setup = Setup {
        space: SpaceId::new("team-a"),
        names: Names::play(3),
        connections: &connections,
        policy: Policy::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut keeper = Onlooker(|_: &Entry| {});
    let first = runtime.block_on(replay(&setup, start, &[], &mut keeper)).unwrap();
    let mut journal = first.journal.clone();
    let state = State::from(first);
    let incident = Names::play(3).incident(1);
    let asked = UserRequest {
        at: state.latest().unwrap(),
        actor: "alice".into(),
        request: Request::LookAgain { incident },
    };
    let last = runtime.block_on(resume(&setup, state, &[asked], &mut keeper)).unwrap();
    journal.extend(last.journal);
    write_archive(&recording, Some((&journal, &last.investigations, &[]))).unwrap()
}

#[test]
fn what_a_service_played_is_replayed_under_its_names_and_with_what_people_asked() {
    let (folder, capsule) = simulated();
    let folder = folder.path();
    fs::write(folder.join("played.tar.zst"), played(&folder.join(capsule), None)).unwrap();
    let replayed = json(folder, &["replay", "played.tar.zst", "--json"]);
    assert_eq!(replayed["same"], true, "{replayed}");
}

/// What a journal would hold if asking had ended, after so many queries, where one begins to ask about metrics.
fn ended(journal: &[Entry], most: u64) -> Vec<Entry> {
    let of_metrics =
        |entry: &&Entry| entry.body.get("asks").is_some() && entry.body["question"] == "metrics";
    let end = |entry: &Entry| {
        let mut chain =
            Chain::continued(entry.space.clone(), &*entry.chain, entry.seq, entry.prev_hash);
        let body = value!({
            "budget": { "used_up": "some queries per test", "queries": most }, "unasked": 1,
        });
        chain.append(entry.at, Kind::Decision, "agent", body).unwrap()
    };
    journal.iter().filter(of_metrics).map(end).collect()
}

#[test]
fn what_a_budget_ended_is_replayed_to_the_same_end() {
    let (folder, capsule) = simulated();
    let folder = folder.path();
    let recording = Arc::new(read(&folder.join(&capsule), &Limits::default()).unwrap());
    let connections = [connection(Arc::clone(&recording), &recording.name)];
    let mut policy = Policy::default();
    policy.look_again.truncate(1);
    let setup = Setup {
        space: SpaceId::new("team-a"),
        names: Names::play(3),
        connections: &connections,
        policy,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut keeper = Onlooker(|_: &Entry| {});
    let whole = runtime.block_on(replay(&setup, None, &[], &mut keeper)).unwrap().journal;
    for most in [0, 1] {
        let ended = ended(&whole, most);
        let mut keeper = Retelling(&ended);
        let played = runtime.block_on(replay(&setup, None, &[], &mut keeper)).unwrap();
        let told = |entry: &Entry| entry.body.get("budget").is_some();
        assert!(played.journal.iter().any(told), "{most}");
        let result = Some((&*played.journal, &*played.investigations, &[][..]));
        let name = format!("limited-{most}.tar.zst");
        fs::write(folder.join(&name), write_archive(&recording, result).unwrap()).unwrap();
        let replayed = json(folder, &["replay", &name, "--json"]);
        assert_eq!(replayed["same"], true, "{replayed}");
    }
}

#[test]
fn what_a_person_started_is_replayed_from_what_they_described() {
    let (folder, capsule) = simulated();
    let folder = folder.path();
    let end = read(&folder.join(&capsule), &Limits::default()).unwrap().window.unwrap().to;
    let payload = value!({
        "eventType": "incident", "incidentId": "task-1", "action": "created", "priority": "HIGH",
        "title": "checkout is slow", "description": "", "timestamp": end.to_string(),
    });
    let message = RawAlert { provider: Some("generic".into()), received_at: end, payload };
    let start = Start { actor: "alice".into(), message };
    fs::write(folder.join("played.tar.zst"), played(&folder.join(&capsule), Some(&start))).unwrap();
    let replayed = json(folder, &["replay", "played.tar.zst", "--json"]);
    assert_eq!(replayed["same"], true, "{replayed}");
}
