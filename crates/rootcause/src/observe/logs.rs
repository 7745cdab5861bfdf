//! Logs: lines of a kind never seen before, and bursts of a known kind.
//!
//! Lines are counted by template. Lines written within a span are compared per call of its operation
//! (`log_mix.rs`); here they count only as warnings and errors.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{Content, Direction, EvidenceId, LogRecord, LogSeverity, ObservationKind};
use nightjar_series::count::poisson_z;
use nightjar_templates::{Limits, TemplateId, mine};
use nightjar_topology::EntityId;

use super::{About, Draft, View, between};
use crate::thresholds as limit;

struct Count<'a> {
    before: f64,
    during: f64,
    severity: LogSeverity,
    first: Option<Timestamp>,
    example: &'a str,
    evidence: EvidenceId,
}

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "logs",
    kind: ObservationKind::Logs,
    measured: "lines by template since the onset against before",
    unit: "{line}",
    thresholds: &[limit::LOG_Z, limit::LOG_Z_INFO, limit::LINES_IN_BUNCHES],
    method: "templates by Drain (He et al., ICWS 2017); signed root of the deviance of a Poisson count with a doubled variance (Pierce and Schafer, JASA 1986)",
    reason: "lines come in bunches and with the traffic, so informational ones must change a lot",
    means: "the program met something it does not usually meet",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut counts: BTreeMap<(EntityId, TemplateId), Count<'_>> = BTreeMap::new();
    let mut earliest: Option<Timestamp> = None;
    let pieces = view.case.evidence.iter().filter_map(|piece| match &piece.content {
        Content::Logs(lines) => Some((piece, lines)),
        Content::Series(_)
        | Content::Spans(_)
        | Content::Changes(_)
        | Content::Inventory(_)
        | Content::Text(_) => None,
    });
    let is_counted = |line: &&LogRecord| {
        line.span_id.is_none() || view.operations.is_none() || line.severity >= LogSeverity::Warn
    };
    let counted = || pieces.clone().flat_map(|(_, lines)| lines.iter().filter(is_counted));
    let mined = mine(counted().map(|line| line.body.as_str()), Limits::default());
    let mut templates = mined.of_line.iter();
    for (piece, lines) in pieces.clone() {
        for line in lines.iter().filter(is_counted) {
            let template = templates.next().copied().unwrap_or(TemplateId::OTHER);
            earliest = Some(earliest.map_or(line.at, |at| at.min(line.at)));
            let key = (line.entity.clone(), template);
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
        let z = poisson_z(count.during, expected.max(0.5), limit::LINES_IN_BUNCHES.value);
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
