use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tar::{Builder, Header};

use crate::arguments::Backup;
use crate::exit::Exit;
use crate::installation::{BLOBS, DATABASE, Installation, MASTER_KEY, SETTINGS};
use crate::output::{self, advise};
use crate::runtime;
use crate::terminal::text::{GOOD, WIDTH, Words, count};

/// Version of the backup's form.
pub(super) const SCHEMA: u32 = 1;
/// The first file of a backup: what it holds.
pub(super) const MANIFEST: &str = "backup.json";
/// As in capsules: twice as small as telemetry compresses at 1, and no slower than a disk.
const COMPRESSION_LEVEL: i32 = 3;

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) schema: u32,
    /// The version of nightjar that wrote it.
    pub(super) nightjar: String,
    pub(super) created_at: Timestamp,
    pub(super) has_database: bool,
    pub(super) has_blobs: bool,
    pub(super) has_master_key: bool,
}

/// Copies an installation into one file.
pub(crate) fn run(arguments: &Backup, is_json: bool) -> anyhow::Result<Exit> {
    let installation = Installation::existing(&arguments.place)?;
    let is_sqlite = installation.is_sqlite()?;
    let blobs = installation.blobs()?;
    let blobs = blobs.strip_prefix("file://").map(Path::new);
    let key = installation.master_key();
    let manifest = Manifest {
        schema: SCHEMA,
        nightjar: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: Timestamp::now(),
        has_database: is_sqlite,
        has_blobs: blobs.is_some(),
        has_master_key: arguments.with_master_key,
    };
    let to = &arguments.to;
    let scratch = tempfile::Builder::new().prefix(".nightjar-backup").tempdir_in(beside(to));
    let scratch = scratch.map_err(|error| {
        let hint = "choose a file in a folder that you may write to";
        advise(error, format!("cannot write beside `{}`", to.display()), hint)
    })?;
    // The database first: a blob is there before its row, so what the copy names is there later on.
    let copy = scratch.path().join(DATABASE);
    if is_sqlite {
        runtime::wait(async {
            let store = installation.store().await?;
            let copied = store.copy_database(&copy).await.context("copying the database");
            store.close().await;
            copied
        })?;
    }
    let draft = scratch.path().join("draft");
    let mut archive = Archive::create(&draft)?;
    archive.text(MANIFEST, &serde_json::to_string_pretty(&manifest)?)?;
    if is_sqlite {
        archive.file(DATABASE, &copy)?;
    }
    let settings = installation.data.join(SETTINGS);
    if settings.is_file() {
        archive.file(SETTINGS, &settings)?;
    }
    if arguments.with_master_key {
        archive.file(MASTER_KEY, &key)?;
    }
    let blob_count = match blobs {
        Some(folder) if folder.is_dir() => archive.folder(BLOBS, folder)?,
        Some(_) | None => 0,
    };
    archive.finish()?;
    fs::rename(&draft, to).with_context(|| format!("writing `{}`", to.display()))?;
    tell(arguments, &manifest, blob_count, &key, is_json)
}

fn tell(
    arguments: &Backup,
    manifest: &Manifest,
    blobs: usize,
    key: &Path,
    is_json: bool,
) -> anyhow::Result<Exit> {
    if !manifest.has_database {
        output::remark(
            "the database isn't in it: copy PostgreSQL with pg_dump, before this (docs/guide/service.md)",
        );
    }
    if !manifest.has_blobs {
        output::remark(
            "the blobs aren't in it: they are in an object store, which has its own copies",
        );
    }
    if manifest.has_master_key {
        output::remark("the master key is in it: whoever has the file can read everything");
    } else {
        let key = key.display();
        output::remark(&format!(
            "the master key isn't in it: keep a copy of `{key}` elsewhere, or nobody can read the backup"
        ));
    }
    if is_json {
        output::print_json(
            &json!({ "written": arguments.to, "blobs": blobs, "manifest": manifest }),
        )?;
    } else {
        let parts = if manifest.has_database { "database, " } else { "" };
        let told = format!(": {parts}{}", count(blobs, "blob"));
        let file = arguments.to.display().to_string();
        output::print(&Words::new().styled(GOOD, &file).plain(&told).flow("", WIDTH))?;
    }
    Ok(Exit::Done)
}

fn beside(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

/// A tar archive that is being written.
struct Archive {
    tar: Builder<zstd::Encoder<'static, File>>,
}

impl Archive {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).with_context(|| format!("writing `{}`", path.display()))?;
        let mut encoder = zstd::Encoder::new(file, COMPRESSION_LEVEL).context("compressing")?;
        encoder.include_checksum(true).context("compressing")?;
        Ok(Self { tar: Builder::new(encoder) })
    }

    fn text(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        let mut header = header(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.tar.append_data(&mut header, name, text.as_bytes()).context("writing the backup")
    }

    fn file(&mut self, name: &str, path: &Path) -> anyhow::Result<()> {
        let read = || format!("reading `{}`", path.display());
        let file = File::open(path).with_context(read)?;
        let size = file.metadata().with_context(read)?.len();
        let mut header = header(size);
        // A file that grows meanwhile would break the archive.
        let content = std::io::Read::take(file, size);
        self.tar.append_data(&mut header, name, content).with_context(read)
    }

    /// All files below a folder; how many there were.
    fn folder(&mut self, name: &str, folder: &Path) -> anyhow::Result<usize> {
        let read = || format!("reading `{}`", folder.display());
        let mut found = 0;
        for item in fs::read_dir(folder).with_context(read)? {
            let item = item.with_context(read)?;
            let Ok(below) = item.file_name().into_string() else { continue };
            let (below, path) = (format!("{name}/{below}"), item.path());
            let kind = item.file_type().with_context(read)?;
            if kind.is_dir() {
                found += self.folder(&below, &path)?;
            } else if kind.is_file() {
                // One that is gone meanwhile belonged to something that was deleted.
                if path.is_file() {
                    self.file(&below, &path)?;
                    found += 1;
                }
            }
        }
        Ok(found)
    }

    fn finish(self) -> anyhow::Result<()> {
        let encoder = self.tar.into_inner().context("writing the backup")?;
        let mut file = encoder.finish().context("writing the backup")?;
        file.flush().and_then(|()| file.sync_all()).context("writing the backup")
    }
}

fn header(size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header
}
