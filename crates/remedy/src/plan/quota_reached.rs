use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{logs_of, platform_events};
use crate::repair::{pause_batch_on, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes back what uses the quota up, or what lowered it", restore),
    of_kinds(
        &[EntityKind::External],
        "spends what is left on users, and asks the operator for more",
        spend_with_care,
    ),
    otherwise("frees what isn't needed, then asks for more", free_and_ask),
];

const SIGN: Sign = Sign {
    signals: &[Signal::QuotaUsage, Signal::Throttled, Signal::Errors],
    there: "requests are refused with a message that names a quota or limit",
    gone: "no request is refused for the quota",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), which_quota(case)];
    let goal = format!("Get {} below its quota again by taking the change back.", case.name);
    assemble(goal, looks, &[repair, pause_batch_on(&format!("the quota of {}", case.name))], SIGN.recovered(case))
        .careful("If the quota counts per day or month, taking the change back frees nothing until it starts anew: ask for more as well.")
}

fn free_and_ask(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "which quota is used up, its value and how much is used"),
        SIGN.still_there(case),
        logs_of(case),
        which_quota(case),
        platform_events(case, "what was created or called so often before the onset, and by whom"),
    ];
    let goal = format!("Get {} below its quota again, then raise the quota.", case.name);
    let repairs =
        [pause_batch_on(&format!("the quota of {}", case.name)), release(case), ask(case)];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(no_retries())
}

/// Somebody else's quota, and what is left of it.
fn spend_with_care(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "how much of the quota is left and when it starts anew"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!("See which of ours spend the quota of {name}: by service, job and key."),
            None,
            "one job or a loop of retries stands out: stop that; or it is honest growth",
        ),
    ];
    let save = Repair {
        action: format!(
            "Spend what is left on users: serve repeated requests to {name} from a cache, queue what may wait, switch optional features that need it off."
        ),
        command: console(&format!("the feature flags of {} → what needs {name}", case.callers())),
        expect: SIGN.goes_away(case),
        undo: "switch them on again once the quota is higher or has started anew".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "users get the reduced service; some answers are older"),
        decision: ON_CALL.into(),
    };
    let goal = format!("Serve users with what is left of the quota of {name}, and get more.");
    assemble(goal, looks, &[pause_batch_on(&format!("the quota of {}", case.name)), save, ask(case)], SIGN.recovered(case))
        .careful(no_retries())
        .careful("Don't spread the calls over further keys or accounts to get around the quota: operators lock accounts for that.")
}

fn which_quota(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let account = case.platform.is_aws().then(|| {
        let command =
            Command::new("aws service-quotas list-service-quotas --service-code SERVICE_CODE");
        command.option("--region", case.platform.aws_region())
    });
    let lambda = case.platform.lambda("get-function-concurrency", "");
    read(
        Phase::CheckBefore,
        format!(
            "Find which quota it is: the message names it; read its value, what is used, and who else shares it with {name}."
        ),
        first(
            [case.platform.in_namespace("describe resourcequota"), lambda, account],
            &format!("{} → quotas", case.platform.console_path(name)),
        ),
        "the quota's use stands at its value; if not, the limit is another one: of a rate, of a connection pool, of a plan that was paid for",
    )
}

fn release(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!("Give back what counts against the quota of {name} and nobody uses: stopped test environments, idle instances, unused addresses, finished jobs. Take what can be made again; ask before taking what holds data."),
        command: console("what counts against that quota → by age and use"),
        expect: SIGN.goes_away(case),
        undo: "none possible: what is deleted is gone; what was only scaled down or stopped is started again".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "something that looks unused may not be: stop before you delete"),
        decision: case.owner(),
    }
}

fn ask(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "Ask for a higher quota of {name} now, and call the provider if users suffer: some are granted within minutes, some take days."
        ),
        command: console(
            "the provider's page of quotas (AWS: Service Quotas; a Kubernetes namespace: whoever runs the cluster) → request an increase",
        ),
        expect: "the request has a number, and the quota's value rises".into(),
        undo: "none needed: a higher quota changes nothing by itself".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "may cost more once it is used; a quota also protects against runaway costs",
        ),
        decision: case.owner(),
    }
}

fn no_retries() -> &'static str {
    "Retries against a quota count as requests and use it up faster: switch them off for these errors."
}
