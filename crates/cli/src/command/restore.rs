use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;
use tar::EntryType;

use super::backup::{MANIFEST, Manifest, SCHEMA};
use crate::arguments::Restore;
use crate::exit::Exit;
use crate::installation::{BLOBS, DATABASE, MASTER_KEY, SETTINGS, make_folder};
use crate::output::{self, advice, advise};
use crate::terminal::text::{GOOD, WIDTH, Words, count};

/// The manifest is a few lines.
const MANIFEST_BYTES: u64 = 64 << 10;

/// Puts a backup into an empty folder.
pub(crate) fn run(arguments: &Restore, is_json: bool) -> anyhow::Result<Exit> {
    let Restore { file, data } = arguments;
    make_folder(data)?;
    let mut inside = fs::read_dir(data).with_context(|| format!("reading `{}`", data.display()))?;
    if inside.next().is_some() {
        return Err(advice(
            format!("`{}` isn't empty; nothing was restored", data.display()),
            "give a folder that isn't there yet: a backup is never mixed with other data",
        ));
    }
    let (manifest, files) = unpack(file, data).map_err(|error| {
        let hint =
            "give a file that `nightjar backup` wrote; what was restored so far is incomplete";
        advise(error, format!("cannot restore `{}`", file.display()), hint)
    })?;
    if !manifest.has_master_key {
        let key = data.join(MASTER_KEY);
        output::remark(&format!(
            "the master key isn't in the backup: put your copy at `{}` before you start",
            key.display()
        ));
    }
    if !manifest.has_database {
        output::remark("the database isn't in the backup: restore PostgreSQL with pg_restore");
    }
    if is_json {
        output::print_json(&json!({ "restored": data, "files": files, "manifest": manifest }))?;
    } else {
        let told = format!(": {} of {:.0}", count(files, "file"), manifest.created_at);
        let folder = data.display().to_string();
        output::print(&Words::new().styled(GOOD, &folder).plain(&told).flow("", WIDTH))?;
    }
    Ok(Exit::Done)
}

fn unpack(file: &Path, data: &Path) -> anyhow::Result<(Manifest, usize)> {
    let decoder = zstd::Decoder::new(File::open(file)?)?;
    let mut archive = tar::Archive::new(decoder);
    let mut entries = archive.entries()?;
    let first = entries.next().context("it is empty")??;
    let manifest = manifest(first)?;
    let mut files = 0;
    for entry in entries {
        let mut entry = entry?;
        if entry.header().entry_type() != EntryType::Regular {
            anyhow::bail!("it holds something that is no file");
        }
        let name = entry.path()?.into_owned();
        let Some(path) = place(&name) else {
            anyhow::bail!("`{}` has no place in a data folder", name.display());
        };
        let path = data.join(path);
        make_folder(path.parent().unwrap_or(data))?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&path).with_context(|| path.display().to_string())?;
        std::io::copy(&mut entry, &mut out).with_context(|| path.display().to_string())?;
        out.sync_all()?;
        files += 1;
    }
    Ok((manifest, files))
}

fn manifest(mut entry: tar::Entry<'_, impl Read>) -> anyhow::Result<Manifest> {
    if entry.path()?.as_os_str() != MANIFEST {
        anyhow::bail!("it doesn't begin with {MANIFEST}");
    }
    let mut text = String::new();
    entry.by_ref().take(MANIFEST_BYTES).read_to_string(&mut text)?;
    let manifest: Manifest = serde_json::from_str(&text).context(MANIFEST)?;
    if manifest.schema != SCHEMA {
        anyhow::bail!("its schema is {}, and this program reads {SCHEMA}", manifest.schema);
    }
    Ok(manifest)
}

/// Where a file of a backup goes; none for what has no business there.
fn place(name: &Path) -> Option<PathBuf> {
    let mut steps = Vec::new();
    for step in name.components() {
        match step {
            Component::Normal(step) => steps.push(step.to_str()?),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => return None,
        }
    }
    match steps.as_slice() {
        [DATABASE | SETTINGS | MASTER_KEY] | [BLOBS, _, ..] => Some(steps.iter().collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_into_a_data_folder_has_a_place() {
        for good in ["nightjar.db", "master.key", "nightjar.toml", "blobs/a/b"] {
            assert_eq!(place(Path::new(good)), Some(PathBuf::from(good)));
        }
        for bad in ["../x", "/etc/passwd", "blobs", "blobs/../../x", "lock", "nightjar.db/x", ""] {
            assert_eq!(place(Path::new(bad)), None, "{bad}");
        }
    }
}
