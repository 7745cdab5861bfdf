use crate::Error;

/// How much of a capsule is read at most. A capsule may come from a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line; a longer one is skipped with a note. The file exporter writes one request per
    /// line, at most 4 MiB by default settings of gRPC, so 16 MiB is generous.
    pub line_bytes: usize,
    /// All files together, decompressed.
    pub total_bytes: u64,
    /// Samples of metrics, and buckets of histograms.
    pub samples: u64,
    /// Log lines.
    pub log_lines: u64,
    /// Spans.
    pub spans: u64,
    /// Alerts and changes together.
    pub records: u64,
    /// Bytes of alerts, changes and journal entries together. As JSON in memory they take many
    /// times that.
    pub record_bytes: u64,
    /// Bytes of the investigations of a kept result.
    pub result_bytes: u64,
    /// Notes kept per file; the rest is counted.
    pub notes_per_file: usize,
    /// Largest zstd window, as a power of two: 23 is the 8 MiB that RFC 8878 (3.1.1.1.2) asks every
    /// decoder to support.
    pub zstd_window_log: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 16 << 20,
            total_bytes: 4 << 30,
            samples: 50_000_000,
            log_lines: 5_000_000,
            spans: 5_000_000,
            records: 1_000_000,
            record_bytes: 1 << 30,
            result_bytes: 1 << 30,
            notes_per_file: 50,
            zstd_window_log: 23,
        }
    }
}

impl Limits {
    /// For a capsule that anyone may send: it must fit into the memory of a small server, several
    /// of them at once.
    pub fn upload() -> Self {
        Self {
            line_bytes: 4 << 20,
            total_bytes: 1 << 30,
            samples: 10_000_000,
            log_lines: 1_000_000,
            spans: 1_000_000,
            records: 100_000,
            record_bytes: 64 << 20,
            result_bytes: 128 << 20,
            ..Self::default()
        }
    }
}

/// What was read so far, against the limits.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    bytes: u64,
    log_lines: u64,
    spans: u64,
    records: u64,
    record_bytes: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, bytes: 0, log_lines: 0, spans: 0, records: 0, record_bytes: 0 }
    }

    pub(crate) fn bytes(&mut self, file: &str, amount: u64) -> Result<(), Error> {
        spend(&mut self.bytes, amount, self.limits.total_bytes, file, "decompressed bytes")
    }

    pub(crate) fn log_lines(&mut self, file: &str, amount: usize) -> Result<(), Error> {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        spend(&mut self.log_lines, amount, self.limits.log_lines, file, "log lines")
    }

    pub(crate) fn spans(&mut self, file: &str, amount: usize) -> Result<(), Error> {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        spend(&mut self.spans, amount, self.limits.spans, file, "spans")
    }

    pub(crate) fn record(&mut self, file: &str, text: &str) -> Result<(), Error> {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let most = self.limits.record_bytes;
        spend(&mut self.record_bytes, bytes, most, file, "bytes of alerts, changes and entries")?;
        spend(&mut self.records, 1, self.limits.records, file, "alerts, changes and entries")
    }
}

fn spend(
    spent: &mut u64,
    amount: u64,
    limit: u64,
    file: &str,
    what: &'static str,
) -> Result<(), Error> {
    *spent = spent.saturating_add(amount);
    if *spent > limit {
        return Err(Error::TooLarge { file: file.to_owned(), what, limit });
    }
    Ok(())
}
