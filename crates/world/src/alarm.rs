//! What monitoring systems would send: rules evaluated on the emitted metrics, never on the truth,
//! in the payloads of four tools.

mod cloudwatch;
mod datadog;
mod pagerduty;
pub(crate) mod rule;
mod servicenow;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::RawAlert;
use nightjar_topology::Entity;

pub(crate) use self::rule::DISK;
use self::rule::{Measures, Rule, Tool};
use crate::Recipe;
use crate::dice::{Dice, Purpose};
use crate::event::Edit;
use crate::number::micros;
use crate::system::{Node, System};
use crate::table::Ref;
use crate::telemetry::Clock;

/// Samples below the threshold after which an alarm is over.
const CALM_SAMPLES: usize = 3;

/// A rule that began or ceased to hold.
struct Transition<'a> {
    rule: &'a Rule,
    entity: &'a Entity,
    /// The same for the beginning and the end of one alarm.
    number: u64,
    is_firing: bool,
    /// When the rule began to hold.
    since: Timestamp,
    /// When the tool noticed.
    at: Timestamp,
    value: f64,
}

/// All messages in the order of their arrival.
pub(crate) fn alerts(
    recipe: &Recipe,
    mut rules: Vec<Rule>,
    system: &System,
    metrics: &Measures<'_>,
    clock: &Clock,
) -> Vec<RawAlert> {
    let mut dice = Dice::new(recipe.seed, Purpose::Alarms);
    let mut alerts = Vec::new();
    let onset = recipe.onset(clock.start).as_millisecond();
    if let Some(kind) = recipe.false_alarm {
        rules.extend(rule::too_tight(kind, system, metrics, onset));
    }
    let nodes = system.nodes.iter().map(|(_, node)| &node.entity);
    let hosts = system.hosts.iter().map(|(_, host)| &host.entity);
    let entities: BTreeMap<_, _> = nodes.chain(hosts).map(|entity| (&entity.id, entity)).collect();
    for rule in &rules {
        if let Some(entity) = entities.get(&rule.entity) {
            alerts.extend(messages(rule, entity, clock, &mut dice));
        }
    }
    let end = clock.timestamp(clock.end());
    alerts.retain(|alert| alert.received_at < end);
    alerts.sort_by_key(|alert| alert.received_at);
    alerts
}

fn messages(rule: &Rule, entity: &Entity, clock: &Clock, dice: &mut Dice) -> Vec<RawAlert> {
    let step = SignedDuration::from_millis(
        i64::try_from(micros(clock.step) / 1000).expect("invariant: a step is minutes"),
    );
    let mut messages = Vec::new();
    let (mut above, mut below) = (0, 0);
    let mut firing: Option<(u64, Timestamp)> = None;
    for &(millis, value) in &rule.values {
        let Ok(sample) = Timestamp::from_millisecond(millis) else { continue };
        let end = sample + step;
        if value > rule.threshold {
            (above, below) = (above + 1, 0);
        } else {
            (above, below) = (0, below + 1);
        }
        let (number, since, is_firing) = match firing {
            None if above >= rule.samples => {
                let number = 10_000_000 + dice.below(80_000_000);
                firing = Some((number, end));
                (number, end, true)
            }
            Some((number, since)) if below >= CALM_SAMPLES => {
                firing = None;
                (number, since, false)
            }
            None | Some(_) => continue,
        };
        let at = end + SignedDuration::from_secs(2 + seconds(dice.between(0.0, 8.0)));
        let way = seconds(dice.between(0.0, 25.0) + rule.late_seconds);
        let received_at = at + SignedDuration::from_secs(1 + way);
        let transition = Transition { rule, entity, number, is_firing, since, at, value };
        let (provider, payload) = match rule.tool {
            Tool::CloudWatch => ("cloudwatch", cloudwatch::payload(&transition)),
            Tool::Datadog => ("datadog", datadog::payload(&transition)),
            Tool::PagerDuty => ("pagerduty", pagerduty::payload(&transition)),
            Tool::ServiceNow => ("servicenow", servicenow::payload(&transition)),
        };
        messages.push(RawAlert { provider: Some(provider.into()), received_at, payload });
    }
    messages
}

fn seconds(value: f64) -> i64 {
    i64::try_from(micros(value) / 1_000_000).unwrap_or(0)
}

/// The short trouble behind a false alarm: one service has more to do for a minute and a half.
pub(crate) fn blip(system: &System, guilty: &[Ref<Node>], at: f64) -> Vec<Edit> {
    let Some(node) = rule::busiest(system, guilty) else { return Vec::new() };
    let times = move |factor: f64| move |system: &mut System| system.nodes[node].work *= factor;
    vec![Edit::silent(at + 5.0, times(2.5)), Edit::silent(at + 95.0, times(1.0 / 2.5))]
}
