//! Patterns of paths: `*` and `?` within a name.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A path that fits a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    pub(crate) path: PathBuf,
    /// What stands for each `*`, in order.
    pub(crate) stars: Vec<String>,
}

/// The most that one pattern may fit: a folder of a million files is a mistake of somebody.
const MOST: usize = 10_000;

/// The paths that fit, in order; whether there are more than are looked at.
///
/// # Errors
/// When a folder that stands in the pattern without `*` can't be read.
pub(crate) fn matching(pattern: &Path) -> io::Result<(Vec<Match>, bool)> {
    let mut open = vec![Match { path: PathBuf::new(), stars: Vec::new() }];
    let mut is_cut = false;
    let mut is_free = false;
    for part in pattern.components() {
        let Component::Normal(name) = part else {
            open.iter_mut().for_each(|found| found.path.push(part));
            continue;
        };
        let name = name.to_string_lossy();
        if !name.contains(['*', '?']) {
            open.iter_mut().for_each(|found| found.path.push(name.as_ref()));
            continue;
        }
        let mut next = Vec::new();
        for found in open {
            let folder =
                if found.path.as_os_str().is_empty() { Path::new(".") } else { &found.path };
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                // Behind a `*` there are things that aren't folders, or that aren't ours.
                Err(_) if is_free => continue,
                Err(error) => return Err(error),
            };
            for entry in entries.flatten() {
                let Some(entry) = entry.file_name().to_str().map(str::to_owned) else { continue };
                let Some(stars) = fits(&name, &entry) else { continue };
                if next.len() >= MOST {
                    is_cut = true;
                    break;
                }
                let stars = found.stars.iter().cloned().chain(stars).collect();
                next.push(Match { path: found.path.join(entry), stars });
            }
        }
        is_free = true;
        open = next;
    }
    open.retain(|found| found.path.exists());
    open.sort();
    Ok((open, is_cut))
}

/// What stands for each `*` if a name fits; the shortest for all but the last.
fn fits(pattern: &str, name: &str) -> Option<Vec<String>> {
    // A hidden file is meant only by who names its dot.
    if name.starts_with('.') && !pattern.starts_with('.') {
        return None;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    // Where the latest star stands, and where what it stands for begins and ends. Going back to the
    // latest star alone is enough, and never takes more than pattern times name.
    let (mut p, mut n) = (0, 0);
    let mut stars: Vec<(usize, usize)> = Vec::new();
    let mut latest: Option<usize> = None;
    loop {
        match (pattern.get(p), name.get(n)) {
            (Some('*'), _) => {
                latest = Some(p);
                stars.push((n, n));
                p += 1;
            }
            (Some('?'), Some(_)) => (p, n) = (p + 1, n + 1),
            (Some(letter), Some(other)) if letter == other => (p, n) = (p + 1, n + 1),
            (None, None) => break,
            (Some(_) | None, _) => {
                let (place, star) = (latest?, stars.last_mut()?);
                if star.1 >= name.len() {
                    return None;
                }
                star.1 += 1;
                (p, n) = (place + 1, star.1);
            }
        }
    }
    let text = |(from, to): (usize, usize)| name.get(from..to).unwrap_or_default().iter().collect();
    Some(stars.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_what_is_between() {
        let check = |pattern: &str, name: &str, stars: Option<&[&str]>| {
            let stars = stars.map(|all| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
            assert_eq!(fits(pattern, name), stars, "{pattern} {name}");
        };
        check("*.log", "cart.log", Some(&["cart"]));
        check("*.log", "cart.log.1", None);
        check("app-*-*.log", "app-a-b-c.log", Some(&["a", "b-c"]));
        check("a?c", "abc", Some(&[]));
        check("a?c", "ac", None);
        check("*", "", Some(&[""]));
        check("*", ".hidden", None);
        check(
            &"*a".repeat(20),
            &"a".repeat(2000),
            Some(&[""; 19].into_iter().chain([&*"a".repeat(1980)]).collect::<Vec<_>>()),
        );
        check(&format!("{}b", "*a".repeat(20)), &"a".repeat(2000), None);
    }
}
