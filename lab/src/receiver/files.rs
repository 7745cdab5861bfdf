//! Files of JSON lines, begun anew when they are large, as the collector's file exporter does.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;

/// Size at which a file is put aside, bytes.
const LARGE: u64 = 32 << 20;

/// A folder of `<signal>.jsonl` and of `<signal>-<time>.jsonl`, which were put aside.
pub(crate) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(Self { folder })
    }

    /// One more line.
    pub(crate) fn append(&mut self, signal: &str, line: &str) -> anyhow::Result<()> {
        let path = self.folder.join(signal).with_extension("jsonl");
        let mut file: File = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        if file.metadata()?.len() > LARGE {
            let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%S%.3f").to_string();
            std::fs::rename(&path, self.folder.join(format!("{signal}-{time}.jsonl")))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_put_aside_and_no_line_is_lost() {
        let folder =
            std::env::temp_dir().join(format!("nightjar-lab-files-{}", std::process::id()));
        let mut files = Files::new(folder.clone()).unwrap();
        let line = "x".repeat(9 << 20);
        for _ in 0..5 {
            files.append("logs", &line).unwrap();
        }
        let mut sizes = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            sizes.push(entry.unwrap().metadata().unwrap().len());
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(sizes.len(), 2);
        assert_eq!(sizes.iter().sum::<u64>(), 5 * (line.len() as u64 + 1));
    }
}
