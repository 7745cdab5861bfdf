//! Which files there are, and who writes them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use nightjar_connect::Error;
use nightjar_topology::EntityId;

use super::Rule;
use crate::files::{Found, Match, Packing, file, matching, opened, readable, trouble};

/// A file with who writes it.
pub(super) struct Writer {
    pub(super) file: Found,
    pub(super) entity: EntityId,
    pub(super) zone: TimeZone,
}

/// All files of the rules, each once and by the first rule that it fits, with those that were turned
/// over; and what to say about those that can't be read.
pub(super) fn writers(rules: &[(Rule, TimeZone)]) -> Result<(Vec<Writer>, Vec<String>), Error> {
    let (mut writers, mut notes) = (Vec::new(), Vec::new());
    let mut known: BTreeSet<PathBuf> = BTreeSet::new();
    for (rule, zone) in rules {
        opened(&fixed(&rule.path))?;
        let (found, is_cut) = matching(&rule.path).map_err(|error| trouble(&rule.path, &error))?;
        if is_cut {
            let path = readable(&rule.path.to_string_lossy());
            notes.push(format!("{path}: only the first 10000 files are looked at"));
        }
        for Match { path, stars } in found {
            let Ok(entity) = EntityId::new(named(&rule.entity, &stars)) else { continue };
            for path in turned_over(&path) {
                if !known.insert(path.clone()) {
                    continue;
                }
                // A link may lead elsewhere.
                if let Err(error) = opened(&path) {
                    notes.push(error.to_string());
                    continue;
                }
                match file(&path) {
                    Ok(Some(file)) => {
                        writers.push(Writer { file, entity: entity.clone(), zone: zone.clone() });
                    }
                    Ok(None) => {}
                    Err(error) => notes.push(trouble(&path, &error).to_string()),
                }
            }
        }
    }
    Ok((writers, notes))
}

/// The part of a path before its first `*` or `?`.
fn fixed(path: &Path) -> PathBuf {
    let is_fixed =
        |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?']);
    path.components().take_while(is_fixed).collect()
}

/// The name with what stands for each star in it.
fn named(entity: &str, stars: &[String]) -> String {
    // From the last, so that `$1` doesn't take the beginning of `$10`.
    stars.iter().enumerate().rev().fold(entity.to_owned(), |name, (index, star)| {
        name.replace(&format!("${}", index + 1), star)
    })
}

/// The file, and those that it was before: `cart.log.1`, `cart.log.2.gz`, `cart.log-20261123.gz`.
fn turned_over(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return all };
    let Some(name) = name.to_str() else { return all };
    let Ok(entries) = std::fs::read_dir(folder) else { return all };
    let names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
    let is_older = |other: &&OsString| {
        let Some(rest) = other.to_str().and_then(|other| other.strip_prefix(name)) else {
            return false;
        };
        let (_, rest) = Packing::of(rest);
        let stamp = rest.strip_prefix(['.', '-']);
        let is_stamp = |text: &str| {
            let of_time = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | 'T' | ':');
            !text.is_empty() && text.chars().all(of_time)
        };
        stamp.is_some_and(is_stamp)
    };
    let mut older: Vec<PathBuf> = names.iter().filter(is_older).map(|n| folder.join(n)).collect();
    older.sort_unstable();
    all.extend(older);
    all
}
