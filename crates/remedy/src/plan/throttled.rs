use nightjar_incident::{Phase, RiskLevel, Signal};

use super::{assemble, goes_down, note_state, recovered, still_there};
use crate::case::Case;
use crate::platform::Platform;
use crate::repair::{add_capacity, take_back};
use crate::shell::{Command, console};
use crate::step::{COMMANDER, Remedy, Repair, read, risk};

const LIMIT: &[Signal] = &[Signal::Throttled, Signal::CapacityConsumed];
const TURNED_AWAY: &str =
    "the provider turns requests away while consumed capacity sits at the limit";

/// Read and write units, as far as both are known.
type Units = Option<(u64, u64)>;

/// A table: its former throughput if the numbers are known, otherwise on demand.
pub(super) fn raise_table(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let mut looks = vec![
        note_state(case, "read and write capacity units and the billing mode"),
        still_there(case, LIMIT, TURNED_AWAY),
        read(
            Phase::CheckBefore,
            format!(
                "See whether one key takes most of the traffic of {name} (CloudWatch Contributor Insights, most throttled keys)."
            ),
            None,
            "no single key dominates; one key can't get more than its partition gives (1,000 write or 3,000 read units), and raising the table won't help it",
        ),
    ];
    if case.trigger.is_some() {
        looks.push(read(
            Phase::CheckBefore,
            format!(
                "Ask the author whether the limit was lowered on purpose: {}.",
                case.trigger_text().unwrap_or_default()
            ),
            None,
            "it wasn't meant to stop this traffic",
        ));
    }
    let expect = goes_down(case, LIMIT, "no request is throttled for 2 minutes");
    let former = former_units(case);
    let repairs = match former {
        Some(_) => vec![provision(case, former, expect.clone()), on_demand(case, expect)],
        None => vec![on_demand(case, expect)],
    };
    let goal = match former {
        Some((reads, writes)) => format!(
            "Give {name} its former capacity back ({reads} read and {writes} write units), so that nothing is turned away."
        ),
        None => format!("Lift the capacity limit of {name}, so that nothing is turned away."),
    };
    let mut remedy = assemble(goal, looks, &repairs, recovered(case, LIMIT));
    remedy.caveats.push("Clients that retry may keep the table at its limit for a minute or two after the repair. AWS limits how often a table's mode and provisioned throughput change per day; keep one change in hand.".into());
    remedy
}

fn provision(case: &Case<'_>, former: Units, expect: String) -> Repair {
    let name = &case.name;
    let command = table(case).zip(former).and_then(|((table, region), (reads, writes))| {
        Command::new("aws dynamodb update-table --table-name")
            .value(table)
            .words("--billing-mode PROVISIONED --provisioned-throughput")
            .value(&format!("ReadCapacityUnits={reads},WriteCapacityUnits={writes}"))
            .option("--region", region)
            .finish()
    });
    let back = table(case).and_then(|(table, region)| {
        Command::new("aws dynamodb update-table --table-name")
            .value(table)
            .words("--billing-mode PROVISIONED --provisioned-throughput ReadCapacityUnits=NOTED_READS,WriteCapacityUnits=NOTED_WRITES")
            .option("--region", region)
            .finish()
    });
    let undoes = case.trigger_text().map_or(String::new(), |text| format!(", undoing {text}"));
    Repair {
        action: format!("Provision {name} as before{undoes}."),
        command: command.or_else(|| console(&throughput_page(case))),
        expect,
        undo: "set the read and write units noted while preparing".into(),
        undo_command: back,
        risk: risk(
            RiskLevel::Low,
            "takes effect within minutes and while serving; costs what it cost before",
        ),
        decision: crate::step::ON_CALL.into(),
    }
}

fn on_demand(case: &Case<'_>, expect: String) -> Repair {
    let name = &case.name;
    let first = if former_units(case).is_some() {
        "If it is still throttled after 5 minutes: switch"
    } else {
        "Switch"
    };
    let command = table(case).and_then(|(table, region)| {
        Command::new("aws dynamodb update-table --table-name")
            .value(table)
            .words("--billing-mode PAY_PER_REQUEST")
            .option("--region", region)
            .finish()
    });
    let undo = match former_units(case) {
        Some((reads, writes)) => format!("ReadCapacityUnits={reads},WriteCapacityUnits={writes}"),
        None => "ReadCapacityUnits=NOTED_READS,WriteCapacityUnits=NOTED_WRITES".into(),
    };
    let back = table(case).and_then(|(table, region)| {
        Command::new("aws dynamodb update-table --table-name")
            .value(table)
            .words("--billing-mode PROVISIONED --provisioned-throughput")
            .value(&undo)
            .option("--region", region)
            .finish()
    });
    Repair {
        action: format!("{first} {name} to on-demand capacity, which needs no numbers."),
        command: command.or_else(|| console(&throughput_page(case))),
        expect,
        undo: "return to provisioned capacity with the numbers noted while preparing".into(),
        undo_command: back,
        risk: risk(
            RiskLevel::Low,
            "pays per request: watch the bill; what stands behind the table sees the full traffic again",
        ),
        decision: COMMANDER.into(),
    }
}

fn throughput_page(case: &Case<'_>) -> String {
    format!(
        "{} → Additional settings → Read/write capacity → Edit",
        case.platform.console_path(&case.name)
    )
}

fn table<'a>(case: &'a Case<'_>) -> Option<(&'a str, Option<&'a str>)> {
    match &case.platform {
        Platform::DynamoDb { table, region } => Some((table, region.as_deref())),
        Platform::Kubernetes { .. }
        | Platform::Ecs { .. }
        | Platform::Lambda { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    }
}

/// What was provisioned before the onset: from the change's record, or else from the metric.
fn former_units(case: &Case<'_>) -> Units {
    let text = case.trigger.and_then(|change| change.previous.as_deref()).unwrap_or_default();
    let text = text.to_lowercase();
    let level = |word: &str| {
        let (value, _) = case.level_before(Signal::CapacityLimit, word)?;
        whole(value)
    };
    let reads = number_after(&text, &["read", "rcu"]).or_else(|| level("read"))?;
    let writes = number_after(&text, &["write", "wcu"]).or_else(|| level("write"))?;
    Some((reads, writes))
}

fn whole(value: f64) -> Option<u64> {
    // Far above any account's quota (40,000 units per table by default).
    const MOST: f64 = 1e7;
    if !(1.0..=MOST).contains(&value) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    Some(value.round() as u64)
}

/// The first number behind one of the words: `WriteCapacityUnits=400`, `write: 400`.
fn number_after(text: &str, words: &[&str]) -> Option<u64> {
    let rest = words.iter().find_map(|word| text.split_once(word))?.1;
    let digits: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|&units| units > 0)
}

/// A change lowered a limit: put it back.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let expect = goes_down(case, LIMIT, "no request is throttled for 2 minutes");
    let (prepare, repair) = take_back(case, expect);
    assemble(
        format!("Give {} its former limit back, so that nothing is turned away.", case.name),
        vec![prepare, still_there(case, LIMIT, TURNED_AWAY)],
        &[repair],
        recovered(case, LIMIT),
    )
}

/// A function: more concurrent executions.
pub(super) fn raise_function(case: &Case<'_>) -> Remedy {
    let expect = goes_down(case, LIMIT, "no invocation is throttled for 2 minutes");
    assemble(
        format!("Let {} run more executions at once.", case.name),
        vec![
            note_state(case, "the reserved concurrency"),
            still_there(case, LIMIT, TURNED_AWAY),
            read(
                Phase::CheckBefore,
                "See what the account has left: the unreserved concurrency of the region."
                    .to_owned(),
                Some("aws lambda get-account-settings".into()),
                "at least 100 unreserved executions stay for the other functions",
            ),
        ],
        &[add_capacity(case, expect)],
        recovered(case, LIMIT),
    )
}

/// Any other limit: ask for less, then for more room.
pub(super) fn ask_for_less(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let expect = goes_down(case, LIMIT, "no request is throttled for 2 minutes");
    let slow_down = Repair {
        action: format!(
            "Lower what the callers ask of {name}: fewer retries with longer waits, and batch work paused."
        ),
        command: console(
            "the configuration of the callers → retries; the scheduler → pause batch jobs",
        ),
        expect: expect.clone(),
        undo: "restore the retries and resume the batch jobs".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "batch work comes later"),
        decision: crate::step::ON_CALL.into(),
    };
    let raise = Repair {
        action: format!("Ask for a higher limit of {name} where the provider sets it."),
        command: console(&format!(
            "{} → quotas → request an increase",
            case.platform.console_path(name)
        )),
        expect,
        undo: "none needed: a higher limit changes nothing by itself".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "may cost more, and may take the provider hours"),
        decision: case.owner(),
    };
    assemble(
        format!("Bring the demand on {name} below its limit, then raise the limit."),
        vec![note_state(case, "the limit"), still_there(case, LIMIT, TURNED_AWAY)],
        &[slow_down, raise],
        recovered(case, LIMIT),
    )
}
