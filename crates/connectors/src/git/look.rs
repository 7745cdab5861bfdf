//! One question to a repository, from its opening to the answer.

use std::collections::BTreeSet;

use gix::ObjectId;
use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Answer, Error, ErrorKind, Health, Query};
use nightjar_incident::{Change, Content, Window};
use nightjar_topology::EntityId;

use super::Watched;
use super::change::{self, Setting};
use super::files::{File, between};
use super::history::{self, Commit};
use super::owners::Asked;
use super::reader::{Reader, Trouble};

/// A question under way.
pub(super) struct Look<'a> {
    watched: &'a Watched,
    pub(super) reader: Reader,
    pub(super) asked: Asked,
    limit: usize,
    found: Vec<Change>,
    pub(super) notes: Vec<String>,
    cut: Option<String>,
    /// Commits that touch nobody's files.
    strangers: usize,
}

/// How many commits the probe looks at for what they touch.
const PROBED: usize = 20;

impl Watched {
    pub(super) fn changes(&self, query: &Query) -> Result<Answer, Error> {
        let window = query.window;
        let asked = self.asked(&self.branches, window);
        let reader = Reader::open(&self.path, self.limits.allowance(), &asked)?;
        let mut look = Look::new(self, reader, &query.entities, query.limit);
        let tips = self.tips(&look.reader, &asked, &mut look.notes)?;
        let names: Vec<String> = tips.iter().map(|(name, _)| name.clone()).collect();
        let asked = self.asked(&names, window);
        look.commits(&tips, window).map_err(|trouble| trouble.error(&asked))?;
        if let Some(releases) = &self.releases
            && let Err(trouble) = releases.within(&mut look, window)
        {
            look.cut.get_or_insert(format!("cut here: tags: {}", trouble.reason()));
        }
        Ok(look.answer(asked))
    }

    /// The watched branches that are there, each with its tip.
    fn tips(
        &self,
        reader: &Reader,
        asked: &str,
        notes: &mut Vec<String>,
    ) -> Result<Vec<(String, ObjectId)>, Error> {
        let wrong = |trouble: Trouble| trouble.error(asked);
        if self.branches.is_empty() {
            let head = reader.head().map_err(wrong)?;
            if head.is_none() {
                notes.push("the repository is empty".to_owned());
            }
            return Ok(head.into_iter().collect());
        }
        let mut tips = Vec::new();
        for name in &self.branches {
            match reader.branch(name).map_err(wrong)? {
                Some(id) => tips.push((name.clone(), id)),
                None => notes.push(format!("there is no branch `{name}`")),
            }
        }
        match tips.is_empty() {
            true => Err(Error::new(ErrorKind::NotFound, asked, notes.join("; "))),
            false => Ok(tips),
        }
    }

    /// What a person would ask to see the same.
    fn asked(&self, branches: &[String], window: Window) -> String {
        let path = self.path.to_string_lossy().replace('\'', "'\\''");
        let tags = if self.releases.is_some() { "; git tag --list --sort=creatordate" } else { "" };
        let branches = if branches.is_empty() { "HEAD".to_owned() } else { branches.join(" ") };
        format!(
            "git -C '{path}' log --first-parent --diff-merges=first-parent --patch --since={} \
             --until={} {branches} --{tags}",
            window.from, window.to
        )
    }

    pub(super) fn probe(&self, now: Timestamp) -> Result<Health, Error> {
        let asked = "whether it is a repository with the watched branches";
        let reader = Reader::open(&self.path, self.limits.allowance(), asked)?;
        let mut notes = Vec::new();
        let tips = self.tips(&reader, asked, &mut notes)?;
        let mut look = Look::new(self, reader, &[], PROBED);
        let (mut seen, mut owned) = (0, 0);
        for (name, tip) in &tips {
            let last = history::commit(&mut look.reader, *tip).map_err(|t| t.error(asked))?;
            notes.push(match last.at {
                Some(at) => format!("`{name}`: the last commit is {}", age(now.duration_since(at))),
                None => format!("`{name}`: the last commit has no date that can be read"),
            });
            let mut next = Some(last);
            while let Some(commit) = next.filter(|_| seen < PROBED) {
                seen += 1;
                let touched = look.of_commit(&commit);
                owned += usize::from(touched.is_ok_and(|(_, entities)| !entities.is_empty()));
                let parent = commit.parents.first();
                next = parent.and_then(|id| history::commit(&mut look.reader, *id).ok());
            }
        }
        if owned == 0 && seen > 0 {
            notes.push(format!(
                "none of the last {seen} commits touches a path that is an entity's by these settings; set \
                 `paths`, `entities` or `entity`, unless folders or files are called as entities"
            ));
        }
        if look.reader.is_shallow() {
            notes.push("the clone is shallow: what is older than it can't be told".to_owned());
        }
        Ok(Health { system: "git".to_owned(), version: None, notes })
    }
}

impl<'a> Look<'a> {
    fn new(watched: &'a Watched, reader: Reader, entities: &[EntityId], limit: usize) -> Self {
        Self {
            watched,
            reader,
            asked: Asked::new(entities),
            limit,
            found: Vec::new(),
            notes: Vec::new(),
            cut: None,
            strangers: 0,
        }
    }

    /// The commits that reached the branches within the window, the latest first.
    fn commits(&mut self, tips: &[(String, ObjectId)], window: Window) -> Result<(), Trouble> {
        let mut reached: Vec<(Timestamp, Commit)> = Vec::new();
        let mut known = BTreeSet::new();
        for (name, tip) in tips {
            let walked = history::walk(&mut self.reader, *tip, window)?;
            self.notes.extend(walked.notes.iter().map(|note| format!("`{name}`: {note}")));
            if let Some(cut) = walked.cut {
                self.cut.get_or_insert(cut);
            }
            // What two branches have in common came to the first one that is watched.
            reached
                .extend(walked.commits.into_iter().filter(|(_, commit)| known.insert(commit.id)));
        }
        reached.sort_by(|(a, one), (b, other)| (b, other.id).cmp(&(a, one.id)));
        for (at, commit) in &reached {
            if self.found.len() >= self.limit {
                self.cut.get_or_insert(format!("cut here: the latest {} changes", self.limit));
                break;
            }
            let (files, entities) = match self.of_commit(commit) {
                Ok(touched) => touched,
                Err(Trouble::UsedUp) => {
                    let told = format!("cut here, after {at}: {}", Trouble::UsedUp.reason());
                    self.cut.get_or_insert(told);
                    break;
                }
                Err(trouble) => {
                    self.notes.push(change::unseen(commit, &trouble));
                    continue;
                }
            };
            if files.is_empty() {
                continue;
            }
            if entities.is_empty() {
                self.strangers += 1;
            } else if self.asked.want(&entities) {
                let setting = Setting {
                    deploys: self.watched.deploys,
                    commit_url: self.watched.commit_url.as_deref(),
                };
                let change =
                    change::of(&mut self.reader, (*at, commit), &files, entities, &setting);
                self.found.push(change);
            }
        }
        Ok(())
    }

    /// What a commit touches that matters, against its first parent, and whose that is.
    fn of_commit(&mut self, commit: &Commit) -> Result<(Vec<File>, Vec<EntityId>), Trouble> {
        let before = match commit.parents.first() {
            Some(parent) => Some(history::commit(&mut self.reader, *parent)?.tree),
            None => None,
        };
        self.touched(before, commit.tree)
    }

    /// What two trees differ in that matters, and whose that is.
    pub(super) fn touched(
        &mut self,
        before: Option<ObjectId>,
        after: ObjectId,
    ) -> Result<(Vec<File>, Vec<EntityId>), Trouble> {
        let mut touched = between(&mut self.reader, before, after)?;
        touched.files.retain(|file| !self.watched.ignore.contain(&file.path));
        let owner = |file: &File| self.watched.owners.of(&file.path, &self.asked);
        let owners: BTreeSet<EntityId> = touched.files.iter().filter_map(owner).collect();
        if touched.is_cut {
            let told =
                format!("of a large change only {} files are looked at", touched.files.len());
            self.notes.push(told);
        }
        Ok((touched.files, owners.into_iter().collect()))
    }

    /// Takes a change into the answer, if it is about an entity that was asked for.
    pub(super) fn tell(&mut self, change: Change) {
        if !change.entities.is_empty() && self.asked.want(&change.entities) {
            self.found.push(change);
        }
    }

    fn answer(mut self, query: String) -> Answer {
        self.found.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let more = self.found.len().saturating_sub(self.limit);
        if more > 0 {
            self.found.drain(..more);
            self.cut.get_or_insert(format!("cut here: the latest {} changes", self.limit));
        }
        if self.strangers > 0 {
            let told = format!("{} commits touch no path that is an entity's", self.strangers);
            self.notes.push(told);
        }
        if self.reader.is_shallow() {
            self.notes.push("the clone is shallow".to_owned());
        }
        self.notes.dedup();
        Answer {
            query,
            content: Content::Changes(self.found),
            truncated: self.cut,
            notes: self.notes,
        }
    }
}

/// How long ago, as people say it.
fn age(ago: SignedDuration) -> String {
    match ago.as_mins() {
        ..0 => "dated in the future".to_owned(),
        minutes @ 0..120 => format!("{minutes} minutes old"),
        minutes @ 120..2880 => format!("{} hours old", minutes / 60),
        minutes => format!("{} days old; is it still fetched?", minutes / 1440),
    }
}
