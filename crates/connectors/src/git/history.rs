//! What reached a branch: the line of first parents, as merges and pushes moved it.

use gix::ObjectId;
use gix::hash::Kind as HashKind;
use gix::objs::{CommitRef, Kind};
use jiff::Timestamp;
use nightjar_incident::Window;

use super::reader::{Reader, Trouble, broken};
use super::words::{line, text};

/// A commit.
pub(super) struct Commit {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    pub(super) author: Option<String>,
    /// The committer's date; none where it can't be read.
    pub(super) at: Option<Timestamp>,
    pub(super) message: String,
}

/// The commits of a branch that lie in a window, the latest first.
#[derive(Default)]
pub(super) struct Walked {
    /// Each with the time that counts for it.
    pub(super) commits: Vec<(Timestamp, Commit)>,
    /// Why the walk ended before the window did.
    pub(super) cut: Option<String>,
    pub(super) notes: Vec<String>,
}

/// The largest commit that is read, bytes: a message of a megabyte is no message.
const LARGEST: u64 = 1_000_000;

/// How many commits in a row have to be older than the window before nothing younger is expected behind
/// them. Dates are what people's clocks said; git itself goes on for five.
const OLDER: usize = 32;

/// How many commits are gone past at most, for windows that lie far back.
const MOST: usize = 50_000;

/// How far in a message its lines are looked for, bytes.
const MESSAGE: usize = 16_384;

pub(super) fn commit(reader: &mut Reader, id: ObjectId) -> Result<Commit, Trouble> {
    let bytes = reader.bytes(id, Kind::Commit, LARGEST)?;
    let parsed = CommitRef::from_bytes(&bytes, HashKind::Sha1).map_err(broken)?;
    let encoding = parsed.encoding.map(|name| -> &[u8] { name.as_ref() });
    let author = parsed.author().ok().map(|author| line(&text(author.name, encoding), 100));
    let at = parsed.committer().ok().and_then(|by| moment(by.time));
    let message: &[u8] = parsed.message.as_ref();
    let message = text(message.get(..MESSAGE).unwrap_or(message), encoding);
    Ok(Commit {
        id,
        tree: parsed.tree(),
        parents: parsed.parents().collect(),
        author: author.filter(|name| !name.is_empty()),
        at,
        message,
    })
}

/// `1795404540 +0100` as an instant.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let seconds: i64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

/// Goes back from the tip of a branch through a window.
///
/// A commit that claims a time after the window, although another that came later lies in it, has a wrong
/// clock: it came no later than that one, and counts at that time.
pub(super) fn walk(reader: &mut Reader, tip: ObjectId, window: Window) -> Result<Walked, Trouble> {
    let mut walked = Walked::default();
    let (mut later, mut mended) = (None::<Timestamp>, 0);
    let (mut older, mut ahead, mut passed) = (0, 0, 0);
    let mut next = Some(tip);
    while let Some(id) = next {
        let commit = match commit(reader, id) {
            Ok(commit) => commit,
            Err(trouble) if id == tip => return Err(trouble),
            Err(trouble) => {
                walked.cut = Some(format!("cut here: {} before {}", trouble.reason(), short(id)));
                break;
            }
        };
        next = commit.parents.first().copied();
        passed += 1;
        let claimed = commit.at;
        let at = match (claimed, later) {
            (Some(at), Some(bound)) if at >= window.to => {
                mended += 1;
                Some(bound)
            }
            (Some(at), _) => Some(at),
            (None, bound) => {
                mended += usize::from(bound.is_some());
                bound
            }
        };
        match at {
            Some(at) if at < window.from => older += 1,
            Some(at) if at < window.to => {
                (older, later) = (0, Some(at));
                walked.commits.push((at, commit));
            }
            Some(_) | None => ahead += 1,
        }
        if older >= OLDER {
            break;
        }
        if passed >= MOST && next.is_some() {
            walked.cut = Some(format!("cut here: only the latest {MOST} commits are gone past"));
            break;
        }
    }
    if mended > 0 {
        let told = format!("{mended} commits claim a later time than what came after them");
        walked.notes.push(told);
    }
    if ahead > 0 {
        walked.notes.push(format!("{ahead} commits are dated after the time asked about"));
    }
    Ok(walked)
}

/// A commit's id as people write it.
pub(super) fn short(id: ObjectId) -> String {
    id.to_hex_with_len(10).to_string()
}
