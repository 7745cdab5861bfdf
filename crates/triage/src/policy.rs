use jiff::SignedDuration;

/// When alerts belong together: limits, and weights in log-odds (natural logarithm).
///
/// The weights add up from [`prior`](Self::prior); at or above
/// [`link_threshold`](Self::link_threshold) an alert is linked. They are judgements, set so that
/// the cases in this crate's tests come out as an on-call engineer would decide; each says which
/// case it settles. They stand here and nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long after its last news an incident still takes alerts. 20 minutes: long enough for
    /// monitors that average over 15 minutes, short enough that the next incident is its own.
    pub lookback: SignedDuration,
    /// How long an incident stays open after the last of its alerts was resolved. 5 minutes: a
    /// monitor that flaps (memory that climbs and falls with each restart) is one incident.
    pub settling: SignedDuration,
    /// Log-odds from which an alert is linked. 0.5 is a probability of 0.62: a wrongly linked
    /// alert misleads one investigation, a wrongly separate one costs a second look.
    pub link_threshold: f64,
    /// Log-odds that an alert belongs to a given open incident before anything is compared. −2 is
    /// one in eight: estates have background alerts all the time.
    pub prior: f64,
    /// How many relations a fault is followed. 4 covers entrance → front → service → function →
    /// table; beyond, nearly everything is connected with everything.
    pub max_hops: usize,
    /// From how many members on an entity is a crowd: sharing it says little. A host runs some
    /// tens of things that may suffer together; accounts and shared platforms hold hundreds.
    pub crowd: usize,
    /// From how many members on a *shared* supplier or caller says little. Lower than
    /// [`crowd`](Self::crowd), since neither alert is about the shared entity itself.
    pub shared_crowd: usize,
    /// An alerting entity is the same (index 0) or that many relations up or down the chain of
    /// dependencies. Falls by about the share of a fault that is left after each relation: a direct
    /// dependency links over the whole lookback, four relations only within two minutes.
    pub by_hops: [f64; 5],
    /// Taken off for each crowd that the chain leads through: a fault behind an entity with
    /// hundreds of members is one of hundreds.
    pub through_crowd: f64,
    /// Taken off where the chain hangs on running on a crowded host, or ends at an account, region
    /// or stack: links only what began at the same time and has more in common.
    pub grouping: f64,
    /// Both need the same supplier, which may be what is wrong. Links within five minutes.
    pub shared_supplier: f64,
    /// Both are needed by the same caller, which may send more to both. Too little by itself.
    pub shared_caller: f64,
    /// All they share is a crowd. Not enough even at the same moment.
    pub shared_crowd_only: f64,
    /// Both are known and no chain connects them: apart unless an unusual lot speaks for it.
    pub unrelated: f64,
    /// As [`unrelated`](Self::unrelated), where the topology knows no relation of one of them at
    /// all, so that the absence of a chain tells less.
    pub unrelated_isolated: f64,
    /// Onsets up to so far apart (first) weigh this much (second); the first row that fits counts.
    /// Faults of requests travel within a minute, monitors add one to five.
    pub by_onset_gap: [(SignedDuration, f64); 4],
    /// Onsets further apart than any row: something chronic that spoke up by chance. Repeats keep
    /// an incident open for hours; then the same entity still links, and a direct dependency
    /// doesn't, though both have environment, region and signal in common.
    pub far_onset: f64,
    /// The same service is named by both, where the topology doesn't know one of them.
    pub same_service: f64,
    /// The same namespace.
    pub same_namespace: f64,
    /// The same cluster; most estates have few.
    pub same_cluster: f64,
    /// Another cluster.
    pub other_cluster: f64,
    /// The same environment; nearly all alerts are of production, so it says little.
    pub same_environment: f64,
    /// Another environment: staging doesn't take production down.
    pub other_environment: f64,
    /// The same region; most estates have one.
    pub same_region: f64,
    /// Another region: faults that cross regions are rare.
    pub other_region: f64,
    /// For each uncommon word in both texts.
    pub shared_word: f64,
    /// The most that words count.
    pub shared_words_most: f64,
    /// A word in the names of more entities than this is common in this estate.
    pub common_word: usize,
    /// A word that more open incidents than this say doesn't tell them apart: in a storm the
    /// templates of senders are in all of them.
    pub common_to_incidents: usize,
    /// The same signal is abnormal.
    pub same_signal: f64,
    /// One is about a disk filling and the other isn't, on entities that aren't neighbours: a
    /// slow condition with a cause of its own.
    pub disk_apart: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            lookback: SignedDuration::from_mins(20),
            settling: SignedDuration::from_mins(5),
            link_threshold: 0.5,
            prior: -2.0,
            max_hops: 4,
            crowd: 50,
            shared_crowd: 20,
            by_hops: [4.0, 3.5, 2.8, 2.0, 1.2],
            through_crowd: -0.8,
            grouping: -2.0,
            shared_supplier: 1.8,
            shared_caller: 0.4,
            shared_crowd_only: -1.5,
            unrelated: -2.5,
            unrelated_isolated: -1.0,
            by_onset_gap: [
                (SignedDuration::from_mins(2), 1.5),
                (SignedDuration::from_mins(5), 1.0),
                (SignedDuration::from_mins(10), 0.3),
                (SignedDuration::from_mins(20), -0.5),
            ],
            far_onset: -2.0,
            same_service: 1.0,
            same_namespace: 0.4,
            same_cluster: 0.3,
            other_cluster: -0.7,
            same_environment: 0.2,
            other_environment: -3.0,
            same_region: 0.2,
            other_region: -1.0,
            shared_word: 0.4,
            shared_words_most: 1.2,
            common_word: 10,
            common_to_incidents: 1,
            same_signal: 0.3,
            disk_apart: -1.5,
        }
    }
}
