//! One question to a real Prometheus that is some way off, with one request at a time and with several.
//!
//! `cargo run -p nightjar-connectors --example beside` (after `make tools`). The server holds the small shop of the
//! tests, whose metrics are of a dozen families; on the way to it every request takes as much longer as is told, as
//! it does in a network or behind a proxy. The same question is asked with each limit of `concurrency`, and the
//! answers have to be the same.

#[path = "../tests/it/prometheus/server.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "it belongs to tests, and one of its servers is enough"
)]
mod server;
#[path = "../tests/it/prometheus/shop.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it belongs to tests, and one of its estates is enough"
)]
mod shop;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nightjar_connect::{Query, Question};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

use self::server::Server;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is what it is for")]
async fn main() -> Outcome<()> {
    let server = Server::prometheus(&shop::series(), "").await.ok_or("no Prometheus")?;
    let address = server.url.trim_start_matches("http://").to_owned();
    println!("| question | a request takes longer by | requests | at a time | seconds | ratio |");
    println!("|---|---|---|---|---|---|");
    for question in [Question::Metrics, Question::Inventory] {
        for delay in [0, 20, 100].map(Duration::from_millis) {
            let mut in_turn = None;
            for at_once in [1, 2, 4, 8] {
                let requests = Arc::new(AtomicUsize::new(0));
                let url = far(address.clone(), delay, Arc::clone(&requests)).await?;
                let (seconds, answer) = ask(&url, question, at_once).await?;
                let (first, expected) = in_turn.get_or_insert((seconds, answer.clone()));
                if *expected != answer {
                    return Err("the answers differ".into());
                }
                println!(
                    "| {} | {} ms | {} | {at_once} | {seconds:.2} | {:.1} |",
                    question.label(),
                    delay.as_millis(),
                    requests.load(SeqCst),
                    *first / seconds
                );
            }
        }
    }
    Ok(())
}

/// Asks about everything; how long that takes, and the answer as text.
async fn ask(url: &str, question: Question, at_once: u32) -> Outcome<(f64, String)> {
    let limits = json!({ "seconds": 120, "requests_per_second": 1000, "concurrency": at_once });
    let config = json!({ "url": url, "limits": limits });
    let connection = nightjar_connectors::registry().open("prometheus", "bench", &config)?;
    let query = Query {
        question,
        entities: Vec::new(),
        window: shop::window(),
        limit: 50_000,
        since: Some(Timestamp::from_second(shop::SINCE)?),
    };
    let begun = Instant::now();
    let answer = connection.ask(&query).await.ok_or("it can't be asked that")??;
    Ok((begun.elapsed().as_secs_f64(), format!("{answer:?}")))
}

/// The address of a server that is further away. Requests are counted by what comes at a time: they are small.
async fn far(server: String, delay: Duration, requests: Arc<AtomicUsize>) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (server, requests) = (server.clone(), Arc::clone(&requests));
            tokio::spawn(async move {
                let Ok(far) = TcpStream::connect(server).await else { return };
                let (mut from_near, mut to_near) = near.into_split();
                let (mut from_far, mut to_far) = far.into_split();
                let there = async {
                    let mut part = Vec::with_capacity(1 << 18);
                    while matches!(from_near.read_buf(&mut part).await, Ok(1..)) {
                        requests.fetch_add(1, SeqCst);
                        tokio::time::sleep(delay).await;
                        if to_far.write_all(&part).await.is_err() {
                            break;
                        }
                        part.clear();
                    }
                };
                let _ = tokio::join!(there, copy(&mut from_far, &mut to_near));
            });
        }
    });
    Ok(url)
}
