//! Logs: lines of a kind never seen before, and bursts of a known kind.
//!
//! Lines are counted by template: the line with everything that varies from one to the next
//! (numbers, ids, addresses, quoted values) masked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{Content, Direction, EvidenceId, LogSeverity, ObservationKind};
use nightjar_topology::EntityId;

use super::{Draft, View, between};
use crate::thresholds as limit;

struct Count<'a> {
    before: f64,
    during: f64,
    severity: LogSeverity,
    first: Option<Timestamp>,
    example: &'a str,
    evidence: EvidenceId,
}

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut counts: BTreeMap<(EntityId, String), Count<'_>> = BTreeMap::new();
    let mut earliest: Option<Timestamp> = None;
    for piece in view.case.evidence {
        let Content::Logs(lines) = &piece.content else { continue };
        for line in lines {
            earliest = Some(earliest.map_or(line.at, |at| at.min(line.at)));
            let key = (line.entity.clone(), template(&line.body));
            let count = counts.entry(key).or_insert_with(|| Count {
                before: 0.0,
                during: 0.0,
                severity: line.severity,
                first: None,
                example: &line.body,
                evidence: piece.id.clone(),
            });
            count.severity = count.severity.max(line.severity);
            if line.at >= view.onset {
                count.during += 1.0;
                let first = count.first.unwrap_or(line.at);
                count.first = Some(first.min(line.at));
            } else {
                count.before += 1.0;
            }
        }
    }
    let span = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64().max(1.0);
    let Some(earliest) = earliest else { return Vec::new() };
    // Without lines of before there is nothing to compare with.
    if earliest >= view.onset {
        return Vec::new();
    }
    let ratio = span(view.onset, view.case.now) / span(earliest, view.onset);
    let mut found = Vec::new();
    for ((entity, _), count) in counts {
        let expected = count.before * ratio;
        // Poisson with a doubled variance: lines come in bunches.
        let z = (count.during - expected) / (2.0 * expected.max(0.5)).sqrt();
        let is_bad = count.severity >= LogSeverity::Warn;
        let enough = if is_bad { limit::LOG_Z } else { limit::LOG_Z_INFO };
        let Some(first) = count.first.filter(|_| z >= enough.value) else { continue };
        let appeared = count.before == 0.0;
        let example: String = count.example.chars().take(160).collect();
        let often = if appeared { "new" } else { "many more" };
        found.push(Draft {
            entity: entity.clone(),
            peer: None,
            kind: ObservationKind::Logs,
            signal: None,
            stated: None,
            direction: if appeared { Direction::Appeared } else { Direction::Up },
            onset: between(None, first.as_millisecond()),
            usual: expected,
            seen: count.during,
            unit: "{line}".to_owned(),
            z: z * if is_bad { 1.0 } else { 0.5 },
            summary: format!("{often} log lines of `{entity}` ({:.0}): {example}", count.during),
            evidence: vec![count.evidence],
        });
    }
    found.sort_by(|a, b| b.z.total_cmp(&a.z));
    found.truncate(limit::MAX_LOG_OBSERVATIONS);
    found
}

/// The line with what varies masked: words that hold a digit, and quoted or bracketed values.
fn template(body: &str) -> String {
    let mut out = String::with_capacity(body.len().min(256));
    for word in body.split_whitespace().take(24) {
        if !out.is_empty() {
            out.push(' ');
        }
        for (index, part) in word.split(['=', ':', ',', '(', ')', '[', ']', '/', '"']).enumerate() {
            if index > 0 {
                out.push(' ');
            }
            let varies = part.bytes().any(|byte| byte.is_ascii_digit());
            out.push_str(if varies { "*" } else { part });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn lines_that_differ_in_their_values_share_a_template() {
        assert_eq!(
            template("timeout after 5000ms for order=77 [conn 12]"),
            template("timeout after 250ms for order=4 [conn 9]")
        );
        assert_ne!(template("timeout waiting"), template("connection refused"));
    }
}
