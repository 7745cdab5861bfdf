//! The shop's customers: a steady, slightly irregular mix of visits, over TLS, each on a connection of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::{Certificate, Client, Method};
use tokio::sync::Semaphore;

/// Where the shop is, and how many come.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The gateway's address.
    #[arg(long)]
    gateway: SocketAddr,
    /// The authority that customers trust, PEM.
    #[arg(long)]
    authority: PathBuf,
    /// Visits a second.
    #[arg(long, default_value_t = 15.0)]
    rate: f64,
    /// A file with a factor, `8`; missing or empty is 1.
    #[arg(long)]
    factor: PathBuf,
}

/// The shop's name.
const HOST: &str = "shop.example";
/// How long a customer waits.
const PATIENCE: Duration = Duration::from_secs(8);
/// Visits at a time; beyond it customers stay away.
const MOST: usize = 400;
/// Products, categories, customers with orders.
const PRODUCTS: u64 = 1500;
const CATEGORIES: u64 = 40;
const CUSTOMERS: u64 = 50_000;

#[derive(Default)]
struct Counts {
    ok: AtomicU64,
    failed: AtomicU64,
}

struct Customers {
    client: Client,
    counts: Counts,
    places: Semaphore,
}

/// Comes until it is ended.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let pem = std::fs::read(&arguments.authority).context("the authority")?;
    let client = Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .pool_max_idle_per_host(0)
        .tls_certs_only([Certificate::from_pem(&pem)?])
        .resolve(HOST, arguments.gateway)
        .build()?;
    let customers =
        Arc::new(Customers { client, counts: Counts::default(), places: Semaphore::new(MOST) });
    tokio::spawn(tell(customers.clone()));
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let begun = Instant::now();
    loop {
        let factor = std::fs::read_to_string(&arguments.factor).unwrap_or_default();
        let factor: f64 = factor.trim().parse().unwrap_or(1.0);
        // A slow wave, and pauses that differ by half.
        let wave = 1.0 + 0.12 * (begun.elapsed().as_secs_f64() / 7.5).sin();
        let pause = (0.5 + chance.share()) / (arguments.rate * factor.clamp(0.01, 100.0) * wave);
        let kind = chance.share();
        let (product, category) = (popular(&mut chance), 1 + chance.below(CATEGORIES));
        let (customer, items) = (1 + chance.below(CUSTOMERS), 1 + chance.below(3));
        let visitors = customers.clone();
        tokio::spawn(async move {
            let _place = visitors.places.try_acquire().ok()?;
            let path = match kind {
                share if share < 0.15 => "/".to_owned(),
                share if share < 0.35 => format!("/category/{category}"),
                share if share < 0.65 => format!("/product/{product}"),
                share if share < 0.82 => format!("/account/{customer}/orders"),
                _ => return visitors.buy(customer, product, items).await,
            };
            visitors.visit(Method::GET, path).await
        });
        tokio::time::sleep(Duration::from_secs_f64(pause)).await;
    }
}

impl Customers {
    /// Puts something into the cart, looks at it, pays.
    async fn buy(&self, customer: u64, product: u64, items: u64) -> Option<()> {
        for item in 0..items {
            let id = 1 + (product + item * 7) % PRODUCTS;
            self.visit(Method::POST, format!("/cart/{customer}/items/{id}")).await?;
        }
        self.visit(Method::GET, format!("/cart/{customer}")).await?;
        self.visit(Method::POST, format!("/checkout/{customer}")).await
    }

    /// One request; nothing where it failed.
    async fn visit(&self, method: Method, path: String) -> Option<()> {
        let answer = self.client.request(method, format!("https://{HOST}{path}")).send().await;
        let is_ok = match answer {
            Ok(answer) => !answer.status().is_server_error() && answer.bytes().await.is_ok(),
            Err(_) => false,
        };
        let count = if is_ok { &self.counts.ok } else { &self.counts.failed };
        count.fetch_add(1, Ordering::Relaxed);
        is_ok.then_some(())
    }
}

/// Says from time to time how it goes.
#[expect(clippy::print_stdout, reason = "the log of this process")]
async fn tell(customers: Arc<Customers>) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let [ok, failed] = [&customers.counts.ok, &customers.counts.failed]
            .map(|count| count.swap(0, Ordering::Relaxed));
        println!("{} {ok} answered, {failed} failed in 5 s", jiff::Timestamp::now());
    }
}

/// A few products are asked for far more often than the rest.
fn popular(chance: &mut Chance) -> u64 {
    // The smaller of a few draws from ever smaller ranges, without leaving whole numbers.
    let mut limit = PRODUCTS;
    for _ in 0..chance.below(5) {
        limit = (limit / 4).max(1);
    }
    1 + chance.below(limit)
}

/// Numbers that look random and are the same in every run (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_concentrate_on_few_products() {
        let mut chance = Chance(1);
        let ids: Vec<u64> = (0..2000).map(|_| popular(&mut chance)).collect();
        assert!(ids.iter().all(|id| (1..=PRODUCTS).contains(id)));
        assert!(ids.iter().filter(|id| **id < 40).count() > 800);
    }
}
