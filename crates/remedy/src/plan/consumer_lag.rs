use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::{EntityKind, RelationKind};

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::logs_of;
use crate::platform::Platform;
use crate::repair::{add_capacity, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, lower_first, read, risk};
use crate::text::named;

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change of the consumer back, then watches the backlog drain", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Queue],
        "sets the message aside that stops its consumer, and keeps the rest from expiring",
        catch_up,
    ),
    of_kinds(
        &[EntityKind::Function],
        "lets the failing batch be split and set aside",
        split_the_batch,
    ),
    otherwise("sets the message aside that stops it, or adds consumers if none does", unblock),
];

const SIGN: Sign = Sign {
    signals: &[Signal::QueueAge, Signal::QueueDepth],
    there: "messages wait longer and longer while as many arrive as ever",
    gone: "the age of the oldest message falls steadily",
};

/// What the plan speaks of: the queue, and who takes messages off it.
struct Ends {
    queue: String,
    consumer: String,
    /// The consumer's platform, if it is known.
    platform: Platform,
}

fn ends(case: &Case<'_>) -> Ends {
    let is_queue = case.entity.kind == EntityKind::Queue;
    let relations = if is_queue {
        case.topology.dependents(&case.entity.id).find(|r| r.kind == RelationKind::Consumes)
    } else {
        case.topology.dependencies(&case.entity.id).find(|r| r.kind == RelationKind::Consumes)
    };
    if is_queue {
        let consumer = relations.and_then(|relation| case.topology.entity(&relation.from));
        Ends {
            queue: case.name.clone(),
            consumer: consumer.map_or("its consumer".into(), |entity| named(entity.id.as_str())),
            platform: consumer.map_or(Platform::Unknown, Platform::of),
        }
    } else {
        Ends {
            queue: relations.map_or("its queue".into(), |relation| named(relation.to.as_str())),
            consumer: case.name.clone(),
            platform: case.platform.clone(),
        }
    }
}

/// The case seen from the queue, where waiting is measured, whoever is at fault.
fn at_the_queue<'a>(case: &Case<'a>) -> Case<'a> {
    let consumed = case.topology.dependencies(&case.entity.id);
    let queue = consumed.filter(|r| r.kind == RelationKind::Consumes).find_map(|relation| {
        let queue = case.topology.entity(&relation.to)?.clone();
        let queue = case.of(queue);
        queue.own_deviation(SIGN.signals).is_some().then_some(queue)
    });
    queue.unwrap_or_else(|| case.of(case.entity.clone()))
}

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(&at_the_queue(case)));
    let looks = vec![
        prepare,
        SIGN.still_there(&at_the_queue(case)),
        one_message_or_all(case),
        expiry(case),
    ];
    let goal = format!("Let {} keep up again by taking the change back.", case.name);
    assemble(goal, looks, &[keep_longer(case), repair], drained(case)).careful(never_purge())
}

/// The queue, with or without a poison message.
pub(super) fn catch_up(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "retention, visibility time-out and where failed messages go"),
        SIGN.still_there(&at_the_queue(case)),
        one_message_or_all(case),
        expiry(case),
    ];
    let goal = format!("Let the messages in {} be worked off again without losing one.", case.name);
    let repairs = [keep_longer(case), set_aside(case), more_consumers(case)];
    assemble(goal, looks, &repairs, drained(case)).careful(never_purge()).careful(no_more_hands())
}

fn unblock(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "the number of instances and how many messages each takes at once"),
        SIGN.still_there(&at_the_queue(case)),
        logs_of(case),
        one_message_or_all(case),
        expiry(case),
    ];
    let goal = format!("Let {} work its queue off again without losing a message.", case.name);
    let repairs = [keep_longer(case), set_aside(case), more_consumers(case)];
    assemble(goal, looks, &repairs, drained(case)).careful(never_purge()).careful(no_more_hands())
}

/// A function reads in batches: one bad record fails all of its batch, again and again.
fn split_the_batch(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let set = |rest: &'static str| {
        let Platform::Lambda { region, .. } = &case.platform else { return None };
        let command = Command::new("aws lambda update-event-source-mapping --uuid MAPPING_UUID");
        Some(command.words(rest).option("--region", region.as_deref()))
    };
    let looks = vec![
        read(
            Phase::Prepare,
            format!(
                "Read how {name} takes its messages, and note retries, batch size, splitting and where failed ones go."
            ),
            first(
                [case.platform.lambda("list-event-source-mappings", "")],
                &format!("{} → triggers", case.platform.console_path(name)),
            ),
            "the mapping's UUID and all its settings are noted in the incident's channel",
        ),
        SIGN.still_there(&at_the_queue(case)),
        logs_of(case),
        one_message_or_all(case),
        expiry(case),
    ];
    let split = Repair {
        action: format!(
            "If one record stops a stream: let {name} split a failing batch and give up on a record after some tries, with a place where failed ones go. For SQS set a dead-letter queue instead."
        ),
        command: first(
            [set("--bisect-batch-on-function-error --maximum-retry-attempts 5")],
            &format!(
                "{} → triggers → split batch on error, retry attempts, on-failure destination",
                case.platform.console_path(name)
            ),
        ),
        expect: SIGN.goes_away(&at_the_queue(case)),
        undo: "set the noted retries and no splitting again".into(),
        undo_command: set(
            "--no-bisect-batch-on-function-error --maximum-retry-attempts NOTED_ATTEMPTS",
        )
        .and_then(Command::finish),
        risk: risk(
            RiskLevel::Medium,
            "without a place where failed records go, those given up are lost: set that first",
        ),
        decision: case.owner(),
    };
    let goal = format!("Let {name} go on behind the record that it can't process.");
    let repairs = [split, add_capacity(name, &case.platform, "the backlog shrinks".into())];
    let mut remedy = assemble(goal, looks, &repairs, drained(case));
    for step in remedy.steps.iter_mut().filter(|step| step.phase == Phase::Apply).skip(1) {
        step.action = format!(
            "Only if no message fails and there are simply more: {}",
            lower_first(&step.action)
        );
    }
    remedy.careful(never_purge()).careful(no_more_hands())
}

fn one_message_or_all(case: &Case<'_>) -> PlanStep {
    let Ends { queue, consumer, .. } = ends(case);
    read(
        Phase::CheckBefore,
        format!(
            "See whether {consumer} fails on the same message of {queue} again and again: its log, the messages' counts of deliveries, the queue of failed ones."
        ),
        None,
        "the same id, offset or error repeats: set that message aside; all fail: its code, or what it writes to, is at fault, repair that first; none fails: there are more than it can take, add consumers",
    )
}

fn expiry(case: &Case<'_>) -> PlanStep {
    let queue = ends(case).queue;
    let way = format!("{queue} → retention");
    read(
        Phase::CheckBefore,
        format!("Compare the age of the oldest message of {queue} with how long messages are kept."),
        first(
            [case.platform.sqs("get-queue-attributes", "--attribute-names MessageRetentionPeriod ApproximateNumberOfMessages RedrivePolicy")],
            &way,
        ),
        "hours are left before the first message expires; if less than two: keep them longer first",
    )
}

fn keep_longer(case: &Case<'_>) -> Repair {
    let queue = ends(case).queue;
    let set = |rest: &'static str| case.platform.sqs("set-queue-attributes", rest);
    Repair {
        action: format!(
            "If messages of {queue} would expire before they are worked off: keep them longer (SQS: at most 14 days)."
        ),
        command: first(
            [set("--attributes MessageRetentionPeriod=1209600")],
            &format!("{queue} → retention → longer"),
        ),
        expect: "no message expires while this lasts".into(),
        undo: "set the noted retention once the backlog is gone".into(),
        undo_command: set("--attributes MessageRetentionPeriod=NOTED_SECONDS")
            .and_then(Command::finish),
        risk: risk(RiskLevel::Low, "takes more storage; a broker with little free disk fills up"),
        decision: ON_CALL.into(),
    }
}

fn set_aside(case: &Case<'_>) -> Repair {
    let Ends { queue, consumer, .. } = ends(case);
    Repair {
        action: format!(
            "If one message stops {consumer}: keep a copy of it, then set it aside. With a queue for failed messages, let it go there (SQS: a redrive policy with a small maxReceiveCount). In Kafka stop the group, note the partition's offset, and move that partition alone by one (kafka-consumer-groups.sh --reset-offsets --shift-by 1, first with --dry-run, then with --execute)."
        ),
        command: console(&format!("{queue} → failed messages → redrive policy")),
        expect: SIGN.goes_away(&at_the_queue(case)),
        undo: format!(
            "put the message back once {consumer} can process it (SQS: start a redrive; Kafka: the noted offset)"
        ),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "that message's effect is missing until it is put back; where order matters, what follows it may depend on it: ask the owner",
        ),
        decision: case.owner(),
    }
}

fn more_consumers(case: &Case<'_>) -> Repair {
    let Ends { consumer, platform, .. } = ends(case);
    let mut repair = add_capacity(&consumer, &platform, SIGN.goes_away(&at_the_queue(case)));
    repair.action = format!(
        "Only if no message fails and there are simply more (Kafka: no more consumers than partitions): {}",
        lower_first(&repair.action)
    );
    repair
}

fn drained(case: &Case<'_>) -> Vec<PlanStep> {
    let queue = ends(case).queue;
    let mut checks = SIGN.recovered(&at_the_queue(case));
    checks.push(read(
        Phase::CheckAfter,
        format!("Work out when the backlog of {queue} is gone: messages waiting ÷ (taken − arriving per minute). Tell whoever waits for the results."),
        None,
        "more are taken than arrive, and the time is told; what stands behind the consumer bears the higher rate",
    ));
    checks
}

fn never_purge() -> &'static str {
    "Don't purge the queue and don't move an offset to the end: both lose every message in between. Don't put failed messages back before what they failed on is repaired."
}

fn no_more_hands() -> &'static str {
    "More consumers don't help against a message that none of them can process, and restarts only deliver it again."
}
