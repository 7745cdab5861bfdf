//! Lines as many systems write them, each with the template it was made from. The wording is our
//! own; what varies in it varies the way it does in life, words without digits included.

/// A system: how it begins a line, and the lines it knows (the most frequent first).
struct System {
    prefix: &'static str,
    lines: &'static [&'static str],
}

const SYSTEMS: &[System] = &[
    System {
        prefix: "",
        lines: &[
            "{ip} - - [{day}/Mar/2026:{clock} +0000] \"{verb} {path} HTTP/1.1\" {status} {n} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" {dec}",
            "{ip} - {user} [{day}/Mar/2026:{clock} +0000] \"{verb} {path} HTTP/2.0\" {status} {n} \"https://shop.example/{user}\" \"curl/8.{n}\" {dec}",
        ],
    },
    System {
        prefix: "{date} {clock} [error] {n}#{n}: *{n} ",
        lines: &[
            "connect() failed (111: Connection refused) while connecting to upstream, client: {ip}, server: _, request: \"{verb} {path} HTTP/1.1\", upstream: \"http://{ip}:{n}{path}\", host: \"shop.example\"",
            "upstream timed out (110: Connection timed out) while reading response header from upstream, client: {ip}, server: _, request: \"{verb} {path} HTTP/1.1\"",
            "open() \"{path}\" failed (2: No such file or directory), client: {ip}",
        ],
    },
    System {
        prefix: "{date}T{clock}.{n}Z ",
        lines: &[
            "INFO [http-nio-8080-exec-{n}] c.e.shop.OrderController : placing order {uuid} of customer {user} for {dec} EUR",
            "INFO [http-nio-8080-exec-{n}] c.e.shop.OrderController : order {uuid} placed in {n} ms",
            "DEBUG [scheduler-{n}] c.e.shop.StockJob : {n} articles below minimum",
            "WARN [HikariPool-1 housekeeper] c.z.h.pool.PoolBase : pool is short of connections: total={n}, active={n}, idle={n}, waiting={n}",
            "WARN [http-nio-8080-exec-{n}] c.e.shop.PaymentClient : payment provider answered {status} after {n} ms, attempt {n} of 3",
            "ERROR [http-nio-8080-exec-{n}] c.e.shop.OrderController : order {uuid} failed\njava.lang.IllegalStateException: no stock for {hex}\n\tat com.example.shop.Stock.take(Stock.java:{n})\n\tat com.example.shop.OrderController.place(OrderController.java:{n})",
            "ERROR [http-nio-8080-exec-{n}] o.a.c.c.C.[dispatcherServlet] : Servlet threw exception java.net.SocketTimeoutException: Read timed out",
            "INFO [main] c.e.shop.Application : started in {dec} seconds (process running for {dec})",
            "INFO [kafka-{n}] c.e.shop.Events : consumed {n} events of topic {topic} partition {n} up to offset {n}",
        ],
    },
    System {
        prefix: "{date} {clock}.{n} UTC [{n}] ",
        lines: &[
            "LOG:  checkpoint complete: wrote {n} buffers ({dec}%); {n} WAL file(s) added, {n} removed, {n} recycled; write={dec} s, sync={dec} s, total={dec} s",
            "LOG:  checkpoint starting: time",
            "LOG:  duration: {dec} ms  statement: SELECT * FROM orders WHERE id = {n}",
            "ERROR:  deadlock detected",
            "DETAIL:  Process {n} waits for ShareLock on transaction {n}; blocked by process {n}.",
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "ERROR:  duplicate key value violates unique constraint \"orders_pkey\"",
            "LOG:  automatic vacuum of table \"shop.public.{topic}\": index scans: {n}",
            "FATAL:  password authentication failed for user \"{user}\"",
            "LOG:  connection authorized: user={user} database=shop application_name=api",
        ],
    },
    System {
        prefix: "I0{day}{n} {clock}.{n} {n} ",
        lines: &[
            "kubelet.go:{n}] \"SyncLoop (PLEG): event for pod\" pod=\"shop/{pod}\" event={\"ID\":\"{uuid}\",\"Type\":\"ContainerStarted\",\"Data\":\"{hex}\"}",
            "kubelet.go:{n}] \"Killing container with a grace period\" pod=\"shop/{pod}\" containerName=\"server\" gracePeriod={n}",
            "prober.go:{n}] \"Probe failed\" probeType=\"Readiness\" pod=\"shop/{pod}\" probeResult=\"failure\" output=\"HTTP probe failed with statuscode: {status}\"",
            "scheduler.go:{n}] \"Successfully bound pod to node\" pod=\"shop/{pod}\" node=\"{node}\" evaluatedNodes={n}",
            "eviction_manager.go:{n}] eviction manager: attempting to reclaim memory on {node}",
        ],
    },
    System {
        prefix: "",
        lines: &[
            "{\"level\":\"info\",\"ts\":{dec},\"caller\":\"cart/server.go:{n}\",\"msg\":\"item added\",\"user\":\"{user}\",\"quantity\":{n}}",
            "{\"level\":\"info\",\"ts\":{dec},\"caller\":\"cart/server.go:{n}\",\"msg\":\"cart emptied\",\"user\":\"{user}\"}",
            "{\"level\":\"warn\",\"ts\":{dec},\"caller\":\"cart/redis.go:{n}\",\"msg\":\"slow answer of the store: {n}ms\",\"key\":\"{hex}\"}",
            "{\"level\":\"error\",\"ts\":{dec},\"caller\":\"cart/redis.go:{n}\",\"msg\":\"cannot reach {ip}:6379: i/o timeout\"}",
            "{\"severity\":\"INFO\",\"message\":\"[PlaceOrder] user_id={uuid} user_currency={currency}\",\"timestamp\":\"{date}T{clock}Z\"}",
            "{\"severity\":\"INFO\",\"message\":\"payment went through (transaction_id: {uuid})\",\"timestamp\":\"{date}T{clock}Z\"}",
        ],
    },
    System {
        prefix: "time={date}T{clock}Z ",
        lines: &[
            "level=info msg=\"request finished\" method={verb} path={path} status={status} duration={dec}ms",
            "level=info msg=\"refreshing exchange rates\" source={node}",
            "level=warn msg=\"retrying call\" target={topic} attempt={n} backoff={n}ms",
            "level=error msg=\"giving up\" target={topic} err=\"context deadline exceeded\"",
        ],
    },
    System {
        prefix: "[{date} {clock},{n}] ",
        lines: &[
            "INFO [Log partition={topic}-{n}, dir=/var/lib/kafka] Rolled new log segment at offset {n} in {n} ms. (kafka.log.Log)",
            "INFO [GroupCoordinator {n}]: Member {user}-{uuid} in group {topic} has left, removing it from the group (kafka.coordinator.group.GroupCoordinator)",
            "WARN [ReplicaFetcher replicaId={n}, leaderId={n}] Error in response for fetch request (kafka.server.ReplicaFetcherThread)",
            "INFO [GroupCoordinator {n}]: Preparing to rebalance group {topic} in state {state} with old generation {n} (kafka.coordinator.group.GroupCoordinator)",
        ],
    },
    System {
        prefix: "Mar {day} {clock} {node} ",
        lines: &[
            "sshd[{n}]: Accepted publickey for {user} from {ip} port {n} ssh2",
            "sshd[{n}]: Failed password for invalid user {user} from {ip} port {n} ssh2",
            "kernel: [{dec}] Out of memory: Killed process {n} (java) total-vm:{n}kB, anon-rss:{n}kB",
            "systemd[1]: Started session {n} of user {user}.",
            "systemd[1]: Stopping session {n} of user {user}.",
            "CRON[{n}]: (root) CMD (/usr/local/bin/rotate {path})",
        ],
    },
    System {
        prefix: "{date} {clock},{n} ",
        lines: &[
            "INFO recommendation.server: listed {n} products for {city}",
            "INFO recommendation.server: cache hit",
            "INFO recommendation.server: cache miss",
            "ERROR recommendation.server: unhandled error\nTraceback (most recent call last):\n  File \"/app/server.py\", line {n}, in serve\nKeyError: '{user}'",
            "WARNING urllib3.connectionpool: Connection pool is full, discarding connection: {node}. Connection pool size: {n}",
        ],
    },
];

const USERS: [&str; 12] = [
    "ann", "boris", "chandra", "dilek", "emeka", "fatima", "goran", "hana", "ivo", "jun", "katya",
    "luis",
];
const CITIES: [&str; 6] = ["Lagos", "Hanoi", "New York", "Rio de Janeiro", "Oslo", "Quito"];
const TOPICS: [&str; 5] = ["orders", "payments", "mails", "stock", "returns"];

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): enough for made-up lines.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.roll(from.len() as u64)).unwrap_or(0);
        from.get(index).copied().unwrap_or("")
    }
}

/// Lines and the numbers of the templates they were made from.
pub(crate) fn lines(count: usize, seed: u64) -> Vec<(usize, String)> {
    let mut dice = Dice(seed);
    let all: Vec<(&System, &str, usize)> = SYSTEMS
        .iter()
        .flat_map(|system| {
            system.lines.iter().enumerate().map(move |(rank, line)| (system, *line, rank))
        })
        .collect();
    let mut made = Vec::with_capacity(count);
    while made.len() < count {
        let index = usize::try_from(dice.roll(all.len() as u64)).unwrap_or(0);
        let Some((system, line, rank)) = all.get(index) else { continue };
        // Frequencies fall with the rank, as they do in life.
        if dice.roll(*rank as u64 + 1) != 0 {
            continue;
        }
        let mut text = String::new();
        fill(system.prefix, &mut dice, &mut text);
        fill(line, &mut dice, &mut text);
        made.push((index, text));
    }
    made
}

/// Replaces the placeholders of a pattern.
fn fill(pattern: &str, dice: &mut Dice, out: &mut String) {
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = behind.split_once('}') else { break };
        if let Some(value) = value(name, dice) {
            out.push_str(&value);
            rest = after;
        } else {
            out.push('{');
            rest = behind;
        }
    }
    out.push_str(rest);
}

fn value(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
        "n" => dice.roll(5000).to_string(),
        "dec" => format!("{}.{:03}", dice.roll(900), dice.roll(1000)),
        "day" => (10 + dice.roll(18)).to_string(),
        "ip" => format!("10.{}.{}.{}", dice.roll(255), dice.roll(255), dice.roll(255)),
        "hex" => format!("{:016x}", dice.roll(u64::MAX)),
        "uuid" => format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            dice.roll(1 << 32),
            dice.roll(1 << 16),
            dice.roll(1 << 12),
            dice.roll(1 << 12),
            dice.roll(1 << 48)
        ),
        "date" => format!("2026-03-{:02}", 1 + dice.roll(28)),
        "clock" => format!("{:02}:{:02}:{:02}", dice.roll(24), dice.roll(60), dice.roll(60)),
        "path" => format!("/{}/{}", dice.pick(&TOPICS), dice.roll(300)),
        "pod" => {
            format!("{}-{:x}-{:05x}", dice.pick(&TOPICS), dice.roll(1 << 36), dice.roll(1 << 20))
        }
        "node" => format!("{}-{}", dice.pick(&["worker", "edge", "db"]), dice.roll(40)),
        "user" => dice.pick(&USERS).to_owned(),
        "city" => dice.pick(&CITIES).to_owned(),
        "topic" => dice.pick(&TOPICS).to_owned(),
        "verb" => dice.pick(&["GET", "GET", "POST", "PUT"]).to_owned(),
        "state" => dice.pick(&["Stable", "Empty", "CompletingRebalance"]).to_owned(),
        "status" => dice.pick(&["200", "200", "404", "500", "503"]).to_owned(),
        "currency" => dice.pick(&["EUR", "USD", "JPY", "CHF"]).to_owned(),
        _ => return None,
    })
}

/// Grouping accuracy (Zhu et al., "Tools and benchmarks for automated log parsing", ICSE-SEIP
/// 2019): the share of lines whose group is exactly the group of their true template.
pub(crate) fn grouping_accuracy<T: Ord + Copy>(truth: &[usize], found: &[T]) -> f64 {
    use std::collections::BTreeMap;
    let mut by_found: BTreeMap<T, BTreeMap<usize, usize>> = BTreeMap::new();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for (&truth, &found) in truth.iter().zip(found) {
        *by_found.entry(found).or_default().entry(truth).or_default() += 1;
        *sizes.entry(truth).or_default() += 1;
    }
    let right: usize = by_found
        .values()
        .filter_map(|group| match group.iter().next() {
            Some((truth, count)) if group.len() == 1 && sizes.get(truth) == Some(count) => {
                Some(*count)
            }
            Some(_) | None => None,
        })
        .sum();
    right as f64 / truth.len().max(1) as f64
}
