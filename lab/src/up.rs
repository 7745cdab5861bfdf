//! The stack alone, for people who want to look around.

use crate::stack::{Place, Stack, tell};

/// How the stack is started.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to call the run: a folder under `target/lab`.
    #[arg(long, default_value = "up")]
    name: String,
}

/// Until Ctrl-C or an end from outside.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stop = stopped();
    tokio::pin!(stop);
    let stack = Stack::new(Place::new(&arguments.name)?)?;
    tokio::select! {
        () = &mut stop => return Ok(()),
        up = stack.bring_up(None) => up?,
    }
    let mut lines = String::new();
    for (name, value) in stack.environment() {
        lines.push_str(&format!("export {name}='{value}'\n"));
    }
    std::fs::write(stack.place.folder("environment"), lines)?;
    let (place, run) = (&stack.place, stack.place.run.display());
    tell(&format!(
        "shop          https://{} (authority {run}/tls/authority.pem)",
        place.address("gateway")
    ));
    tell(&format!("Prometheus    http://{}", place.address("prometheus")));
    tell(&format!("Alertmanager  http://{}", place.address("alertmanager")));
    tell(&format!("ClickHouse    http://{}", place.address("clickhouse")));
    tell(&format!("PostgreSQL    postgres://postgres@{}/shop", place.address("shop-db")));
    tell(&format!(
        "Redis         {} (cache), {} (queue)",
        place.address("shop-cache"),
        place.address("order-queue")
    ));
    tell(&format!("OTLP files    {run}/telemetry, logs {run}/logs, deployments {run}/deploy"));
    tell(&format!("faults        . {run}/environment; sh lab/faults/<name>/inject"));
    tell("Ctrl-C ends everything");
    stop.await;
    Ok(())
}

/// Comes back when somebody wants it to end.
pub(crate) async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tell("ending");
}
