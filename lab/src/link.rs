//! A TCP proxy on a link between two processes, which can be made bad while it runs. A file per link says how it is:
//! empty or missing is well, `delay 300` holds everything back for so many milliseconds in each direction, `stall`
//! lets nothing through, `reset 0.2` breaks off at that share of what passes.

mod condition;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub(crate) use condition::Condition;

/// Links, and where their conditions stand.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of conditions, one file a link.
    #[arg(long)]
    folder: PathBuf,
    /// `name=listen=to`, with addresses such as `127.0.0.1:4001`.
    links: Vec<String>,
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Pieces that are on their way at a time, and the size of one, bytes.
const PIECES: usize = 64;
const PIECE: usize = 16 << 10;

/// Runs until it is ended.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    std::fs::create_dir_all(&arguments.folder)?;
    let mut all = Vec::new();
    for link in &arguments.links {
        let parts: Vec<&str> = link.split('=').collect();
        let [name, listen, to] = parts.as_slice() else {
            anyhow::bail!("`{link}` isn't `name=listen=to`")
        };
        let to: SocketAddr = to.parse().with_context(|| format!("`{to}` isn't an address"))?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen at `{listen}`"))?;
        let (sender, condition) = watch::channel(Condition::Well);
        all.push(tokio::spawn(serve(listener, to, condition)));
        all.push(tokio::spawn(look(arguments.folder.join(name), sender)));
    }
    for one in all {
        one.await?;
    }
    Ok(())
}

/// Follows the file of a link. What can't be read is no condition.
async fn look(file: PathBuf, sender: watch::Sender<Condition>) {
    loop {
        let text = tokio::fs::read_to_string(&file).await.unwrap_or_default();
        let told = text.parse().unwrap_or(Condition::Well);
        sender.send_if_modified(|now| std::mem::replace(now, told) != told);
        tokio::time::sleep(LOOK).await;
    }
}

/// Takes connections and passes them on.
async fn serve(listener: TcpListener, to: SocketAddr, condition: watch::Receiver<Condition>) {
    let passed = Arc::new(AtomicU64::new(0));
    while let Ok((from, _)) = listener.accept().await {
        let (condition, passed) = (condition.clone(), passed.clone());
        tokio::spawn(async move {
            if let Ok(onward) = TcpStream::connect(to).await {
                pass(from, onward, condition, passed).await;
            }
        });
    }
}

/// One connection, in both directions, until both ends are done with it or the link breaks it off.
async fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    condition: watch::Receiver<Condition>,
    passed: Arc<AtomicU64>,
) {
    for stream in [&from, &to] {
        let _ = stream.set_nodelay(true);
    }
    let broken = Notify::new();
    let (from_read, from_write) = from.split();
    let (to_read, to_write) = to.split();
    let there = one_way(from_read, to_write, condition.clone(), &passed, &broken);
    let back = one_way(to_read, from_write, condition, &passed, &broken);
    let is_broken = tokio::select! {
        _ = async { tokio::join!(there, back) } => false,
        () = broken.notified() => true,
    };
    if is_broken {
        // Without lingering the end is a reset at both ends instead of an orderly close.
        let _ = from.set_zero_linger();
        let _ = to.set_zero_linger();
    }
}

async fn one_way(
    read: ReadHalf<'_>,
    write: WriteHalf<'_>,
    condition: watch::Receiver<Condition>,
    passed: &AtomicU64,
    broken: &Notify,
) {
    let (sender, receiver) = channel(PIECES);
    let delay = condition.clone();
    tokio::join!(take(read, sender, delay), give(write, receiver, condition, passed, broken));
}

async fn take(
    mut read: ReadHalf<'_>,
    sender: Sender<(Instant, Vec<u8>)>,
    condition: watch::Receiver<Condition>,
) {
    let mut piece = vec![0; PIECE];
    while let Ok(count) = read.read(&mut piece).await {
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { return };
        let due = Instant::now() + condition.borrow().delay();
        if sender.send((due, read.to_vec())).await.is_err() {
            return;
        }
    }
}

async fn give(
    mut write: WriteHalf<'_>,
    mut receiver: Receiver<(Instant, Vec<u8>)>,
    mut condition: watch::Receiver<Condition>,
    passed: &AtomicU64,
    broken: &Notify,
) {
    while let Some((due, piece)) = receiver.recv().await {
        tokio::time::sleep_until(due).await;
        if condition.wait_for(|now| *now != Condition::Stall).await.is_err() {
            break;
        }
        let number = passed.fetch_add(1, Ordering::Relaxed);
        if condition.borrow().breaks(number) {
            return broken.notify_one();
        }
        if write.write_all(&piece).await.is_err() {
            break;
        }
    }
    let _ = write.shutdown().await;
}

#[cfg(test)]
mod tests;
