//! Fuzz targets: functions that take any bytes and must come back.
//!
//! Each stands in [`TARGETS`] with the folder of small inputs it starts from. [`run`] tries
//! mutations of them on the stable toolchain; the same functions serve libFuzzer where a developer
//! has it (docs/testing.md). A target checks what must hold whatever comes in; what is right for
//! good input is tested in the rooms themselves.

mod contract;
mod engine;
mod mutate;
mod parsers;
mod run;
mod senders;

pub use run::{Finding, corpus, run};

/// A function that must come back from any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder of inputs.
    pub name: &'static str,
    /// Panics when something that must hold doesn't.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "payloads", run: parsers::payloads },
    Target { name: "topology", run: parsers::topology },
    Target { name: "capsule", run: parsers::capsule },
    Target { name: "archive", run: parsers::archive },
    Target { name: "telemetry", run: parsers::telemetry },
    Target { name: "petshop", run: parsers::petshop },
    Target { name: "nezha", run: parsers::nezha },
    Target { name: "templates", run: parsers::templates },
    Target { name: "redact", run: parsers::redact },
    Target { name: "routing", run: contract::routing },
    Target { name: "reading", run: contract::reading },
    Target { name: "signature", run: contract::signature },
    Target { name: "senders", run: senders::senders },
    Target { name: "numbers", run: engine::numbers },
    Target { name: "recording", run: engine::recording },
];
