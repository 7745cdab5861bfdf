use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use nightjar_capsule::Limits;
use nightjar_connectors::registry;
use nightjar_oncall::{Courier, Intake, Pace, Recordings, Rules, Sources, Worker};
use nightjar_server::{Config, Parts, Webhooks};
use nightjar_store::{SignInLink, Store};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;

use crate::arguments::{Serve, ServeRole};
use crate::exit::Exit;
use crate::housekeeping::keep_house;
use crate::installation::Installation;
use crate::output::{self, advice, advise};
use crate::recordings::Capsules;
use crate::settings::{Role, Settings};
use crate::telemetry;

/// How much a capsule may hold that somebody uploads, decompressed.
const CAPSULE_BYTES: u64 = 1 << 30;

/// How often a worker looks for what other processes put into the queue: an investigation begins within a
/// second of its alert, wherever that came in. One look costs two reads of an index.
const OTHERS_JOBS: Duration = Duration::from_millis(250);

/// Runs the service until it is told to stop.
pub(crate) fn run(arguments: &Serve) -> anyhow::Result<Exit> {
    let installation = Installation::open(&arguments.place, flags(arguments))?;
    let _lock = installation.is_sqlite()?.then(|| installation.lock()).transpose()?;
    let watched = telemetry::begin(&installation.settings.telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let served = runtime.block_on(serve(&installation, arguments.listen.as_deref()));
    drop(runtime);
    watched.end();
    served.map(|()| Exit::Done)
}

fn flags(arguments: &Serve) -> Vec<(&'static str, String)> {
    let listen = arguments.listen.clone().map(|listen| ("server.listen", listen));
    let role = arguments.role.map(|role| {
        let role = match role {
            ServeRole::Api => "api",
            ServeRole::Worker => "worker",
            ServeRole::All => "all",
        };
        ("worker.role", role.to_owned())
    });
    listen.into_iter().chain(role).collect()
}

async fn serve(installation: &Installation, asked: Option<&str>) -> anyhow::Result<()> {
    let settings = &installation.settings;
    let (config, listen) = settings.server()?;
    let role = settings.worker.role;
    if role != Role::All && installation.is_sqlite()? {
        return Err(advice(
            "with SQLite one process does everything: a role of its own needs others beside it",
            "leave the role `all`, or share a PostgreSQL database (--database postgres://…)",
        ));
    }
    let works = role != Role::Api;
    // Before the store, so that a port that is taken is told at once.
    let listener = match (role, asked.unwrap_or(&settings.worker.listen)) {
        (Role::Api | Role::All, _) => Some(bind(&listen)?),
        (Role::Worker, "") => None,
        (Role::Worker, listen) => Some(bind(listen)?),
    };
    let store = installation.store().await?;
    let freed = store.free_dead_leases().await.context("looking at the queue")?;
    if freed > 0 {
        info!(jobs = freed, "jobs of a process that ended are taken up again");
    }
    let recordings: Arc<dyn Recordings> =
        Arc::new(Capsules { limits: Limits { total_bytes: CAPSULE_BYTES, ..Limits::default() } });
    let (sources, rules) = (Sources::new(recordings, registry()), Rules::default());
    let (stop, stopped) = watch::channel(false);
    let mut behind = JoinSet::new();
    if works {
        let worker = Arc::new(worker(settings, store.clone(), sources.clone(), rules.clone()));
        behind.spawn(worker.run(stopped.clone()));
        behind.spawn(Arc::new(courier(settings, store.clone(), &config)).run(stopped.clone()));
        let kept = (settings.retention, settings.outbox.keeping());
        behind.spawn(keep_house(store.clone(), kept, stopped.clone()));
    }
    let signals = signals()?;
    let intake = Intake::new(sources.clone(), rules, Arc::new(Timestamp::now));
    let parts = Parts { store: store.clone(), sources, intake, config: config.clone() };
    let ended = match (listener, role) {
        (Some(listener), Role::Api | Role::All) => {
            let link = first_link(&store, settings).await?;
            let ready = |address| ready(address, &config, link);
            let served = nightjar_server::serve(parts, listener, ready, signals);
            served.await.context("serving")
        }
        (Some(listener), Role::Worker) => {
            let ready = |address| {
                let base = base(address, &config);
                // Nobody listens if standard output is gone; the service runs all the same.
                let _ = output::print(&format!("nightjar is ready: a worker, at {base}\n"));
            };
            let served = nightjar_server::serve_probes(parts, listener, ready, signals);
            served.await.context("serving")
        }
        (None, _) => {
            output::print("nightjar is ready: a worker\n")?;
            signals.await;
            Ok(())
        }
    };
    info!("nightjar stops");
    stop.send_replace(true);
    while behind.join_next().await.is_some() {}
    store.close().await;
    ended
}

fn worker(settings: &Settings, store: Store, sources: Sources, rules: Rules) -> Worker {
    let set = &settings.worker;
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    Worker {
        sources,
        rules,
        pace: Pace {
            lease: seconds(set.lease_seconds.max(1)),
            most_crashes: set.most_crashes.max(1),
            longest_pause: seconds(set.longest_pause_seconds),
            grace: seconds(set.grace_seconds),
            look_again: if store.is_shared() { OTHERS_JOBS } else { Pace::default().look_again },
            ..Pace::default()
        },
        concurrency: set.concurrency.into(),
        store,
        clock: Arc::new(Timestamp::now),
    }
}

fn courier(settings: &Settings, store: Store, config: &Config) -> Courier {
    let channel = Webhooks::new(config, settings.outbox.answer_within());
    Courier {
        store,
        channel: Arc::new(channel),
        pace: settings.outbox.pace(),
        clock: Arc::new(Timestamp::now),
    }
}

pub(super) fn bind(listen: &str) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(listen).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| {
        let hint = "give another with --listen ADDR:PORT; port 0 takes a free one";
        advise(error, format!("cannot listen at `{listen}`"), hint)
    })
}

/// A link for the first administrator, where nobody could come in otherwise.
async fn first_link(store: &Store, settings: &Settings) -> anyhow::Result<Option<SignInLink>> {
    let now = Timestamp::now();
    if store.has_credentials(now).await.context("looking for credentials")? {
        return Ok(None);
    }
    let minutes = SignedDuration::from_mins(settings.security.link_minutes.into());
    let until = now.checked_add(minutes).context("`security.link_minutes`")?;
    let link = store.create_sign_in_link("administrator", None, "first administrator", until, now);
    Ok(Some(link.await.context("making the first sign-in link")?))
}

/// Says where the service is: one line on standard output, and nothing else there ever.
fn ready(address: SocketAddr, config: &Config, link: Option<SignInLink>) {
    let base = base(address, config);
    if let Some(link) = link {
        let reach = config.public_url.as_deref().unwrap_or(&base).trim_end_matches('/');
        output::remark(&format!(
            "nobody has a key yet; sign in once as administrator, until {:.0}:\n  {reach}/sign-in?link={}",
            link.expires_at, link.secret
        ));
    }
    // Nobody listens if standard output is gone; the service runs all the same.
    let _ = output::print(&format!("nightjar is ready at {base}\n"));
}

fn base(address: SocketAddr, config: &Config) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// Ends at SIGTERM or Ctrl-C. A second one ends the process at once.
fn signals() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(i32::from(crate::exit::FAILED));
        });
    })
}
