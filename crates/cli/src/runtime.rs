//! The runtime of commands that wait for the store.

use std::future::Future;

use anyhow::Context as _;

/// Runs something that waits, in the thread of the command.
pub(crate) fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(work)
}
