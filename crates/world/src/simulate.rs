use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{
    Change, ChangeId, Expectation, ExpectedCause, ExpectedVerdict, Recording, Window,
};
use nightjar_topology::EntityId;

use crate::alarm::rule::{self, Measures, Rule};
use crate::dice::{Dice, Purpose};
use crate::event::{self, Edit};
use crate::fault::{self, Planned};
use crate::number::micros;
use crate::system::{Node, Season, System};
use crate::table::Ref;
use crate::telemetry::{Clock, metrics};
use crate::{App, Decoy, Error, FalseAlarm, Recipe, alarm, app, background, decoy, flow};

/// Seconds simulated before the recording begins, so that it begins in the usual state.
const WARM_UP_SECONDS: f64 = 120.0;

/// Requests to the shop that are followed one by one, all nodes together; more are solved as flows.
/// A million takes about a second.
const MOST_VISITS: f64 = 1e6;
/// The same for estates, of which many are made at a time.
const MOST_VISITS_OF_ESTATE: f64 = 2e5;
/// An unrelated disk is full so long after the onset.
const UNRELATED_AFTER_SECONDS: f64 = 100.0;

/// Runs a recipe; the recording begins at `start`, the faults `minutes_before` later.
pub fn simulate(recipe: &Recipe, start: Timestamp) -> Result<Recording, Error> {
    simulate_watched(recipe, start, rule::usual)
}

/// As [`simulate`], with the alert rules that `watch` sets up.
pub(crate) fn simulate_watched(
    recipe: &Recipe,
    start: Timestamp,
    watch: impl Fn(&System, &Measures<'_>) -> Vec<Rule>,
) -> Result<Recording, Error> {
    let plan = plan(recipe, start)?;
    let Plan { system, clock, edits, .. } = &plan;
    let seconds = clock.step * f64::from(clock.steps);
    let visits = system.rates().iter().map(|(_, rate)| rate * seconds).sum::<f64>();
    let most = match recipe.app {
        App::Shop => MOST_VISITS,
        App::Estate { .. } => MOST_VISITS_OF_ESTATE,
    };
    let measured = if visits <= most {
        event::run(system.clone(), edits, clock, recipe.seed)
    } else {
        flow::run(system.clone(), edits, clock, recipe.seed)
    };
    let mut settled = system.clone();
    for edit in edits {
        (edit.apply)(&mut settled);
    }
    let metrics = metrics(system, &settled, &measured.frames, clock, (recipe.detail, recipe.seed));
    let measures = Measures::new(&metrics);
    let onset = recipe.onset(start).as_millisecond();
    let mut rules = watch(system, &measures);
    rules.retain(|rule| decoy::is_watched(recipe, system, &plan.guilty_entities, &rule.entity));
    if recipe.decoys.contains(&Decoy::RecoveredAlert) {
        rules.extend(decoy::recovered_rule(system, &plan.guilty, &measures, onset));
    }
    let alerts = alarm::alerts(recipe, rules, system, &measures, clock);
    let length = SignedDuration::from_secs(i64::from(clock.steps) * i64::from(recipe.step_seconds));
    let mut recording = Recording {
        name: recipe.name.clone(),
        window: Some(Window { from: start, to: start + length }),
        sources: vec![format!("simulated: {}, seed {}", plan.app, recipe.seed)],
        topology: system.topology(),
        alerts,
        changes: plan.changes,
        metrics,
        logs: measured.logs,
        spans: measured.spans,
        expect: Some(plan.expect),
        ..Recording::default()
    };
    decoy::hide(recipe, &mut recording, &plan.guilty_entities);
    Ok(recording)
}

/// What a recipe's simulation will be expected to show, without running it.
pub fn truth(recipe: &Recipe, start: Timestamp) -> Result<Expectation, Error> {
    Ok(plan(recipe, start)?.expect)
}

/// Everything that is decided before the first request arrives.
pub(crate) struct Plan {
    pub(crate) app: &'static str,
    pub(crate) system: System,
    pub(crate) clock: Clock,
    /// In time order.
    pub(crate) edits: Vec<Edit>,
    pub(crate) changes: Vec<Change>,
    pub(crate) expect: Expectation,
    /// The nodes at fault, and the entities: for a host, one of its guests and itself.
    pub(crate) guilty: Vec<Ref<Node>>,
    pub(crate) guilty_entities: Vec<EntityId>,
}

pub(crate) fn plan(recipe: &Recipe, start: Timestamp) -> Result<Plan, Error> {
    recipe.check()?;
    let application = app::build(recipe);
    let mut system = application.system;
    let clock = Clock {
        start,
        warm_up: micros(WARM_UP_SECONDS),
        step: f64::from(recipe.step_seconds),
        steps: (recipe.minutes_before + recipe.minutes_after) * 60 / recipe.step_seconds,
    };
    if let Some(amplitude) = recipe.season {
        let begin = since_monday(start);
        for stream in &mut system.streams {
            stream.season = Some(Season { amplitude, begin });
        }
    }
    let onset = f64::from(recipe.minutes_before) * 60.0;
    let mut dice = Dice::new(recipe.seed, Purpose::Faults);
    let mut planned = Vec::new();
    for spec in &recipe.faults {
        planned.push(fault::plan(spec, &system, &mut dice, application.usual_place)?);
    }

    let mut edits = Vec::new();
    let mut changes = Vec::new();
    let guilty: Vec<Ref<Node>> = planned.iter().map(|fault| fault.node).collect();
    let decoys = decoy::plan(recipe, &system, &clock, onset, &guilty);
    edits.extend(decoys.edits);
    changes.extend(decoys.changes);
    if recipe.background {
        let around = background::plan(&system, &clock, onset, &guilty, recipe.seed);
        edits.extend(around.edits);
        changes.extend(around.changes);
    }
    let mut causes = Vec::new();
    for (number, fault) in planned.into_iter().enumerate() {
        // Nothing begins at a full minute but in tests.
        let at = onset + fault.delay_seconds + dice.between(2.0, 25.0);
        let own = &system.nodes[fault.node].entity.id;
        let entity = fault.effect.entity.clone().unwrap_or_else(|| own.clone());
        let change = change(&fault, &entity, &clock, at, number, &mut dice);
        causes.push(cause(&fault, entity, change.as_ref().map(|change| &change.id)));
        changes.extend(change);
        let apply = fault.effect.apply;
        edits.push(Edit::silent(at, move |system| apply(system, at)));
    }
    if matches!(recipe.false_alarm, Some(FalseAlarm::Blip | FalseAlarm::Recovered)) {
        edits.extend(alarm::blip(&system, &guilty, onset));
    }
    if recipe.unrelated_alert {
        let soon = onset + UNRELATED_AFTER_SECONDS;
        edits.extend(background::filling_disk(&system, alarm::DISK, soon));
    }
    edits.sort_by(|a, b| a.at.total_cmp(&b.at));
    changes.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let guilty_entities = causes.iter().map(|cause| cause.entity.clone()).collect();
    let expect = expectation(causes);
    let app = application.name;
    Ok(Plan { app, system, clock, edits, changes, expect, guilty, guilty_entities })
}

/// Seconds since Monday's midnight; the epoch was a Thursday.
fn since_monday(time: Timestamp) -> f64 {
    let (day, week) = (86_400, 604_800);
    (time.as_second() + 3 * day).rem_euclid(week) as f64
}

fn change(
    fault: &Planned,
    entity: &EntityId,
    clock: &Clock,
    at: f64,
    number: usize,
    dice: &mut Dice,
) -> Option<Change> {
    let trigger = fault.effect.change.as_ref()?;
    Some(Change {
        id: ChangeId::new(format!("change-{}", 7301 + 17 * number)),
        kind: trigger.kind,
        at: clock.timestamp(clock.warm_up + micros(at.floor())),
        entities: vec![entity.clone()],
        summary: trigger.summary.clone(),
        author: background::author(dice),
        previous: trigger.previous.clone(),
        url: None,
    })
}

fn cause(fault: &Planned, entity: EntityId, trigger: Option<&ChangeId>) -> ExpectedCause {
    ExpectedCause {
        entity,
        fault_mode: Some(fault.mode),
        fault_label: None,
        trigger: trigger.map(|id| id.as_str().to_owned()),
        accept: fault.effect.accept.clone(),
    }
}

fn expectation(causes: Vec<ExpectedCause>) -> Expectation {
    let verdict =
        if causes.is_empty() { ExpectedVerdict::NoIncident } else { ExpectedVerdict::CauseFound };
    Expectation {
        verdict,
        causes,
        category: None,
        must_say: Vec::new(),
        must_not_say: Vec::new(),
        must_not_blame: Vec::new(),
    }
}
