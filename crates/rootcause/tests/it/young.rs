//! Records that are young when the alert comes.

use nightjar_incident::{Statistic, Verdict};

use crate::behind::{estate, serves};
use crate::{AFTER, BEFORE, Estate, alert, is_claimed, leading, minute, slow_back};

/// The same, recorded only since some minutes before the onset.
fn since(mut estate: Estate, minutes: usize) -> Estate {
    let (from, to) = (minute(BEFORE - minutes), minute(BEFORE + AFTER));
    for series in &mut estate.series {
        series.column = series.column.between(from.as_millisecond(), to.as_millisecond());
    }
    estate
}

#[test]
fn ten_minutes_before_the_onset_tell_what_is_usual() {
    let (alerts, symptoms) = alert("front");
    for minutes in [10, 15, 25] {
        let conclusion = since(slow_back(), minutes).investigate(&alerts, &symptoms);
        assert_eq!(leading(&conclusion).0, "back", "{minutes} minutes");
        assert!(is_claimed(&conclusion), "{minutes} minutes: {:?}", conclusion.verdict);
    }
}

#[test]
fn where_nothing_tells_what_is_usual_nothing_is_called_usual() {
    let (alerts, symptoms) = alert("front");
    let conclusion = since(slow_back(), 1).investigate(&alerts, &symptoms);
    let Verdict::NotFound { reason } = &conclusion.verdict else {
        panic!("{:?}", conclusion.verdict)
    };
    assert!(reason.contains("too little was recorded"), "{reason}");
}

#[test]
fn a_healthy_young_estate_is_no_incident() {
    let mut healthy = estate(&[("front", "back")]);
    serves(&mut healthy, "front", (600.0, 600.0), 0.3, 0.0);
    serves(&mut healthy, "back", (600.0, 600.0), 0.1, 0.0);
    let (alerts, symptoms) = alert("front");
    let conclusion = since(healthy, 15).investigate(&alerts, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
}

#[test]
fn failures_that_never_happened_before_are_counted_from_the_first() {
    let mut estate = Estate::chain(&["front", "back"]);
    for (name, fails) in [("front", 0.2), ("back", 0.2)] {
        let counts = [("200", 1.0 - fails, 1.0), ("500", fails, f64::NAN)];
        for (code, after_share, before) in counts {
            estate.metric(name, "http.server.request.duration", Statistic::Count, |n, after| {
                let requests = 600.0 + (n % 5) as f64;
                if after { requests * after_share } else { requests * before }
            });
            if let Some(series) = estate.series.last_mut() {
                let code = ("http.response.status_code".to_owned(), code.to_owned());
                series.attributes.extend([code]);
            }
        }
    }
    let (mut alerts, mut symptoms) = alert("front");
    alerts[0].signal = Some(nightjar_incident::Signal::Errors);
    symptoms[0].signal = Some(nightjar_incident::Signal::Errors);
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "back", "{:?}", conclusion.verdict);
}
