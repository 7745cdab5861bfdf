//! Processor time of each service's control group, in the words of cAdvisor.

use std::fmt::Write as _;
use std::path::Path;

/// `# EOF` included: it is the end of the page.
pub(crate) fn text(folder: &Path) -> String {
    let mut groups: Vec<(String, Group)> = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            groups.push((
                entry.file_name().to_string_lossy().into_owned(),
                Group::read(&entry.path()),
            ));
        }
    }
    groups.sort_by(|one, other| one.0.cmp(&other.0));
    let mut text = String::new();
    let metrics: [(&str, &str, Measure); 6] = [
        ("container_cpu_usage_seconds_total", "counter", |group| Some(group.usage)),
        ("container_cpu_cfs_periods_total", "counter", |group| Some(group.periods)),
        ("container_cpu_cfs_throttled_periods_total", "counter", |group| Some(group.throttled)),
        ("container_cpu_cfs_throttled_seconds_total", "counter", |group| {
            Some(group.throttled_seconds)
        }),
        ("container_spec_cpu_quota", "gauge", |group| group.quota),
        ("container_spec_cpu_period", "gauge", |group| Some(group.period)),
    ];
    for (name, kind, value) in metrics {
        let family = name.strip_suffix("_total").unwrap_or(name);
        let _ = writeln!(text, "# TYPE {family} {kind}");
        for (service, group) in &groups {
            if let Some(value) = value(group) {
                let _ =
                    writeln!(text, "{name}{{container=\"{service}\",name=\"{service}\"}} {value}");
            }
        }
    }
    text + "# EOF\n"
}

/// One number of a group, where there is one.
type Measure = fn(&Group) -> Option<f64>;

/// Of one control group: seconds, counts, microseconds.
#[derive(Debug, Default, PartialEq)]
struct Group {
    usage: f64,
    periods: f64,
    throttled: f64,
    throttled_seconds: f64,
    quota: Option<f64>,
    period: f64,
}

impl Group {
    /// Version 1 or 2 of control groups; zero where neither is there.
    fn read(folder: &Path) -> Self {
        let file = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let stat = file("cpu.stat");
        let field = |name: &str| {
            let line = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(number).unwrap_or(0.0)
        };
        let max = file("cpu.max");
        let (quota, period) = match max.split_once(' ') {
            Some((quota, period)) => (number(quota), number(period)),
            None => (
                number(&file("cpu.cfs_quota_us")).filter(|quota| *quota > 0.0),
                number(&file("cpu.cfs_period_us")),
            ),
        };
        // The processor accounting of version 1 is a hierarchy of its own, beside that of the limits.
        let beside = folder.to_string_lossy().replace("/cgroup/cpu/", "/cgroup/cpuacct/");
        let nanoseconds = std::fs::read_to_string(Path::new(&beside).join("cpuacct.usage"));
        let usage = match nanoseconds {
            Ok(text) => number(&text).unwrap_or(0.0) / 1e9,
            Err(_) => field("usage_usec") / 1e6,
        };
        Self {
            usage,
            periods: field("nr_periods"),
            throttled: field("nr_throttled"),
            throttled_seconds: field("throttled_time") / 1e9 + field("throttled_usec") / 1e6,
            quota,
            period: period.unwrap_or(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_an_empty_page() {
        let page = text(Path::new("/nonexistent"));
        assert!(page.ends_with("# EOF\n") && !page.contains('{'));
    }

    #[test]
    fn the_second_version_is_read() {
        let folder =
            std::env::temp_dir().join(format!("nightjar-lab-group-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("catalog")).unwrap();
        std::fs::write(folder.join("catalog/cpu.max"), "20000 100000\n").unwrap();
        std::fs::write(
            folder.join("catalog/cpu.stat"),
            "usage_usec 1500000\nnr_periods 10\nnr_throttled 4\n",
        )
        .unwrap();
        let page = text(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(
            page.contains(
                "container_cpu_usage_seconds_total{container=\"catalog\",name=\"catalog\"} 1.5\n"
            ),
            "{page}"
        );
        assert!(
            page.contains(
                "container_spec_cpu_quota{container=\"catalog\",name=\"catalog\"} 20000\n"
            ),
            "{page}"
        );
    }
}
