//! Two hours of a small shop, scraped every 15 seconds. In the last ten minutes `cart` fails and is slow, since the
//! database has no connection left.

use jiff::Timestamp;
use nightjar_incident::Window;

/// One series, with times in Unix seconds.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) samples: Vec<(i64, f64)>,
}

/// 2025-03-03T08:00:00Z: blocks begin at even hours.
pub(crate) const FROM: i64 = 1_740_988_800;
pub(crate) const TO: i64 = FROM + 7200;
/// When the trouble begins.
pub(crate) const SINCE: i64 = TO - 600;
const SCRAPE: i64 = 15;

/// A service whose name tries to be a query.
pub(crate) const ODD: &str = "od\"d}|a.*\\";

pub(crate) fn window() -> Window {
    let at = |second| Timestamp::from_second(second).unwrap();
    Window { from: at(FROM), to: at(TO) }
}

struct Shop {
    series: Vec<Series>,
}

impl Shop {
    fn add(&mut self, name: &str, labels: &[(&str, &str)], value: impl Fn(i64) -> f64) {
        let samples = (FROM..TO).step_by(15).map(|at| (at, value(at))).collect();
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.series.push(Series { name: name.to_owned(), labels, samples });
    }

    /// A counter that grows by what `rate` says of each second.
    fn count(&mut self, name: &str, labels: &[(&str, &str)], rate: impl Fn(i64) -> f64) {
        let mut total = 0.0;
        let mut totals = Vec::new();
        for at in (FROM..TO).step_by(15) {
            total += rate(at) * SCRAPE as f64;
            totals.push(total);
        }
        self.add(name, labels, |at| totals[usize::try_from((at - FROM) / SCRAPE).unwrap()]);
    }

    /// A histogram of 20 requests a second that take 50 ms, or 800 ms as told.
    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], is_slow: impl Fn(i64) -> bool) {
        for (le, slow) in [("0.1", 0.0), ("1.0", 20.0), ("+Inf", 20.0)] {
            let labels: Vec<(&str, &str)> = labels.iter().copied().chain([("le", le)]).collect();
            self.count(
                &format!("{name}_bucket"),
                &labels,
                |at| if is_slow(at) { slow } else { 20.0 },
            );
        }
        self.count(&format!("{name}_count"), labels, |_| 20.0);
        self.count(&format!("{name}_sum"), labels, |at| if is_slow(at) { 16.0 } else { 1.0 });
    }
}

fn is_bad(at: i64) -> bool {
    at >= SINCE
}

pub(crate) fn series() -> Vec<Series> {
    let mut shop = Shop { series: Vec::new() };
    let targets = [
        ("web", "10.0.0.1:8080"),
        ("cart", "10.0.0.2:8080"),
        ("node", "10.0.0.2:9100"),
        ("postgres", "10.0.0.3:9187"),
        ("redis", "10.0.0.3:9121"),
        (ODD, "10.0.0.9:80"),
    ];
    for (job, instance) in targets {
        shop.add("up", &[("job", job), ("instance", instance)], |_| 1.0);
    }
    let web = [("job", "web"), ("instance", "10.0.0.1:8080")];
    let cart = [("job", "cart"), ("instance", "10.0.0.2:8080")];
    let with = |base: [(&'static str, &'static str); 2], more: &[(&'static str, &'static str)]| {
        base.iter().chain(more).copied().collect::<Vec<_>>()
    };
    shop.count("http_requests_total", &with(cart, &[("code", "200")]), |at| {
        if is_bad(at) { 15.0 } else { 20.0 }
    });
    shop.count("http_requests_total", &with(cart, &[("code", "503")]), |at| {
        if is_bad(at) { 5.0 } else { 0.0 }
    });
    shop.histogram("http_request_duration_seconds", &cart, is_bad);
    shop.histogram("http_request_duration_seconds", &web, |_| false);
    let to_cart = with(web, &[("server_address", "10.0.0.2"), ("server_port", "8080")]);
    shop.histogram("http_client_request_duration_seconds", &to_cart, is_bad);
    shop.add("process_start_time_seconds", &cart, |at| {
        if is_bad(at) { SINCE as f64 - 5.0 } else { FROM as f64 - 1e6 }
    });
    // Nothing counts its periods until somebody gives it a limit, which holds it back at once.
    let indexer = [("job", "kubelet"), ("pod", "indexer-1"), ("container", "indexer")];
    for name in ["periods", "throttled_periods"] {
        let name = format!("container_cpu_cfs_{name}_total");
        shop.count(&name, &indexer, |at| if is_bad(at) { 10.0 } else { 0.0 });
    }
    let node = [("job", "node"), ("instance", "10.0.0.2:9100")];
    for (cpu, idle) in [("0", 0.9), ("1", 0.7)] {
        shop.count(
            "node_cpu_seconds_total",
            &with(node, &[("cpu", cpu), ("mode", "idle")]),
            move |_| idle,
        );
        shop.count(
            "node_cpu_seconds_total",
            &with(node, &[("cpu", cpu), ("mode", "user")]),
            move |_| 1.0 - idle,
        );
    }
    shop.add("node_memory_MemAvailable_bytes", &node, |_| 2e9);
    shop.add("node_memory_MemTotal_bytes", &node, |_| 8e9);
    let disk = with(node, &[("mountpoint", "/"), ("fstype", "ext4"), ("device", "/dev/vda")]);
    shop.add("node_filesystem_avail_bytes", &disk, |_| 1e10);
    shop.add("node_filesystem_size_bytes", &disk, |_| 4e10);
    // The exporter's own process isn't what it watches.
    shop.add("go_goroutines", &node, |_| 9.0);
    shop.add("process_start_time_seconds", &node, |_| 1.7e9);
    let postgres = [("job", "postgres"), ("instance", "10.0.0.3:9187")];
    let server = with(postgres, &[("server", "10.0.0.3:5432")]);
    for (database, usual) in [("shop", 15.0), ("postgres", 5.0)] {
        let labels: Vec<_> = server.iter().copied().chain([("datname", database)]).collect();
        shop.add("pg_stat_database_numbackends", &labels, move |at| {
            if is_bad(at) { 5.0 * usual } else { usual }
        });
    }
    shop.add("pg_settings_max_connections", &server, |_| 100.0);
    shop.count("pg_stat_database_deadlocks", &server, |_| 0.0);
    let redis = [("job", "redis"), ("instance", "10.0.0.3:9121")];
    shop.add("redis_memory_used_bytes", &redis, |_| 1e6);
    // No limit.
    shop.add("redis_memory_max_bytes", &redis, |_| 0.0);
    let probe = [("job", "blackbox"), ("instance", "https://shop.example")];
    shop.add("probe_ssl_earliest_cert_expiry", &probe, |_| TO as f64 + 86_400.0);
    shop.count(
        "http_requests_total",
        &[("job", ODD), ("instance", "10.0.0.9:80"), ("code", "200")],
        |_| 1.0,
    );
    // It died with the trouble: no sample since.
    let worker = [("job", "worker"), ("instance", "10.0.0.4:8080")];
    shop.add("process_resident_memory_bytes", &worker, |_| 5e7);
    if let Some(series) = shop.series.last_mut() {
        series.samples.retain(|(at, _)| !is_bad(*at));
    }
    cluster(&mut shop);
    shop.series
}

/// What kube-state-metrics tells of one deployment, of which a replica is missing in the end.
fn cluster(shop: &mut Shop) {
    let told_by = [("job", "kube-state-metrics"), ("instance", "10.0.0.2:8081")];
    let mut tell = |name: &str, labels: &[(&str, &str)], value: &dyn Fn(i64) -> f64| {
        let labels: Vec<(&str, &str)> = told_by.iter().chain(labels).copied().collect();
        shop.add(name, &labels, value);
    };
    let deployment = [("namespace", "shop"), ("deployment", "ship")];
    tell("kube_deployment_spec_replicas", &deployment, &|_| 2.0);
    tell("kube_deployment_status_replicas_available", &deployment, &|at| {
        if is_bad(at) { 1.0 } else { 2.0 }
    });
    let owner = [("replicaset", "ship-abc"), ("owner_kind", "Deployment"), ("owner_name", "ship")];
    tell("kube_replicaset_owner", &owner, &|_| 1.0);
    let pod = [
        ("pod", "ship-abc-1"),
        ("node", "n1"),
        ("pod_ip", "10.9.0.1"),
        ("created_by_kind", "ReplicaSet"),
        ("created_by_name", "ship-abc"),
    ];
    tell("kube_pod_info", &pod, &|_| 1.0);
    let container = [("namespace", "shop"), ("pod", "ship-abc-1"), ("container", "ship")];
    tell("kube_pod_container_status_restarts_total", &container, &|_| 3.0);
}

/// Many services that do as ever, and one among them that doesn't.
pub(crate) fn many(count: usize, odd: usize) -> Vec<Series> {
    let mut shop = Shop { series: Vec::new() };
    for number in 0..count {
        let (job, instance) =
            (format!("svc-{number:03}"), format!("10.1.{}.{}:80", number / 250, number % 250));
        let labels = [("job", job.as_str()), ("instance", instance.as_str())];
        shop.add("up", &labels, |_| 1.0);
        shop.histogram("http_request_duration_seconds", &labels, |at| number == odd && is_bad(at));
        shop.add("process_resident_memory_bytes", &labels, |at| 1e8 + (at % 7) as f64 * 1e5);
    }
    shop.series
}

/// Databases behind one job and programs behind another, told apart by labels of the team's own.
pub(crate) fn named() -> Vec<Series> {
    let mut shop = Shop { series: Vec::new() };
    let cart = [("job", "pods"), ("instance", "10.0.0.2:8080")];
    let mut labels = [cart[0], cart[1], ("team_service", "cart"), ("machine", "vm-2")];
    shop.add("process_resident_memory_bytes", &labels, |_| 5e7);
    labels[2].1 = "";
    labels[1].1 = "10.0.0.4:8080";
    labels[3].1 = "vm-4";
    shop.add("process_resident_memory_bytes", &labels, |_| 6e7);
    for (name, machine, server, count) in
        [("orders-db", "vm-2", "10.0.0.3:5432", 7.0), ("users-db", "vm-3", "localhost:5432", 9.0)]
    {
        let job = [("job", "postgres"), ("instance", "10.0.0.2:9187"), ("server", server)];
        let named = [("team_service", name), ("machine", machine), ("datname", "shop")];
        let labels: Vec<_> = job.into_iter().chain(named).collect();
        shop.add("pg_stat_database_numbackends", &labels, |_| count);
    }
    for (machine, instance, itself) in
        [("vm-2", "10.0.0.2:9100", "orange"), ("vm-3", "10.0.0.3:9100", "localhost")]
    {
        let labels = [("job", "node"), ("instance", instance), ("machine", machine)];
        let named = [labels[0], labels[1], labels[2], ("nodename", itself)];
        shop.add("node_uname_info", &named, |_| 1.0);
        shop.add("node_memory_MemAvailable_bytes", &labels, |_| 2e9);
        shop.add("node_memory_MemTotal_bytes", &labels, |_| 8e9);
    }
    // Whoever tells of nodes runs on one of them; they aren't called like it.
    let told_by =
        [("job", "kube-state-metrics"), ("instance", "10.0.0.2:8081"), ("machine", "vm-2")];
    let node = [("node", "n1"), ("condition", "Ready"), ("status", "true")];
    let labels: Vec<_> = told_by.into_iter().chain(node).collect();
    shop.add("kube_node_status_condition", &labels, |_| 1.0);
    shop.series
}
