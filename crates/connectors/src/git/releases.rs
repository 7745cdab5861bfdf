//! Tags that stand for deployments.

use gix::ObjectId;
use gix::hash::Kind as HashKind;
use gix::objs::{Kind, TagRef};
use jiff::Timestamp;
use nightjar_connect::BadConfig;
use nightjar_incident::{Change, ChangeId, ChangeKind, Window};
use nightjar_topology::EntityId;
use regex::Regex;

use super::history::{commit, moment, short};
use super::look::Look;
use super::owners::{entity_in, pattern_of};
use super::reader::{Reader, Trouble, broken};
use super::words::{line, text};

/// Which tags count.
#[derive(Debug)]
pub(super) struct Releases {
    pattern: Regex,
    names_entity: bool,
}

/// A tag that counts.
struct Release {
    name: String,
    /// The commit it stands at.
    commit: ObjectId,
    at: Timestamp,
    author: Option<String>,
    message: String,
}

/// The largest tag that is read, bytes.
const LARGEST: u64 = 1_000_000;

/// How many tags are looked at, the last by name.
const MOST: usize = 5000;

impl Releases {
    pub(super) fn new(pattern: &str) -> Result<Self, BadConfig> {
        let names_entity = pattern.contains("{entity}");
        let pattern = pattern_of(pattern, names_entity);
        let pattern = pattern.map_err(|reason| BadConfig::field("tags", reason))?;
        Ok(Self { pattern, names_entity })
    }

    /// The releases of a window as changes. Each is compared with the one before it, to tell which entities
    /// it is about where its name doesn't say so.
    pub(super) fn within(&self, look: &mut Look<'_>, window: Window) -> Result<(), Trouble> {
        let mut tags = look.reader.tags()?;
        tags.retain(|(name, _)| self.pattern.is_match(name));
        if tags.len() > MOST {
            look.notes
                .push(format!("of {} tags the last {MOST} by name are looked at", tags.len()));
            tags.drain(..tags.len() - MOST);
        }
        let mut releases = Vec::new();
        for (name, id) in tags {
            match release(&mut look.reader, &name, id) {
                Ok(Some(release)) => releases.push(release),
                Ok(None) => {}
                Err(Trouble::UsedUp) => return Err(Trouble::UsedUp),
                Err(trouble) => {
                    let told = format!("tag {}: {}", line(&name, 60), trouble.reason());
                    look.notes.push(told);
                }
            }
        }
        releases.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
        for (place, release) in releases.iter().enumerate() {
            if release.at < window.from || release.at >= window.to {
                continue;
            }
            let series = entity_in(&self.pattern, &release.name);
            let earlier = releases.get(..place).unwrap_or_default();
            let before =
                earlier.iter().rfind(|before| entity_in(&self.pattern, &before.name) == series);
            let entities = self.entities(look, release, before)?;
            look.tell(change(release, before, entities));
        }
        Ok(())
    }

    fn entities(
        &self,
        look: &mut Look<'_>,
        release: &Release,
        before: Option<&Release>,
    ) -> Result<Vec<EntityId>, Trouble> {
        if self.names_entity {
            let name = entity_in(&self.pattern, &release.name);
            let entity =
                name.and_then(|name| look.asked.called(name).or_else(|| EntityId::new(name).ok()));
            return Ok(entity.into_iter().collect());
        }
        let before = match before {
            Some(before) => Some(commit(&mut look.reader, before.commit)?.tree),
            None => None,
        };
        let after = commit(&mut look.reader, release.commit)?.tree;
        Ok(look.touched(before, after)?.1)
    }
}

fn change(release: &Release, before: Option<&Release>, entities: Vec<EntityId>) -> Change {
    let name = line(&release.name, 100);
    let before = before.map(|before| line(&before.name, 100));
    let was = before.as_ref().map_or(String::new(), |before| format!(" (was {before})"));
    let message = line(&release.message, 160);
    let about =
        if message.is_empty() || message == name { String::new() } else { format!(": {message}") };
    Change {
        id: ChangeId::new(format!("refs/tags/{name}")),
        kind: ChangeKind::Deployment,
        at: release.at,
        entities,
        summary: format!("{name} at {}{was}{about}", short(release.commit)),
        author: release.author.clone(),
        previous: before,
        url: None,
    }
}

/// A tag with its time: its own, or that of the commit it stands at. None where it stands at no commit.
fn release(reader: &mut Reader, name: &str, id: ObjectId) -> Result<Option<Release>, Trouble> {
    let (mut id, mut told) = (id, None);
    // Tags of tags exist; chains of them are nonsense.
    for _ in 0..4 {
        let (kind, bytes) = reader.object(id, LARGEST)?;
        match kind {
            Kind::Commit => {
                let commit = commit(reader, id)?;
                let (at, author, message) =
                    told.unwrap_or((commit.at, commit.author, String::new()));
                let Some(at) = at.or(commit.at) else { return Ok(None) };
                let name = name.to_owned();
                return Ok(Some(Release { name, commit: id, at, author, message }));
            }
            Kind::Tag => {
                let tag = TagRef::from_bytes(&bytes, HashKind::Sha1).map_err(broken)?;
                if told.is_none() {
                    let by = tag.tagger().ok().flatten();
                    let author = by.map(|by| line(&text(by.name, None), 100));
                    told =
                        Some((by.and_then(|by| moment(by.time)), author, text(tag.message, None)));
                }
                id = tag.target();
            }
            Kind::Tree | Kind::Blob => return Ok(None),
        }
    }
    Ok(None)
}
