//! The data folder of the service, and opening what is in it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use nightjar_store::{MasterKeyFile, Options, Store};
use toml::Value;

use crate::arguments::Place;
use crate::output::{advice, advise};
use crate::settings::{Settings, Sources, text_or_file};

/// Names within the data folder.
pub(crate) const DATABASE: &str = "nightjar.db";
pub(crate) const BLOBS: &str = "blobs";
pub(crate) const MASTER_KEY: &str = "master.key";
pub(crate) const SETTINGS: &str = "nightjar.toml";
pub(crate) const LOCK: &str = "lock";

/// A data folder with its settings.
pub(crate) struct Installation {
    pub(crate) data: PathBuf,
    pub(crate) settings: Settings,
}

impl Installation {
    /// Reads the settings; makes the folder where there is none.
    pub(crate) fn open(place: &Place, flags: Vec<(&str, String)>) -> anyhow::Result<Self> {
        make_folder(&place.data)?;
        Self::look(place, flags)
    }

    /// Reads the settings and makes nothing.
    pub(crate) fn look(place: &Place, mut flags: Vec<(&str, String)>) -> anyhow::Result<Self> {
        if let Some(database) = &place.database {
            flags.push(("storage.database", database.clone()));
        }
        let sources = Sources { file: settings_file(place)?, environment: environment(), flags };
        Ok(Self { data: place.data.clone(), settings: Settings::of(&sources)? })
    }

    /// As [`Self::look`], where something has to be there.
    pub(crate) fn existing(place: &Place) -> anyhow::Result<Self> {
        let installation = Self::look(place, Vec::new())?;
        let database = installation.data.join(DATABASE);
        let is_here = installation.database()? == format!("sqlite://{}", database.display());
        if is_here && !database.is_file() {
            let told = format!("there is no {DATABASE} in `{}`", place.data.display());
            return Err(advice(told, "give the data folder of a service that ran once"));
        }
        Ok(installation)
    }

    /// The address of the database.
    pub(crate) fn database(&self) -> anyhow::Result<String> {
        let storage = &self.settings.storage;
        let set = text_or_file(&storage.database, &storage.database_file, "storage.database")?;
        Ok(set.unwrap_or_else(|| format!("sqlite://{}", self.data.join(DATABASE).display())))
    }

    /// Whether the database is SQLite: one process then serves it.
    pub(crate) fn is_sqlite(&self) -> anyhow::Result<bool> {
        Ok(self.database()?.starts_with("sqlite:"))
    }

    /// The address of the blobs.
    pub(crate) fn blobs(&self) -> anyhow::Result<String> {
        if !self.settings.storage.blobs.is_empty() {
            return Ok(self.settings.storage.blobs.clone());
        }
        let folder = std::path::absolute(self.data.join(BLOBS)).context("the folder of blobs")?;
        Ok(format!("file://{}", folder.display()))
    }

    /// Where the master key is.
    pub(crate) fn master_key(&self) -> PathBuf {
        let set = &self.settings.security.master_key_file;
        if set.is_empty() { self.data.join(MASTER_KEY) } else { PathBuf::from(set) }
    }

    /// Opens the store; makes it where there is none yet.
    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        let storage = &self.settings.storage;
        let key = self.master_key();
        let master = MasterKeyFile::open(&key, self.may_make_key()?).map_err(|error| {
            let hint = "put the master key there that this data was written with";
            advise(error, format!("opening the master key `{}`", key.display()), hint)
        })?;
        let options = Options {
            database: self.database()?,
            blobs: self.blobs()?,
            blob_options: self.blob_options()?,
            master: Arc::new(master),
            location: Some(storage.location.clone()).filter(|location| !location.is_empty()),
            max_connections: storage.max_connections,
            process: process_name(),
        };
        Store::open(options).await.map_err(|error| {
            advise(error, "the store can't be opened", "`nightjar doctor` says more")
        })
    }

    /// A key may only be made for data that doesn't exist yet.
    fn may_make_key(&self) -> anyhow::Result<bool> {
        Ok(!(self.is_sqlite()? && self.data.join(DATABASE).exists()))
    }

    fn blob_options(&self) -> anyhow::Result<Vec<(String, String)>> {
        let options = &self.settings.storage.blob_options;
        let text = |key: &str| options.get(key).and_then(Value::as_str).unwrap_or_default();
        let key = "storage.blob_options.secret_access_key";
        let secret = text_or_file(text("secret_access_key"), text("secret_access_key_file"), key)?;
        let mut found: Vec<(String, String)> = ["endpoint", "region", "access_key_id"]
            .into_iter()
            .map(|key| (key.to_owned(), text(key).to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        found.extend(secret.map(|secret| ("secret_access_key".to_owned(), secret)));
        if options.get("allow_http").and_then(Value::as_bool) == Some(true) {
            found.push(("allow_http".to_owned(), "true".to_owned()));
        }
        Ok(found)
    }

    /// Takes the folder for this process; two services must not share a SQLite database.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.data.join(LOCK);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let mut file = opened.with_context(|| format!("opening `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(advice(
                    format!("another nightjar serves `{}`", self.data.display()),
                    "stop it first, or give this one a folder of its own; several can share a PostgreSQL database",
                ));
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking `{}`", path.display()));
            }
        }
        // For people who wonder; the lock itself is the system's.
        let told = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        told.with_context(|| format!("writing `{}`", path.display()))?;
        Ok(file)
    }
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        let hint = "choose a folder that you may write to";
        advise(error, format!("cannot make `{}`", folder.display()), hint)
    })
}

fn settings_file(place: &Place) -> anyhow::Result<Option<(String, PathBuf)>> {
    let (path, is_asked) = match &place.config {
        Some(path) => (path.clone(), true),
        None => (place.data.join(SETTINGS), false),
    };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((text, path))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_asked => Ok(None),
        Err(error) => {
            let hint = "give a TOML file; `nightjar config` prints one to start from";
            Err(advise(error, format!("cannot read `{}`", path.display()), hint))
        }
    }
}

fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Unlike any other process, also after a restart under the same number.
fn process_name() -> String {
    format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond())
}
