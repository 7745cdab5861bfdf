use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::repair::{restart, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("puts the former certificate back if it is still valid, else renews", restore),
    of_kinds(
        &[EntityKind::External],
        "tells the operator, and never switches the check off",
        of_somebody_else,
    ),
    of_kinds(
        &[EntityKind::Database, EntityKind::Cache],
        "gives clients the new authority first, then the server its certificate",
        of_the_store,
    ),
    otherwise("renews the certificate and loads it", renew),
];

const SIGN: Sign = Sign {
    signals: &[Signal::CertificateLeft, Signal::Errors, Signal::Availability],
    there: "every new connection fails with a TLS error, from one moment on",
    gone: "new connections succeed, and every instance shows a certificate valid for weeks",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, mut repair) = take_back(case, SIGN.goes_away(case));
    repair.action = format!(
        "If the former certificate is still valid: {}",
        crate::step::lower_first(&repair.action)
    );
    let looks = vec![prepare, SIGN.still_there(case), dates(case)];
    let goal = format!("Let clients connect to {} again, with a valid certificate.", case.name);
    assemble(goal, looks, &[repair, issue(case), load(case)], SIGN.recovered(case))
        .careful(keep_checking())
}

fn renew(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "where its certificate is kept and who issues it"),
        SIGN.still_there(case),
        dates(case),
        automation(case),
    ];
    let goal = format!("Let clients connect to {} again, with a valid certificate.", case.name);
    assemble(goal, looks, &[issue(case), load(case)], others(case, SIGN.recovered(case)))
        .careful(keep_checking())
        .careful("Authorities issue only so many certificates per name and week: after two failures, read the error before the third try.")
}

/// A store's clients trust an authority; that one may be what ended.
fn of_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "which authority signed its certificate"),
        SIGN.still_there(case),
        dates(case),
    ];
    let trust = Repair {
        action: format!(
            "Give the clients of {name} ({}) the new authority's certificate beside the old one, and start them again one at a time.",
            case.callers()
        ),
        command: console("the clients' trust store → add the new authority"),
        expect: "each client that started again connects, or would with the new certificate".into(),
        undo: "remove the added authority".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "trusting both does no harm for some days"),
        decision: case.owner(),
    };
    let serve = Repair {
        action: format!(
            "Only then give {name} a certificate of that authority. Read first whether this engine restarts for it."
        ),
        command: first(
            [case.platform.rds(
                "modify-db-instance",
                "--ca-certificate-identifier NEW_AUTHORITY --apply-immediately",
            )],
            &format!("{} → certificate authority", case.platform.console_path(name)),
        ),
        expect: SIGN.goes_away(case),
        undo: "set the former authority, if its certificate is still valid".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "may restart the database; clients that don't trust the new authority are cut off",
        ),
        decision: case.owner(),
    };
    let goal = format!("Let clients trust {name} again.");
    assemble(goal, looks, &[trust, serve], SIGN.recovered(case)).careful(keep_checking())
}

fn of_somebody_else(case: &Case<'_>) -> Remedy {
    let mut remedy = super::external_dependency::stand_alone(case);
    let at = remedy.steps.iter().position(|step| step.phase == Phase::CheckBefore);
    remedy.steps.insert(at.unwrap_or_default(), dates(case));
    remedy.goal = format!(
        "Serve users without {} until its operator has renewed its certificate.",
        case.name
    );
    remedy.careful(keep_checking()).careful("If it is valid seen from elsewhere, the fault is ours: an old list of authorities, or a clock that is wrong.")
}

fn keep_checking() -> &'static str {
    "Never switch the check of certificates off, and never set a clock back: both open the door to anyone, and stay forgotten."
}

fn dates(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let command = case.entity.attributes.get("server.address").map(|address| {
        Command::new("curl --head --verbose --max-time 10").joined("https://", address)
    });
    read(
        Phase::CheckBefore,
        format!(
            "Read what {name} shows: subject, names, issuer, “not after”, and the chain (openssl s_client -showcerts, or curl --verbose). Do the same for the certificate its callers show, if they show one."
        ),
        first([command], &format!("a browser or openssl towards {name}")),
        "“not after” lies in the past: renew; it doesn't: a name is missing, an authority in the chain ended, or the client's clock or trust store is wrong",
    )
}

fn automation(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let command =
        case.platform.in_namespace("get certificates,certificaterequests,orders,challenges");
    let acm = case.platform.is_aws().then(|| {
        let command =
            Command::new("aws acm list-certificates --certificate-statuses EXPIRED ISSUED FAILED");
        command.option("--region", case.platform.aws_region())
    });
    read(
        Phase::CheckBefore,
        format!(
            "See why the certificate of {name} wasn't renewed by itself: cert-manager, ACM, certbot, a calendar."
        ),
        first([command, acm], "wherever certificates are issued → the one that ended → its events"),
        "an error: a challenge that can't be answered (DNS, port 80, a firewall), a missing permission, a limit of the authority; that must go first, or the renewal fails the same way",
    )
}

fn issue(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!(
            "Have a certificate issued for the same names of {name} and put it where the old one is kept (cert-manager: cmctl renew; ACM: a new one, then choose it at the listener)."
        ),
        command: console("wherever certificates are issued → renew"),
        expect: "a certificate is issued whose “not after” lies weeks ahead".into(),
        undo: "none needed: the old one is of no use any more; keep it until the new one serves"
            .into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "a name left out cuts off whoever uses that name"),
        decision: case.owner(),
    }
}

fn load(case: &Case<'_>) -> Repair {
    restart(
        case,
        "only if it read the certificate at start; a reload is better where there is one",
        SIGN.goes_away(case),
    )
}

fn others(case: &Case<'_>, mut checks: Vec<PlanStep>) -> Vec<PlanStep> {
    checks.push(read(
        Phase::CheckAfter,
        format!("List what else was issued with the certificate of {}, and ends soon.", case.name),
        None,
        "nothing else ends within 14 days, or its renewal is under way",
    ));
    checks
}
