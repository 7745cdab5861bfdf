use nightjar_incident::{Phase, PlanStep, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::repair::{go_around, leave_the_host, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{Remedy, read};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change of the network back", restore),
    NOT_OURS,
    of_kinds(&[EntityKind::Host], "empties the host whose network is sick", leave),
    otherwise("leads traffic around the way that loses packets", lead_around),
];

const SIGN: Sign = Sign {
    signals: &[Signal::PacketErrors, Signal::Latency, Signal::Errors],
    there: "a part of the requests waits for retransmissions or times out, while the callee is well",
    gone: "no more packets are retransmitted than before the onset",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), measure(case)];
    let goal =
        format!("Stop the loss of packets on the way to {} by taking the change back.", case.name);
    let repairs = [repair, go_around(case, SIGN.goes_away(case))];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(not_the_callee(case))
}

fn lead_around(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "which instances stand in which zone and on which hosts"),
        SIGN.still_there(case),
        measure(case),
        limits(case),
        read(
            Phase::CheckBefore,
            "Read the provider's health page for the zones and links involved.",
            console("AWS Health Dashboard, or your provider's status page"),
            "an open event names the zone; or there is none and the fault is ours: a host, a proxy, a rule, a limit",
        ),
    ];
    let goal = format!("Lead traffic around the way to {} that loses packets.", case.name);
    assemble(goal, looks, &[go_around(case, SIGN.goes_away(case))], SIGN.recovered(case))
        .careful(not_the_callee(case))
}

/// One machine's card, table or cable.
fn leave(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "what runs on it"),
        SIGN.still_there(case),
        measure(case),
        limits(case),
    ];
    let goal = format!("Move what runs on {name} to hosts whose network is well.");
    assemble(goal, looks, &[leave_the_host(case)], SIGN.recovered(case))
        .careful(format!("Keep {name} as it is for whoever examines it. On EC2 a reboot stays on the same hardware; stop and start moves to other hardware, and loses local disks."))
}

fn measure(case: &Case<'_>) -> PlanStep {
    let (name, callers) = (&case.name, case.callers());
    read(
        Phase::CheckBefore,
        format!(
            "Measure the loss from an instance of {callers} to {name}, and between two others for comparison: mtr --report --tcp, ss -ti (retransmissions), both ways."
        ),
        None,
        "loss at the last hop and not between the others: that host; between one pair of zones: that link; everywhere a little: look for a limit; loss shown only at a middle hop is as a rule none",
    )
}

fn limits(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    read(
        Phase::CheckBefore,
        "See whether a limit drops them: the table of connections (nf_conntrack in dmesg), the card's errors and allowances (ip -s link, ethtool -S), queues of a proxy.",
        console(&format!("a shell on both ends of the way to {name}")),
        "“table full”, counters of errors or exceeded allowances that grow: then it is that limit; raise it, or spread the load over more hosts",
    )
}

fn not_the_callee(case: &Case<'_>) -> String {
    format!(
        "{} itself isn't slow: restarting or scaling it won't help, and longer time-outs or more retries add load to the sick way.",
        case.name
    )
}
