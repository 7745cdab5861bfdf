//! What sort of change a commit is, by what it touches.

use nightjar_incident::ChangeKind;

use super::files::File;
use super::settings::{Altered, format_of};
use super::words::fold;

/// Settings that say how much of something runs.
const AMOUNTS: [&str; 11] = [
    "replicas",
    "minreplicas",
    "maxreplicas",
    "replicacount",
    "desiredcount",
    "desiredcapacity",
    "mincapacity",
    "maxcapacity",
    "instances",
    "instancecount",
    "parallelism",
];

/// Settings that say which version runs.
const VERSIONS: [&str; 11] = [
    "image",
    "tag",
    "imagetag",
    "imageversion",
    "newtag",
    "version",
    "appversion",
    "release",
    "revision",
    "targetrevision",
    "digest",
];

/// Folders, files and sections of switches.
const SWITCHES: [&str; 7] =
    ["flags", "flag", "featureflags", "featureflag", "features", "toggles", "switches"];

/// The sort of a change. Code counts as a deployment where what reaches the branch is deployed at once.
pub(super) fn sort(files: &[File], altered: &[Altered], deploys: bool) -> ChangeKind {
    let code = if deploys { ChangeKind::Deployment } else { ChangeKind::Commit };
    let are_settings =
        !files.is_empty() && files.iter().all(|file| format_of(&file.path).is_some());
    if !are_settings {
        return code;
    }
    let all = |names: &[&str]| {
        !altered.is_empty() && altered.iter().all(|one| names.contains(&last(&one.name).as_str()))
    };
    let is_switch =
        |text: &str| text.split(['/', '.']).any(|part| SWITCHES.contains(&fold(part).as_str()));
    match () {
        () if altered.iter().any(is_version) => ChangeKind::Deployment,
        () if all(&AMOUNTS) => ChangeKind::Scaling,
        () if files.iter().all(|file| is_switch(&file.path)) => ChangeKind::FeatureFlag,
        () if !altered.is_empty() && altered.iter().all(|one| is_switch(&one.name)) => {
            ChangeKind::FeatureFlag
        }
        () => ChangeKind::Configuration,
    }
}

/// Whether a setting says which version runs, and says another now.
pub(super) fn is_version(altered: &Altered) -> bool {
    altered.before.is_some()
        && altered.after.is_some()
        && VERSIONS.contains(&last(&altered.name).as_str())
}

fn last(name: &str) -> String {
    fold(name.rsplit('.').next().unwrap_or(name))
}

/// Whether a file alters the schema of a database.
pub(super) fn is_migration(path: &str) -> bool {
    let path = path.to_lowercase();
    let is_place = ["migrat", "flyway", "liquibase", "changelog", "schema"];
    path.ends_with(".sql") && is_place.iter().any(|place| path.contains(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> File {
        File { path: path.to_owned(), before: None, after: None }
    }

    fn setting(name: &str) -> Altered {
        let (before, after) = (Some("1".to_owned()), Some("2".to_owned()));
        Altered { name: name.to_owned(), before, after, is_secret: false }
    }

    #[test]
    fn changes_are_sorted_by_what_they_touch() {
        for (files, settings, kind) in [
            (&["src/main.rs"][..], &[][..], ChangeKind::Commit),
            (&["src/main.rs", "config/cart.toml"], &["pool.max"], ChangeKind::Commit),
            (&["config/cart.toml"], &["pool.max"], ChangeKind::Configuration),
            (&["config/cart.toml"], &[], ChangeKind::Configuration),
            (&["deploy/cart.yaml"], &["spec.replicas"], ChangeKind::Scaling),
            (&["deploy/cart.yaml"], &["spec.replicas", "x"], ChangeKind::Configuration),
            (&["deploy/cart.yaml"], &["spec.containers.cart.image"], ChangeKind::Deployment),
            (&["cart/service.toml"], &["release"], ChangeKind::Deployment),
            (&["feature-flags/cart.json"], &["new_basket"], ChangeKind::FeatureFlag),
            (&["config/cart.json"], &["featureFlags.basket"], ChangeKind::FeatureFlag),
            (&["db/migrations/7.sql"], &[], ChangeKind::Commit),
            (&[], &[], ChangeKind::Commit),
        ] {
            let files: Vec<File> = files.iter().map(|path| file(path)).collect();
            let settings: Vec<Altered> = settings.iter().map(|name| setting(name)).collect();
            assert_eq!(sort(&files, &settings, false), kind, "{files:?} {settings:?}");
        }
        assert_eq!(sort(&[file("a.rs")], &[], true), ChangeKind::Deployment);
        assert!(is_migration("db/migrations/0007_index.SQL") && !is_migration("report.sql"));
    }
}
