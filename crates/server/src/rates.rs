use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::{Rate, Rates};
use crate::problem::{Kind, Problem};

type Limiter<K> = DefaultKeyedRateLimiter<K, StateInformationMiddleware>;

/// How many keys are kept at most before those that are at rest are dropped.
const SWEEP_EVERY: u32 = 4096;

/// How often callers and addresses may ask.
pub(crate) struct Limiters {
    credential: Limiter<String>,
    peer: Limiter<IpAddr>,
    failed: Limiter<IpAddr>,
    blocked: Mutex<BTreeMap<IpAddr, Instant>>,
    rates: Rates,
    is_on: bool,
    asked: AtomicU32,
}

/// What is left of a rate, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) policy: &'static str,
    pub(crate) rate: Rate,
    pub(crate) remaining: u32,
    pub(crate) wait: Duration,
}

impl Limiters {
    pub(crate) fn new(rates: &Rates, is_on: bool) -> Self {
        Self {
            credential: limiter(rates.credential),
            peer: limiter(rates.peer),
            failed: limiter(rates.failed),
            blocked: Mutex::default(),
            rates: rates.clone(),
            is_on,
            asked: AtomicU32::new(0),
        }
    }

    /// Counts a request of an address.
    pub(crate) fn ask_as_peer(&self, peer: IpAddr) -> (Standing, bool) {
        self.sweep();
        let (standing, is_within) = check(&self.peer, &network(peer), "peer", self.rates.peer);
        (standing, is_within || !self.is_on)
    }

    /// Counts a request of a key or a session.
    pub(crate) fn ask_with(&self, credential: &str) -> (Standing, bool) {
        let (credential, rate) = (credential.to_owned(), self.rates.credential);
        let (standing, is_within) = check(&self.credential, &credential, "credential", rate);
        (standing, is_within || !self.is_on)
    }

    /// Counts credentials that didn't work; from too many on the address has to wait.
    pub(crate) fn failed(&self, peer: IpAddr) {
        let peer = network(peer);
        let (standing, is_within) = check(&self.failed, &peer, "failed", self.rates.failed);
        if !is_within && self.is_on {
            let until = Instant::now() + standing.wait;
            self.blocked.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, until);
        }
    }

    /// How long an address has to wait before credentials of it are looked at.
    pub(crate) fn wait_after_failures(&self, peer: IpAddr) -> Option<Duration> {
        let blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let until = blocked.get(&network(peer))?;
        until.checked_duration_since(Instant::now())
    }

    /// Forgets who is at rest, so that memory is bounded by who asks at the moment.
    fn sweep(&self) {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.credential.retain_recent();
            self.peer.retain_recent();
            self.failed.retain_recent();
            let now = Instant::now();
            let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
            blocked.retain(|_, until| *until > now);
        }
    }
}

pub(crate) fn too_many(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    let mut problem =
        Problem::new(Kind::RateLimited, format!("too many requests; try again in {seconds} s"));
    problem.retry_after_seconds = Some(seconds);
    problem
}

fn limiter<K: std::hash::Hash + Eq + Clone>(rate: Rate) -> Limiter<K> {
    let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
    RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
}

fn check<K: std::hash::Hash + Eq + Clone>(
    limiter: &Limiter<K>,
    key: &K,
    policy: &'static str,
    rate: Rate,
) -> (Standing, bool) {
    match limiter.check_key(key) {
        Ok(state) => {
            let remaining = state.remaining_burst_capacity();
            (Standing { policy, rate, remaining, wait: Duration::ZERO }, true)
        }
        Err(until) => {
            let wait = until.wait_time_from(DefaultClock::default().now());
            (Standing { policy, rate, remaining: 0, wait }, false)
        }
    }
}

/// Whoever has an address of IPv6 has a network of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
    }
}
