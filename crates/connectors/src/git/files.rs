//! Which files two trees differ in.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::hash::Kind as HashKind;
use gix::objs::{Kind, TreeRefIter};

use super::reader::{Reader, Trouble, broken};

/// A file that was added, altered or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Where it is; what isn't UTF-8 is shown as replacement characters.
    pub(super) path: String,
    /// Its content before; none where there was none, or where it is no plain file.
    pub(super) before: Option<ObjectId>,
    /// Its content after, likewise.
    pub(super) after: Option<ObjectId>,
}

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) files: Vec<File>,
    /// Whether there is more.
    pub(super) is_cut: bool,
}

/// The most files of one change that are told: it shows whose they are long before.
const MOST: usize = 1000;

/// The largest folder that is read, bytes: some hundred thousand entries.
const LARGEST: u64 = 16_000_000;

/// The longest path that is followed, bytes.
const LONGEST: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Folder,
    Plain,
    /// A link or a repository of its own: never followed.
    Other,
}

type Entries = BTreeMap<Vec<u8>, (Mode, ObjectId)>;

/// What two trees differ in; against nothing, everything.
pub(super) fn between(
    reader: &mut Reader,
    before: Option<ObjectId>,
    after: ObjectId,
) -> Result<Touched, Trouble> {
    let mut touched = Touched::default();
    let mut folders = vec![(Vec::new(), before, Some(after))];
    while let Some((place, before, after)) = folders.pop() {
        let (old, new) = (entries(reader, before)?, entries(reader, after)?);
        let mut names: Vec<&Vec<u8>> = old.keys().chain(new.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (was, is) = (old.get(name).copied(), new.get(name).copied());
            if was == is {
                continue;
            }
            let mut path: Vec<u8> = Vec::clone(&place);
            path.extend(name);
            let folder = |entry: Option<(Mode, ObjectId)>| {
                entry.filter(|(mode, _)| *mode == Mode::Folder).map(|(_, id)| id)
            };
            let plain = |entry: Option<(Mode, ObjectId)>| {
                entry.filter(|(mode, _)| *mode == Mode::Plain).map(|(_, id)| id)
            };
            let is_leaf = |entry: Option<(Mode, ObjectId)>| {
                entry.is_some_and(|(mode, _)| mode != Mode::Folder)
            };
            if is_leaf(was) || is_leaf(is) {
                if touched.files.len() == MOST {
                    touched.is_cut = true;
                    return Ok(touched);
                }
                let path = String::from_utf8_lossy(&path).into_owned();
                touched.files.push(File { path, before: plain(was), after: plain(is) });
            }
            if folder(was).is_some() || folder(is).is_some() {
                if path.len() >= LONGEST {
                    touched.is_cut = true;
                    continue;
                }
                path.push(b'/');
                folders.push((path, folder(was), folder(is)));
            }
        }
    }
    touched.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(touched)
}

fn entries(reader: &mut Reader, tree: Option<ObjectId>) -> Result<Entries, Trouble> {
    let Some(tree) = tree else { return Ok(Entries::new()) };
    let bytes = reader.bytes(tree, Kind::Tree, LARGEST)?;
    let mut found = Entries::new();
    for entry in TreeRefIter::from_bytes(&bytes, HashKind::Sha1) {
        let entry = entry.map_err(broken)?;
        let mode = match () {
            () if entry.mode.is_tree() => Mode::Folder,
            () if entry.mode.is_blob() => Mode::Plain,
            () => Mode::Other,
        };
        found.insert(entry.filename.to_vec(), (mode, entry.oid.to_owned()));
    }
    Ok(found)
}
