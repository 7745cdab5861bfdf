//! What a name in an archive means.

use std::collections::BTreeSet;

use crate::Error;
use crate::folder::README;
use crate::notes::readable;

/// Which file of the capsule an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// This one; the name is one of ours.
    File(&'static str),
    /// Something that macOS adds for itself.
    MacOs,
    /// No part of a capsule.
    Stranger,
}

/// Recognises the names of a capsule's files, at the root of the archive or under one folder.
pub(crate) struct Names {
    known: Vec<&'static str>,
    /// Under which folder the files stand, the root being none; `None` until one was found.
    top: Option<Option<String>>,
    /// Where a file for people was found before that.
    early: BTreeSet<Option<String>>,
}

impl Names {
    pub(crate) fn new(known: Vec<&'static str>) -> Self {
        Self { known, top: None, early: BTreeSet::new() }
    }

    /// Which file of ours a name stands for.
    ///
    /// # Errors
    /// When it leads out of the archive, or the files of two capsules seem to be there.
    pub(crate) fn meaning(&mut self, name: &[u8]) -> Result<Meaning, Error> {
        let steps = steps(name)?;
        let is_macos =
            |step: &&str| step.starts_with("._") || [".DS_Store", "__MACOSX"].contains(step);
        if steps.iter().any(is_macos) {
            return Ok(Meaning::MacOs);
        }
        let known = |steps: &[&str]| {
            let name = steps.join("/");
            self.known.iter().copied().find(|known| *known == name)
        };
        let (top, file) = match (known(&steps), steps.split_first()) {
            (Some(file), _) => (None, file),
            (None, Some((top, rest))) => match known(rest) {
                Some(file) => (Some((*top).to_owned()), file),
                None => return Ok(Meaning::Stranger),
            },
            (None, None) => return Ok(Meaning::Stranger),
        };
        match &self.top {
            // Anything may come with a page for people; it doesn't tell where a capsule is.
            None if file == README => {
                let is_first = self.early.is_empty();
                self.early.insert(top);
                Ok(if is_first { Meaning::File(file) } else { Meaning::Stranger })
            }
            None => {
                self.top = Some(top);
                Ok(Meaning::File(file))
            }
            Some(known) if *known == top => Ok(Meaning::File(file)),
            Some(_) if file == README => Ok(Meaning::Stranger),
            Some(known) => Err(Error::BadArchive {
                message: format!(
                    "the files of one capsule expected, found them {} and {}",
                    place(known.as_deref()),
                    place(top.as_deref())
                ),
            }),
        }
    }

    /// Whether a file for people that was taken stands elsewhere than the capsule.
    pub(crate) fn took_a_strange_readme(&self) -> bool {
        let taken = self.early.first();
        taken.is_some_and(|taken| self.top.as_ref().is_some_and(|top| top != taken))
    }
}

fn place(top: Option<&str>) -> String {
    top.map_or_else(|| "at the root".to_owned(), |top| format!("in `{}`", readable(top)))
}

/// The steps of a path, without those that lead nowhere. A name that isn't text is nobody's.
pub(crate) fn steps(name: &[u8]) -> Result<Vec<&str>, Error> {
    let escapes = || Error::Escapes { name: readable(&String::from_utf8_lossy(name)) };
    // Before the text: what isn't UTF-8 may lead out as well.
    let mut pieces = name.split(|&byte| byte == b'/' || byte == b'\\');
    let is_drive = name.get(1) == Some(&b':') && name.first().is_some_and(u8::is_ascii_alphabetic);
    if name.first().is_some_and(|&byte| byte == b'/' || byte == b'\\')
        || is_drive
        || name.contains(&0)
        || pieces.any(|piece| piece == b"..")
    {
        return Err(escapes());
    }
    let text = std::str::from_utf8(name).unwrap_or("?");
    Ok(text.split('/').filter(|step| !step.is_empty() && *step != ".").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(vec!["capsule.toml", "README.md", "result/journal.jsonl"])
    }

    #[test]
    fn files_stand_at_the_root_or_under_one_folder() {
        for top in ["", "./", "shop-1/", "./shop 1/"] {
            let mut names = names();
            for file in ["capsule.toml", "result/journal.jsonl"] {
                let found = names.meaning(format!("{top}{file}").as_bytes()).unwrap();
                assert_eq!(found, Meaning::File(file), "{top}");
            }
        }
        let mut names = names();
        names.meaning(b"a/capsule.toml").unwrap();
        let error = names.meaning(b"b/capsule.toml").unwrap_err().to_string();
        assert!(error.ends_with("found them in `a` and in `b`"), "{error}");
    }

    #[test]
    fn what_leads_out_is_refused_however_it_is_written() {
        for name in
            ["/capsule.toml", "../capsule.toml", "a/../../b", "a\\..\\b", "C:\\a", "a/..", "a\0b"]
        {
            let error = names().meaning(name.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Escapes { .. }), "{name}: {error}");
        }
        assert!(names().meaning(b"\xff/../x").is_err());
        assert_eq!(names().meaning(b"\xff\xfe").unwrap(), Meaning::Stranger);
        assert_eq!(names().meaning(b"a/..b/capsule.toml").unwrap(), Meaning::Stranger);
    }

    #[test]
    fn what_macos_adds_and_a_readme_elsewhere_are_told_apart() {
        let mut names = names();
        for name in ["./._capsule.toml", "a/._capsule.toml", "__MACOSX/a/b", "a/.DS_Store"] {
            assert_eq!(names.meaning(name.as_bytes()).unwrap(), Meaning::MacOs, "{name}");
        }
        assert_eq!(names.meaning(b"README.md").unwrap(), Meaning::File("README.md"));
        assert!(!names.took_a_strange_readme());
        names.meaning(b"a/capsule.toml").unwrap();
        assert!(names.took_a_strange_readme());
        assert_eq!(names.meaning(b"README.md").unwrap(), Meaning::Stranger);
    }
}
