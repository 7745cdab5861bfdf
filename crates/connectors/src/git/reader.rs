//! Objects of a repository, read within a budget.

use std::fs;
use std::io;
use std::path::Path;

use gix::ObjectId;
use gix::objs::Kind;
use nightjar_connect::{Error, ErrorKind};

use super::words::line;
use crate::limits::Allowance;

/// A repository that was opened for one question.
pub(super) struct Reader {
    repository: gix::Repository,
    allowance: Allowance,
}

/// Why an object can't be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The budget of the question.
    UsedUp,
    /// It isn't in this clone.
    Missing,
    /// It is larger than is read.
    TooLarge,
    /// It isn't what it should be.
    Broken(String),
}

impl Trouble {
    /// As a reason in a sentence.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::UsedUp => "the budget of the question is used up".to_owned(),
            Self::Missing => "the clone holds no more: it is shallow or broken".to_owned(),
            Self::TooLarge => "it is larger than is read".to_owned(),
            Self::Broken(reason) => reason.clone(),
        }
    }

    pub(super) fn error(self, asked: &str) -> Error {
        let kind = match self {
            Self::UsedUp => ErrorKind::Timeout,
            Self::TooLarge => ErrorKind::TooLarge,
            Self::Missing | Self::Broken(_) => ErrorKind::Protocol,
        };
        Error::new(kind, asked, self.reason())
    }
}

/// Whether a text can be the name of a branch: what git forbids, and nothing that a shell would read
/// otherwise where a person runs our query again.
pub(super) fn is_branch(name: &str) -> bool {
    let is_part = |part: &str| {
        let ends = part.starts_with('.') || part.ends_with('.') || part.ends_with(".lock");
        !part.is_empty() && !ends
    };
    let fits = |letter: char| letter.is_alphanumeric() || "-_./+@#%,".contains(letter);
    !name.starts_with('-')
        && name != "@"
        && !name.contains("..")
        && name.len() < 256
        && name.chars().all(fits)
        && name.split('/').all(is_part)
}

impl Reader {
    /// Opens a repository as it is: without the configuration of the machine and without its environment.
    pub(super) fn open(path: &Path, allowance: Allowance, asked: &str) -> Result<Self, Error> {
        let of_disk = |error: io::Error| {
            let (kind, told) = match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    (ErrorKind::NotFound, "there is no such folder".to_owned())
                }
                io::ErrorKind::PermissionDenied => {
                    (ErrorKind::Denied, "the folder may not be read".to_owned())
                }
                other => (ErrorKind::Unavailable, other.to_string()),
            };
            Error::new(kind, asked, told)
        };
        fs::read_dir(path).map_err(of_disk)?;
        let options = gix::open::Options::isolated();
        let repository = gix::open_opts(path, options).map_err(|error| {
            let is_there = ["HEAD", ".git"].iter().any(|part| path.join(part).exists());
            let kind = if is_there { ErrorKind::Protocol } else { ErrorKind::NotFound };
            let told = format!("it is no git repository that can be read: {error}");
            Error::new(kind, asked, line(&told, 200))
        })?;
        Ok(Self { repository, allowance })
    }

    /// The branch that `HEAD` names, and the commit it stands at; none in an empty repository.
    pub(super) fn head(&self) -> Result<Option<(String, ObjectId)>, Trouble> {
        match self.repository.head_name().map_err(broken)? {
            Some(name) => {
                let name = name.as_bstr().to_string();
                let id = self.reference(&name)?;
                let short = name.trim_start_matches("refs/heads/").to_owned();
                Ok(id.map(|id| (short, id)))
            }
            None => {
                let id = self.repository.head_id().map_err(broken)?;
                Ok(Some(("HEAD".to_owned(), id.detach())))
            }
        }
    }

    /// The commit that a branch stands at: one of this clone, or one that it fetched from `origin`.
    pub(super) fn branch(&self, name: &str) -> Result<Option<ObjectId>, Trouble> {
        for place in ["refs/heads/", "refs/remotes/origin/", "refs/remotes/", "refs/"] {
            let full = match name.starts_with("refs/") {
                true => name.to_owned(),
                false => format!("{place}{name}"),
            };
            if let Some(id) = self.reference(&full)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn reference(&self, name: &str) -> Result<Option<ObjectId>, Trouble> {
        let found = self.repository.try_find_reference(name).map_err(broken)?;
        let Some(mut found) = found else { return Ok(None) };
        Ok(Some(found.peel_to_id().map_err(broken)?.detach()))
    }

    /// The tags, each with the object it names, in the order of their names.
    pub(super) fn tags(&self) -> Result<Vec<(String, ObjectId)>, Trouble> {
        let references = self.repository.references().map_err(broken)?;
        let mut found = Vec::new();
        for tag in references.tags().map_err(broken)? {
            // One that can't be read is no release.
            let Ok(tag) = tag else { continue };
            let name = tag.name().shorten().to_string();
            if let Some(id) = tag.try_id() {
                found.push((name, id.detach()));
            }
        }
        found.sort();
        Ok(found)
    }

    pub(super) fn is_shallow(&self) -> bool {
        self.repository.is_shallow().unwrap_or(false)
    }

    /// The kind of an object and its bytes, at most so many.
    pub(super) fn object(&mut self, id: ObjectId, most: u64) -> Result<(Kind, Vec<u8>), Trouble> {
        if !self.allowance.is_left() {
            return Err(Trouble::UsedUp);
        }
        let header = self.repository.try_find_header(id).map_err(broken)?;
        let header = header.ok_or(Trouble::Missing)?;
        if header.size() > most {
            return Err(Trouble::TooLarge);
        }
        let size = usize::try_from(header.size()).unwrap_or(usize::MAX);
        if size > self.allowance.bytes {
            return Err(Trouble::UsedUp);
        }
        // Small ones cost as well: a file of the disk, a place in a pack.
        self.allowance.bytes = self.allowance.bytes.saturating_sub(size.max(64));
        let object = self.repository.try_find_object(id).map_err(broken)?;
        let object = object.ok_or(Trouble::Missing)?.detach();
        Ok((object.kind, object.data))
    }

    /// The bytes of an object that has to be of a kind.
    pub(super) fn bytes(
        &mut self,
        id: ObjectId,
        kind: Kind,
        most: u64,
    ) -> Result<Vec<u8>, Trouble> {
        match self.object(id, most)? {
            (found, bytes) if found == kind => Ok(bytes),
            (found, _) => Err(Trouble::Broken(format!("a {kind} is expected; there is a {found}"))),
        }
    }
}

pub(super) fn broken(error: impl std::fmt::Display) -> Trouble {
    Trouble::Broken(line(&error.to_string(), 200))
}

#[cfg(test)]
mod tests {
    use super::is_branch;

    #[test]
    fn branches_have_a_form() {
        for name in ["main", "release/1.2", "refs/heads/main", "team+x", "größe"] {
            assert!(is_branch(name), "{name}");
        }
        for name in
            ["", "-x", "a..b", "a b", "a;b", "$(x)", "a/", "/a", "@", "x.lock", "a\nb", "a~1"]
        {
            assert!(!is_branch(name), "{name}");
        }
    }
}
