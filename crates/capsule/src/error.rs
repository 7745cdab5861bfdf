use std::io;
use std::path::{Path, PathBuf};

use nightjar_otlp::Unwritable;

/// Why a capsule couldn't be read or written as a whole. What concerns one line only is a note.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system said no.
    #[error("cannot use `{path}`: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
    /// There is no `capsule.toml`.
    #[error("`{folder}` is no capsule: it has no `capsule.toml`")]
    NotACapsule {
        /// The folder.
        folder: PathBuf,
    },
    /// Written by another version.
    #[error("capsule.toml: schema = {ours} expected, found {found}")]
    Schema {
        /// The version this program reads.
        ours: u32,
        /// What the file says.
        found: String,
    },
    /// A file that only makes sense as a whole is broken.
    #[error("{file}: {message}")]
    Malformed {
        /// The file, with the line where known.
        file: String,
        /// What was expected and what was found.
        message: String,
    },
    /// The same part stands there plain and compressed, and nobody knows which one counts.
    #[error("both `{plain}` and `{plain}.zst` are there; remove one")]
    Twice {
        /// The plain one.
        plain: String,
    },
    /// A link leads out of the folder.
    #[error("`{file}` is a link that leads out of the capsule; put the file itself there")]
    Outside {
        /// The link.
        file: String,
    },
    /// A folder, pipe or device where a file should be.
    #[error("`{file}` is not a plain file")]
    NotAFile {
        /// Its name.
        file: String,
    },
    /// More than the limits allow.
    #[error("{file}: more than {limit} {what}; raise the limit if the capsule is to be trusted")]
    TooLarge {
        /// The file being read.
        file: String,
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// The target holds something already.
    #[error("`{folder}` isn't empty; nothing was written")]
    NotEmpty {
        /// The target.
        folder: PathBuf,
    },
    /// The bytes are no archive that we read.
    #[error("a tar archive expected, plain or compressed with gzip or zstd; found {found}")]
    NotAnArchive {
        /// What they look like.
        found: &'static str,
    },
    /// The archive ends before its end.
    #[error("the archive is cut off")]
    CutOff,
    /// The archive is damaged, or uses what we don't read.
    #[error("the archive can't be read: {message}")]
    BadArchive {
        /// What is wrong.
        message: String,
    },
    /// A name in the archive leads elsewhere.
    #[error("`{name}` in the archive leads out of it")]
    Escapes {
        /// The name.
        name: String,
    },
    /// A file is in the archive twice, and nobody knows which one counts.
    #[error("`{file}` is in the archive twice")]
    Repeated {
        /// Its name.
        file: String,
    },
    /// The format can't hold a value.
    #[error("cannot write {what}")]
    Unwritable {
        /// The value and why.
        what: String,
    },
}

impl From<Unwritable> for Error {
    fn from(Unwritable(what): Unwritable) -> Self {
        Self::Unwritable { what }
    }
}

impl Error {
    /// For `map_err`: an error of the file system at this path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
