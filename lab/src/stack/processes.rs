//! Which processes there are, in the order in which they need each other.

use std::path::PathBuf;

use super::Place;
use super::place::LINKS;
use super::postgres::{self, PASSWORDS};
use super::programs::Programs;
use super::supervisor::Process;

/// What has to answer before the next stage begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Databases, queue, the collector's engine, links.
    Stores,
    /// The collector.
    Collector,
    /// The shop's services and its gateway.
    Shop,
    /// Exporters, Prometheus, Alertmanager, customers.
    Monitoring,
}

/// All processes by stage.
pub(crate) fn stages(
    place: &Place,
    programs: &Programs,
) -> anyhow::Result<Vec<(Stage, Vec<Process>)>> {
    Ok(vec![
        (Stage::Stores, stores(place, programs)?),
        (Stage::Collector, vec![collector(place, programs)?]),
        (Stage::Shop, shop(place, programs)?),
        (Stage::Monitoring, monitoring(place, programs)?),
    ])
}

fn process(name: &str, program: impl Into<PathBuf>, arguments: Vec<String>) -> Process {
    Process {
        name: name.to_owned(),
        program: program.into(),
        arguments,
        environment: Vec::new(),
        user: None,
        signal: "TERM",
        is_service: false,
    }
}

fn own(name: &str, arguments: Vec<String>) -> anyhow::Result<Process> {
    Ok(process(name, std::env::current_exe()?, arguments))
}

fn stores(place: &Place, programs: &Programs) -> anyhow::Result<Vec<Process>> {
    let mut all = Vec::new();
    let mut arguments = postgres::arguments(&place.folder("postgres"), place.port("shop-db"));
    for setting in [
        "logging_collector=on",
        "log_destination=jsonlog",
        "log_directory=log",
        "log_filename=shop.log",
        "log_file_mode=0644",
        "log_connections=off",
    ] {
        arguments.extend(["-c".to_owned(), setting.to_owned()]);
    }
    let database = process("shop-db", programs.postgres.join("postgres"), arguments);
    all.push(Process { user: postgres::user(), signal: "QUIT", ..database });
    for name in ["shop-cache", "order-queue"] {
        let mut arguments = Vec::new();
        if name == "shop-cache" {
            arguments.push(place.deploy().join("shop-cache/redis.conf").display().to_string());
        }
        let port = place.port(name).to_string();
        arguments.extend(
            ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]
                .map(str::to_owned),
        );
        let libraries = ("LD_LIBRARY_PATH".to_owned(), programs.libraries().display().to_string());
        let server = process(name, programs.known("redis-server"), arguments);
        all.push(Process { environment: vec![libraries], ..server });
    }
    let mut arguments =
        vec!["link".to_owned(), "--folder".to_owned(), place.folder("links").display().to_string()];
    for (from, to) in LINKS {
        arguments.push(format!(
            "{from}-{to}={}={}",
            place.address(&format!("{from}-{to}")),
            place.address(to)
        ));
    }
    all.push(own("links", arguments)?);
    let mut provider =
        own("card-payments", vec!["service".to_owned(), "card-payments".to_owned()])?;
    provider.environment = vec![
        ("LAB_LISTEN".to_owned(), place.address("card-payments")),
        ("LAB_PACE".to_owned(), place.folder("card-payments-pace").display().to_string()),
    ];
    all.push(provider);
    if let Some(python) = programs.chdb() {
        let front = place.lab().join("clickhouse/front.py").display().to_string();
        let folder = place.folder("clickhouse").display().to_string();
        all.push(process(
            "clickhouse",
            python,
            vec![front, folder, "--port".to_owned(), place.port("clickhouse").to_string()],
        ));
    }
    Ok(all)
}

fn collector(place: &Place, programs: &Programs) -> anyhow::Result<Process> {
    let logs = place.folder("logs");
    let tails = [
        format!("gateway=access:{}", logs.join("gateway-access.log").display()),
        format!("gateway=nginx:{}", logs.join("gateway-error.log").display()),
        format!("shop-db=postgres:{}", place.folder("postgres/log/shop.json").display()),
        format!("shop-cache=redis:{}", logs.join("shop-cache.log").display()),
        format!("order-queue=redis:{}", logs.join("order-queue.log").display()),
    ];
    let mut arguments = vec!["receiver".to_owned()];
    let mut give = |name: &str, value: String| arguments.extend([format!("--{name}"), value]);
    give("listen", place.address("otlp"));
    give("metrics", place.address("agent"));
    give("folder", place.folder("telemetry").display().to_string());
    if programs.chdb().is_some() {
        give("clickhouse", format!("http://{}/", place.address("clickhouse")));
    }
    for tail in tails {
        give("tail", tail);
    }
    let run = place.run.file_name().unwrap_or_default().to_string_lossy();
    for folder in [
        format!("/sys/fs/cgroup/cpu/nightjar-lab-{run}"),
        format!("/sys/fs/cgroup/nightjar-lab-{run}"),
    ] {
        if PathBuf::from(&folder).is_dir() {
            give("groups", folder);
            break;
        }
    }
    own("receiver", arguments)
}

fn shop(place: &Place, programs: &Programs) -> anyhow::Result<Vec<Process>> {
    let mut all = Vec::new();
    for name in ["catalog", "cart", "orders", "worker", "storefront"] {
        let mut hosts = vec![format!("order-queue={}", place.address("order-queue"))];
        for (from, to) in LINKS {
            if from == name {
                hosts.push(format!("{to}={}", place.address(&format!("{from}-{to}"))));
            }
        }
        let password = match name {
            "catalog" => PASSWORDS.first(),
            _ => PASSWORDS.last(),
        };
        let mut service = own(name, vec!["service".to_owned(), name.to_owned()])?;
        service.is_service = true;
        service.environment = vec![
            ("LAB_CONFIG".to_owned(), place.deploy().join(name).display().to_string()),
            ("LAB_LISTEN".to_owned(), place.address(name)),
            ("LAB_HOSTS".to_owned(), hosts.join(",")),
            ("LAB_OTLP".to_owned(), format!("http://{}", place.address("otlp"))),
            ("LAB_PASSWORD".to_owned(), password.map_or("", |(_, password)| password).to_owned()),
        ];
        if name == "orders" {
            let volume = place.folder("volumes/orders").display().to_string();
            service.environment.push(("LAB_VOLUME".to_owned(), volume));
        }
        all.push(service);
    }
    let conf = place.folder("etc/nginx.conf").display().to_string();
    let errors = place.folder("logs/gateway-error.log").display().to_string();
    all.push(process(
        "gateway",
        programs.known("nginx"),
        vec!["-c".into(), conf, "-e".into(), errors],
    ));
    Ok(all)
}

fn monitoring(place: &Place, programs: &Programs) -> anyhow::Result<Vec<Process>> {
    let listen = |name: &str| format!("--web.listen-address={}", place.address(name));
    let etc = |name: &str| place.folder("etc").join(name).display().to_string();
    let exporter = |name: &str, program: &str, arguments: Vec<String>| {
        process(name, programs.known(program), arguments)
    };
    let mut node: Vec<String> =
        vec!["--collector.disable-defaults".into(), listen("node-exporter")];
    for collector in [
        "cpu",
        "meminfo",
        "filesystem",
        "loadavg",
        "pressure",
        "diskstats",
        "netdev",
        "stat",
        "uname",
    ] {
        node.push(format!("--collector.{collector}"));
    }
    let mut database = exporter(
        "postgres-exporter",
        "prometheus-postgres-exporter",
        vec![listen("postgres-exporter"), format!("--extend.query-path={}", etc("statements.yml"))],
    );
    let source = format!("postgresql://postgres@{}/shop?sslmode=disable", place.address("shop-db"));
    database.environment = vec![("DATA_SOURCE_NAME".to_owned(), source)];
    let redis = |name: &str, server: &str| {
        let address = format!("redis://{}", place.address(server));
        let arguments = vec![
            "-web.listen-address".into(),
            place.address(name),
            "-redis.addr".into(),
            address,
            "-check-single-keys".into(),
            "db0=orders".into(),
        ];
        exporter(name, "prometheus-redis-exporter", arguments)
    };
    let nginx = vec![
        listen("nginx-exporter"),
        format!("-nginx.scrape-uri=http://{}/status", place.address("status")),
    ];
    let nginx = nginx.into_iter().map(|word| word.replace("--web", "-web")).collect();
    let templates = place.folder("work/alertmanager");
    if programs.templates().is_dir() {
        std::os::unix::fs::symlink(programs.templates(), &templates)?;
    }
    let load = vec![
        "load".into(),
        "--gateway".into(),
        place.address("gateway"),
        "--authority".into(),
        place.tls().join("authority.pem").display().to_string(),
        "--factor".into(),
        place.folder("load-factor").display().to_string(),
    ];
    Ok(vec![
        exporter("node-exporter", "prometheus-node-exporter", node),
        database,
        redis("cache-exporter", "shop-cache"),
        redis("queue-exporter", "order-queue"),
        exporter("nginx-exporter", "prometheus-nginx-exporter", nginx),
        exporter(
            "blackbox",
            "prometheus-blackbox-exporter",
            vec![listen("blackbox"), format!("--config.file={}", etc("blackbox.yml"))],
        ),
        exporter(
            "alertmanager",
            "prometheus-alertmanager",
            vec![
                format!("--config.file={}", etc("alertmanager.yml")),
                "--storage.path=alertmanager-data".into(),
                listen("alertmanager"),
                "--cluster.listen-address=".into(),
            ],
        ),
        exporter(
            "prometheus",
            "prometheus",
            vec![
                format!("--config.file={}", etc("prometheus.yml")),
                "--storage.tsdb.path=prometheus-data".into(),
                listen("prometheus"),
                "--web.enable-lifecycle".into(),
                "--rules.alert.resend-delay=5s".into(),
            ],
        ),
        own("load", load)?,
    ])
}
