//! Importers: data sets in their own layouts become recordings, one case at a time.
//!
//! An importer reads the truth only into [`Recording::expect`]; what the engine sees never holds
//! a hint of it. What is malformed is noted in [`Recording::notes`], never dropped in silence.

mod detect;
mod error;
pub mod nezha;
mod notes;
pub mod opensre;
pub mod petshop;

use std::path::{Path, PathBuf};

use nightjar_incident::Recording;

pub use detect::{Kind, detect};
pub use error::Error;

/// How cases are to be made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where quiet telemetry is found when the set has none of its own beside its incidents.
    pub normal: Option<PathBuf>,
    /// Per cent of a quiet period's rows that are taken as normal before a quiet case begins;
    /// empty for no quiet cases.
    pub quiet_splits: Vec<u32>,
}

/// One case of a data set, ready to be investigated and judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What the engine may see, and the truth beside it.
    pub recording: Recording,
    /// Which kinds of telemetry exist for it: `metrics`, `logs`, `traces`.
    pub modalities: Vec<&'static str>,
    /// The part of the set it belongs to, for summaries.
    pub scenario: String,
    /// Whether nothing happened in it, so that nothing should be claimed.
    pub quiet: bool,
}

/// The cases of a set, made one by one as they are asked for.
pub type Cases = Box<dyn Iterator<Item = Result<Case, Error>> + Send>;

/// The cases of the data set in this folder.
///
/// Capsules and scenarios aren't data sets: their readers are elsewhere.
pub fn cases(path: &Path, options: &Options) -> Result<Cases, Error> {
    match detect(path) {
        Some(Kind::PetShop) => petshop::cases(path, options),
        Some(Kind::Nezha) => nezha::cases(path),
        Some(Kind::OpenSre) => opensre::cases(path),
        Some(Kind::Capsule | Kind::Capsules | Kind::Scenarios) | None => {
            Err(Error::Unrecognised { path: path.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refused(file: &str) -> String {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
        match cases(root.path(), &Options::default()) {
            Ok(_) => panic!("cases were found"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_no_data_set_is_told_what_would_be_one() {
        let error = refused("readme.md");
        assert!(error.contains("petshop") && error.contains("nezha"), "{error}");
    }
}
