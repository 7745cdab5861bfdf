//! What the kernel says of this process.

/// Used since the start, and now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    pub(crate) memory_bytes: i64,
    pub(crate) files: i64,
    pub(crate) threads: i64,
}

/// Clock ticks a second and bytes a page, as Linux has them on every machine the lab runs on.
const TICKS: f64 = 100.0;
const PAGE: i64 = 4096;

impl Usage {
    /// Zero where it can't be read.
    pub(crate) fn read() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        Self { files: i64::try_from(files).unwrap_or(i64::MAX), ..Self::parse(&stat) }
    }

    /// The line of `/proc/<pid>/stat`; the name in parentheses may hold anything.
    pub(crate) fn parse(stat: &str) -> Self {
        let Some((_, rest)) = stat.rsplit_once(") ") else { return Self::default() };
        let fields: Vec<i64> =
            rest.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or(0);
        Self {
            cpu_seconds: (field(11) + field(12)) as f64 / TICKS,
            threads: field(17),
            memory_bytes: field(21) * PAGE,
            files: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 3 0 1 1000 2 9";
        let usage = Usage::parse(stat);
        assert!((usage.cpu_seconds - 3.0).abs() < 1e-9);
        assert_eq!((usage.threads, usage.memory_bytes), (3, 8192));
        assert_eq!(Usage::parse("nonsense").threads, 0);
    }
}
