//! What operations write and whom they call, as evidence of where a fault is.

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{
    Conclusion, Content, FaultMode, LogRecord, LogSeverity, Span, SpanStatus, Statistic, Verdict,
};
use nightjar_rootcause::{Case, investigate};

use crate::{AFTER, BEFORE, Estate, alert, evidence, id, is_claimed, leading, minute};

/// An estate with traces and the lines written within their spans.
struct Traced {
    estate: Estate,
    spans: Vec<Span>,
    lines: Vec<LogRecord>,
}

impl Traced {
    /// A chain of services whose first is measured and as usual.
    fn chain(names: &[&str]) -> Self {
        let mut estate = Estate::chain(names);
        for name in names.iter().take(1) {
            estate.requests(name, 0.2, 0.0);
        }
        Self { estate, spans: Vec::new(), lines: Vec::new() }
    }

    /// Ten requests a minute; `tell` says what happens in each, by its number and whether it comes
    /// after the onset.
    fn requests(&mut self, tell: impl Fn(&mut Self, usize, bool, usize)) {
        for request in 0..(BEFORE + AFTER) * 10 {
            let number = self.spans.len();
            tell(self, request, request >= BEFORE * 10, number);
        }
    }

    fn span(
        &mut self,
        request: usize,
        parent: Option<usize>,
        entity: &str,
        operation: &str,
    ) -> usize {
        let number = self.spans.len();
        let start = at(request, number).as_nanosecond();
        let start = i64::try_from(start).expect("invariant: times of tests are small");
        self.spans.push(Span {
            trace_id: format!("trace-{request}"),
            span_id: format!("span-{number}"),
            parent_id: parent.map(|parent| format!("span-{parent}")),
            entity: id(entity),
            peer: None,
            operation: operation.to_owned(),
            start_nanos: start,
            end_nanos: start + 5_000_000,
            status: SpanStatus::Ok,
        });
        number
    }

    fn line(&mut self, span: usize, severity: LogSeverity, body: &str) {
        let of = &self.spans[span];
        let nanos = of.start_nanos + i64::try_from(self.lines.len() % 1000).unwrap();
        self.lines.push(LogRecord {
            at: Timestamp::from_nanosecond(nanos.into()).unwrap(),
            entity: of.entity.clone(),
            severity,
            body: body.to_owned(),
            trace_id: Some(of.trace_id.clone()),
            span_id: Some(of.span_id.clone()),
        });
    }

    fn conclusion(&self) -> Conclusion {
        let (alerts, symptoms) = alert("front");
        let evidence = [
            evidence("ev-1", Content::Series(self.estate.series.clone())),
            evidence("ev-2", Content::Spans(self.spans.clone())),
            evidence("ev-3", Content::Logs(self.lines.clone())),
        ];
        let (evidence, gaps, without) = (evidence.as_slice(), &[], &[]);
        let (now, topology) = (minute(BEFORE + AFTER), &self.estate.topology);
        let (alerts, symptoms) = (alerts.as_slice(), symptoms.as_slice());
        let is_cut_short = false;
        investigate(&Case {
            now,
            alerts,
            symptoms,
            topology,
            evidence,
            gaps,
            is_cut_short,
            without,
        })
    }
}

/// Requests come every six seconds.
fn at(request: usize, number: usize) -> Timestamp {
    let millis = i64::try_from(request * 6_000 + number % 1_000).unwrap();
    minute(0) + SignedDuration::from_millis(millis)
}

/// How many things a request asks for: that varies, and says nothing.
fn asked_for(request: usize) -> usize {
    1 + request * 7 % 4
}

#[test]
fn a_branch_that_is_left_is_seen_by_what_follows_the_line_before_it() {
    let mut traced = Traced::chain(&["front", "cart"]);
    traced.requests(|traced, request, after, _| {
        let front = traced.span(request, None, "front", "GET /cart");
        let cart = traced.span(request, Some(front), "cart", "Cart.list");
        for thing in 0..asked_for(request) {
            let line = |place: u32| format!("INFO o.s.Cart#{place} [list] price of {thing}");
            traced.line(cart, LogSeverity::Info, &line(51));
            if !after {
                traced.line(cart, LogSeverity::Info, &line(57));
            }
        }
    });
    let conclusion = traced.conclusion();
    assert_eq!(leading(&conclusion), ("cart", FaultMode::WrongResult), "{:?}", conclusion.verdict);
    assert!(is_claimed(&conclusion), "{:?}", conclusion.verdict);
}

#[test]
fn nobody_is_blamed_for_requests_that_something_below_failed() {
    let mut traced = Traced::chain(&["front", "cart", "store"]);
    traced.requests(|traced, request, after, _| {
        let front = traced.span(request, None, "front", "GET /cart");
        let cart = traced.span(request, Some(front), "cart", "Cart.list");
        traced.line(cart, LogSeverity::Info, "listing the cart");
        let store = traced.span(request, Some(cart), "store", "Store.read");
        traced.line(store, LogSeverity::Info, "reading");
        if after {
            traced.line(store, LogSeverity::Error, "NullPointerException while reading");
            traced.line(cart, LogSeverity::Error, "cannot list, giving up");
        } else {
            traced.line(store, LogSeverity::Info, "has read");
            for _ in 0..asked_for(request) {
                traced.line(cart, LogSeverity::Info, "listed one thing");
            }
        }
    });
    let conclusion = traced.conclusion();
    assert_eq!(leading(&conclusion), ("store", FaultMode::Failing), "{:?}", conclusion.verdict);
}

#[test]
fn requests_that_fail_with_nobody_telling_why_accuse_nobody() {
    let mut traced = Traced::chain(&["front", "cart", "store"]);
    traced.requests(|traced, request, after, _| {
        let front = traced.span(request, None, "front", "GET /cart");
        let cart = traced.span(request, Some(front), "cart", "/cart");
        let list = traced.span(request, Some(cart), "cart", "Cart.list");
        if after {
            // The store can't be reached: it leaves no span.
            traced.span(request, Some(cart), "cart", "BasicErrorController.error");
        } else {
            traced.span(request, Some(list), "store", "Store.read");
        }
    });
    let conclusion = traced.conclusion();
    assert!(!is_claimed(&conclusion), "{:?}", conclusion.verdict);
}

#[test]
fn who_is_asked_for_other_things_is_not_blamed_for_going_other_ways() {
    let mut traced = Traced::chain(&["front", "ads"]);
    traced.requests(|traced, request, after, _| {
        let front = traced.span(request, None, "front", "GET /");
        // Each asks twice: once for what fits the page, once for anything; later only for anything.
        let pages: &[bool] = if after { &[false] } else { &[true, true, false] };
        for fits in pages.iter().take(if after && request % 3 > 0 { 0 } else { 3 }) {
            let client = traced.span(request, Some(front), "front", "ads client");
            let ads = traced.span(request, Some(client), "ads", "Ads.get");
            let way = if *fits { "Ads.by_category" } else { "Ads.random" };
            traced.span(request, Some(ads), "ads", way);
        }
    });
    let conclusion = traced.conclusion();
    assert_eq!(leading(&conclusion).0, "front", "{:?}", conclusion.verdict);
}

#[test]
fn a_return_to_the_usual_is_no_change() {
    let mut traced = Traced::chain(&["front", "cart"]);
    let odd = (BEFORE * 10 - 120)..(BEFORE * 10 - 60);
    traced.requests(|traced, request, _, _| {
        let front = traced.span(request, None, "front", "GET /cart");
        let cart = traced.span(request, Some(front), "cart", "Cart.list");
        traced.line(cart, LogSeverity::Info, "listing the cart");
        let next = if odd.contains(&request) { "skipping" } else { "listed" };
        traced.line(cart, LogSeverity::Info, next);
    });
    let conclusion = traced.conclusion();
    assert!(!is_claimed(&conclusion), "{:?}", conclusion.verdict);
    let calm = matches!(conclusion.verdict, Verdict::NoIncident { .. });
    assert!(calm, "{:?}", conclusion.verdict);
}

#[test]
fn a_caller_that_stops_calling_a_callee_that_runs_went_another_way() {
    let mut estate = Estate::chain(&["front", "checkout", "mail"]);
    let wiggle = |n: usize| 1.0 + 0.01 * ((n * 7 % 5) as f64 - 2.0);
    estate.metric("front", "requests", Statistic::Sum, |n, _| 600.0 * wiggle(n));
    estate.metric(
        "front",
        "availability",
        Statistic::Mean,
        |_, after| {
            if after { 95.0 } else { 100.0 }
        },
    );
    estate.metric("checkout", "requests", Statistic::Sum, |n, _| (30 + n % 5) as f64);
    estate.metric("mail", "requests", Statistic::Sum, |n, after| {
        if after { 0.0 } else { (30 + n % 5) as f64 }
    });
    estate.metric("mail", "container.memory.usage", Statistic::Last, |_, _| 1e8);
    let (alerts, mut symptoms) = alert("front");
    symptoms[0].signal = None;
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(
        leading(&conclusion),
        ("checkout", FaultMode::WrongResult),
        "{:?}",
        conclusion.verdict
    );
}
