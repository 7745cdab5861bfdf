//! Every target over mutations of its kept inputs: a second each, longer when asked for by
//! `NIGHTJAR_FUZZ_SECONDS`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a panic is a failed test"
)]

mod scale;

use std::path::Path;
use std::time::Duration;

use nightjar_fuzz::{TARGETS, corpus, run};

fn come_back(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let asked = std::env::var("NIGHTJAR_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let inputs = corpus(&root, target).unwrap();
    let budget = Duration::from_secs(asked.unwrap_or(1));
    match run(target, &inputs, asked.unwrap_or(1), budget) {
        Ok(tried) => assert!(tried > 0),
        Err(finding) => panic!(
            "`{name}` doesn't come back from this input; put it into crates/fuzz/corpus/{name}:\n{:?}",
            String::from_utf8_lossy(&finding.input)
        ),
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test] fn $name() { come_back(stringify!($name)); })*

        #[test]
        fn every_target_is_tried() {
            let tried = [$(stringify!($name)),*];
            assert!(TARGETS.iter().all(|target| tried.contains(&target.name)));
        }
    };
}

targets! { payloads topology capsule archive telemetry petshop nezha templates redact routing reading signature senders numbers recording }
