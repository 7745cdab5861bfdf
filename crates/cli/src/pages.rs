//! Writes the reports of an outcome to files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nightjar_incident::Investigation;
use nightjar_report::Context;

use crate::output::advise;

/// One HTML page per investigation, the second and later ones beside the first.
pub(crate) fn html(
    investigations: &[Investigation],
    file: &Path,
    name: &str,
    command: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    let context = Context {
        name: name.to_owned(),
        made_by: format!("nightjar {}", env!("CARGO_PKG_VERSION")),
        command: Some(command.to_owned()),
    };
    each(investigations, file, |investigation| nightjar_report::html(investigation, &context))
}

/// One Markdown page per investigation.
pub(crate) fn markdown(
    investigations: &[Investigation],
    file: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    each(investigations, file, nightjar_report::markdown)
}

fn each(
    investigations: &[Investigation],
    file: &Path,
    render: impl Fn(&Investigation) -> String,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for (number, investigation) in (1..).zip(investigations) {
        let path = numbered(file, number);
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            std::fs::create_dir_all(above)
                .with_context(|| format!("making `{}`", above.display()))?;
        }
        std::fs::write(&path, render(investigation)).map_err(|error| {
            let hint = "name a file in a folder that you may write to";
            advise(error, format!("cannot write `{}`", path.display()), hint)
        })?;
        written.push(path);
    }
    Ok(written)
}

/// `report.html`, `report-2.html`, `report-3.html`.
fn numbered(file: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return file.to_owned();
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let extension = file.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
    file.with_file_name(format!("{stem}-{number}{}", extension.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_reports_stand_beside_the_first() {
        assert_eq!(numbered(Path::new("a/report.html"), 1), Path::new("a/report.html"));
        assert_eq!(numbered(Path::new("a/report.html"), 2), Path::new("a/report-2.html"));
        assert_eq!(numbered(Path::new("report"), 3), Path::new("report-3"));
    }
}
