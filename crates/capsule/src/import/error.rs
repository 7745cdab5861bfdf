use std::path::PathBuf;

/// Why a data set can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder can't be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A file holds something else than it should.
    #[error("`{path}`: expected {expected}, found {found}")]
    Format {
        /// The file, with the line where there is one.
        path: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Nothing tells what is usual.
    #[error(
        "no quiet telemetry for `{scenario}`: neither a folder `noissue` in it nor in `low_traffic` beside it; name one with --normal DIR"
    )]
    NoNormal {
        /// The scenario without a normal period.
        scenario: String,
    },
    /// The folder isn't one of the known layouts.
    #[error(
        "`{path}` is not a data set in a known layout: expected petshop (a set, a scenario or a split with `issue_*` folders) or nezha (a day with `<day>-fault_list.json`, or a folder of days), or opensre (a scenario with `scenario.yml`, a suite, or a folder of suites)"
    )]
    Unrecognised {
        /// The folder.
        path: PathBuf,
    },
}

impl Error {
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }
}
