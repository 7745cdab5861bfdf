use std::fs;
use std::path::{Path, PathBuf};

/// The layouts that are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// PetShop: the whole set, one scenario, or one split of it.
    PetShop,
    /// Nezha: one day, or a folder of days.
    Nezha,
    /// One capsule.
    Capsule,
    /// A folder of capsules.
    Capsules,
    /// A folder of scenarios for the simulated world, or one of them.
    Scenarios,
    /// An opensre suite, or a folder of suites.
    OpenSre,
}

/// Which layout a folder has, by the names of the files in it; `None` if by none of them.
pub fn detect(path: &Path) -> Option<Kind> {
    if path.join("capsule.toml").is_file() {
        return Some(Kind::Capsule);
    }
    let inside = folders(path);
    let some = |test: &dyn Fn(&Path) -> bool| inside.iter().any(|folder| test(folder));
    let is_petshop_split = |folder: &Path| !issues(folder).is_empty();
    let is_petshop_scenario = |folder: &Path| {
        folders(folder).iter().any(|split| is_petshop_split(split))
            || (folder.join("graph.csv").is_file() && folder.join("noissue").is_dir())
    };
    let is_opensre = |folder: &Path| folder.join("scenario.yml").is_file();

    if is_petshop_split(path) || is_petshop_scenario(path) || some(&is_petshop_scenario) {
        Some(Kind::PetShop)
    } else if fault_list(path).is_some() || some(&|folder| fault_list(folder).is_some()) {
        Some(Kind::Nezha)
    } else if some(&|folder| folder.join("capsule.toml").is_file()) {
        Some(Kind::Capsules)
    } else if path.join("world.toml").is_file()
        || some(&|folder| folder.join("world.toml").is_file())
    {
        Some(Kind::Scenarios)
    } else if is_opensre(path)
        || some(&is_opensre)
        || some(&|suite| folders(suite).iter().any(|folder| is_opensre(folder)))
    {
        Some(Kind::OpenSre)
    } else {
        None
    }
}

/// The folders within a folder, by name; none if it can't be listed.
pub(super) fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// The folders of single incidents within a PetShop split, by their number.
pub(super) fn issues(split: &Path) -> Vec<PathBuf> {
    let number = |folder: &Path| -> Option<u32> {
        let name = folder.file_name()?.to_str()?;
        name.strip_prefix("issue_")?.parse().ok()
    };
    let mut found: Vec<(u32, PathBuf)> = folders(split)
        .into_iter()
        .filter(|folder| folder.join("metrics.csv").is_file())
        .filter_map(|folder| Some((number(&folder)?, folder)))
        .collect();
    found.sort();
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// The list of faults of a Nezha day: `<day>/<day>-fault_list.json`.
pub(super) fn fault_list(day: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(day).ok()?;
    let mut lists: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with("-fault_list.json"))
        .collect();
    lists.sort();
    lists.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        root
    }

    #[test]
    fn every_layout_is_known_by_its_files_at_each_of_its_levels() {
        let petshop = tree(&["low/graph.csv", "low/test/issue_3/metrics.csv"]);
        for part in ["", "low", "low/test"] {
            assert_eq!(detect(&petshop.path().join(part)), Some(Kind::PetShop), "`{part}`");
        }
        let nezha = tree(&["2022-08-22/2022-08-22-fault_list.json"]);
        for part in ["", "2022-08-22"] {
            assert_eq!(detect(&nezha.path().join(part)), Some(Kind::Nezha), "`{part}`");
        }
        let capsules = tree(&["a/capsule.toml"]);
        assert_eq!(detect(capsules.path()), Some(Kind::Capsules));
        assert_eq!(detect(&capsules.path().join("a")), Some(Kind::Capsule));
        assert_eq!(detect(tree(&["a/world.toml"]).path()), Some(Kind::Scenarios));
        let opensre = tree(&["eks/000-healthy/scenario.yml"]);
        for part in ["", "eks", "eks/000-healthy"] {
            assert_eq!(detect(&opensre.path().join(part)), Some(Kind::OpenSre), "`{part}`");
        }
    }

    #[test]
    fn other_folders_and_no_folder_are_nothing_known() {
        assert_eq!(detect(tree(&["issue_1/readme.md"]).path()), None);
        assert_eq!(detect(Path::new("does/not/exist")), None);
    }
}
