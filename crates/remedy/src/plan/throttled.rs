use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{Row, after_change, assemble, note, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::platform::Platform;
use crate::repair::{add_capacity, take_back};
use crate::shell::{Command, console};
use crate::sign::Sign;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    of_kinds(&[EntityKind::Table], "gives the table its former capacity, or no limit", raise_table),
    after_change("puts the former limit back", restore),
    of_kinds(&[EntityKind::Function], "lets more executions run at once", raise_function),
    otherwise("lowers the demand, then asks for a higher limit", ask_for_less),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Throttled, Signal::CapacityConsumed],
    there: "the provider turns requests away while consumed capacity sits at the limit",
    gone: "no request is throttled",
};

/// Read and write units, as far as they are known; the reader fills in what isn't.
#[derive(Clone, Copy)]
struct Units {
    reads: Option<u64>,
    writes: Option<u64>,
}

impl Units {
    fn is_known(self) -> bool {
        self.reads.is_some() || self.writes.is_some()
    }

    /// As `aws dynamodb` takes them.
    fn argument(self) -> String {
        let text = |units: Option<u64>, blank: &str| {
            units.map_or_else(|| blank.to_owned(), |units| units.to_string())
        };
        let (reads, writes) = (text(self.reads, "NOTED_READS"), text(self.writes, "NOTED_WRITES"));
        format!("ReadCapacityUnits={reads},WriteCapacityUnits={writes}")
    }

    /// As people say them.
    fn words(self) -> String {
        let part = |units: Option<u64>, what: &str| units.map(|units| format!("{units} {what}"));
        let parts = [part(self.reads, "read"), part(self.writes, "write")];
        format!("{} units", parts.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}

/// A table: its former throughput if the numbers are known, otherwise on demand.
fn raise_table(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let mut looks = vec![
        note_state(case, "read and write capacity units and the billing mode"),
        SIGN.still_there(case),
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
    let expect = SIGN.goes_away(case);
    let former = former_units(case);
    let (goal, repairs) = if former.is_known() {
        let was = former.words();
        (
            format!(
                "Give {name} its former capacity back ({was}), so that nothing is turned away."
            ),
            vec![provision(case, former, expect.clone()), on_demand(case, former, expect)],
        )
    } else {
        (
            format!("Lift the capacity limit of {name}, so that nothing is turned away."),
            vec![on_demand(case, former, expect)],
        )
    };
    let mut remedy = assemble(goal, looks, &repairs, SIGN.recovered(case));
    remedy.caveats.push("Clients that retry may keep the table at its limit for a minute or two after the repair. AWS limits how often a table's mode and provisioned throughput change per day; keep one change in hand.".into());
    remedy
}

fn provision(case: &Case<'_>, former: Units, expect: String) -> Repair {
    let name = &case.name;
    let back = provision_command(case, Units { reads: None, writes: None });
    let undoes = case.trigger_text().map_or(String::new(), |text| format!(", undoing {text}"));
    Repair {
        action: format!("Provision {name} as before{undoes}."),
        command: provision_command(case, former).or_else(|| console(&throughput_page(case))),
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

fn on_demand(case: &Case<'_>, former: Units, expect: String) -> Repair {
    let name = &case.name;
    let first = if former.is_known() {
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
    Repair {
        action: format!("{first} {name} to on-demand capacity, which needs no numbers."),
        command: command.or_else(|| console(&throughput_page(case))),
        expect,
        undo: "return to provisioned capacity with the numbers noted while preparing".into(),
        undo_command: provision_command(case, former),
        risk: risk(
            RiskLevel::Low,
            "pays per request: watch the bill; what stands behind the table sees the full traffic again",
        ),
        decision: COMMANDER.into(),
    }
}

fn provision_command(case: &Case<'_>, units: Units) -> Option<String> {
    let (table, region) = table(case)?;
    Command::new("aws dynamodb update-table --table-name")
        .value(table)
        .words("--billing-mode PROVISIONED --provisioned-throughput")
        .value(&units.argument())
        .option("--region", region)
        .finish()
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
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    }
}

/// What was provisioned before the onset: from the change's record, or else from the metric.
fn former_units(case: &Case<'_>) -> Units {
    let text = |text: Option<&str>| text.unwrap_or_default().to_lowercase();
    let previous = text(case.trigger.and_then(|change| change.previous.as_deref()));
    let summary = text(case.trigger.map(|change| change.summary.as_str()));
    let units = |word: &str, other: &str, short: &str| {
        // A bare number is that of the one side the summary speaks of.
        let is_this_side = summary.contains(word) && !summary.contains(other);
        let bare = if is_this_side { previous.trim().parse().ok() } else { None };
        let level = || case.level_before(Signal::CapacityLimit, word).and_then(|(v, _)| whole(v));
        number_after(&previous, &[word, short]).or(bare).or_else(level)
    };
    Units { reads: units("read", "write", "rcu"), writes: units("write", "read", "wcu") }
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
fn restore(case: &Case<'_>) -> Remedy {
    let expect = SIGN.goes_away(case);
    let (prepare, repair) = take_back(case, expect);
    assemble(
        format!("Give {} its former limit back, so that nothing is turned away.", case.name),
        vec![prepare, SIGN.still_there(case)],
        &[repair],
        SIGN.recovered(case),
    )
}

/// A function: more concurrent executions.
fn raise_function(case: &Case<'_>) -> Remedy {
    let expect = SIGN.goes_away(case);
    assemble(
        format!("Let {} run more executions at once.", case.name),
        vec![
            note(
                case,
                "the reserved concurrency",
                case.platform.lambda("get-function-concurrency", ""),
            ),
            SIGN.still_there(case),
            read(
                Phase::CheckBefore,
                "See what the account has left: the unreserved concurrency of the region."
                    .to_owned(),
                Command::new("aws lambda get-account-settings")
                    .option("--region", case.platform.aws_region())
                    .finish()
                    .filter(|_| case.platform.is_aws()),
                "at least 100 unreserved executions stay for the other functions",
            ),
        ],
        &[add_capacity(&case.name, &case.platform, expect)],
        SIGN.recovered(case),
    )
}

/// Any other limit: ask for less, then for more room.
pub(super) fn ask_for_less(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let expect = SIGN.goes_away(case);
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
            "the page of {name} at its provider → quotas → request an increase"
        )),
        expect,
        undo: "none needed: a higher limit changes nothing by itself".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "may cost more, and may take the provider hours"),
        decision: case.owner(),
    };
    assemble(
        format!("Bring the demand on {name} below its limit, then raise the limit."),
        vec![note_state(case, "the limit"), SIGN.still_there(case)],
        &[slow_down, raise],
        SIGN.recovered(case),
    )
}
