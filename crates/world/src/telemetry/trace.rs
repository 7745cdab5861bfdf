use std::ops::Range;

use nightjar_incident::{Span, SpanStatus};

use super::Clock;
use crate::dice::{Dice, Purpose};
use crate::number::{Micros, micros};
use crate::system::Node;

/// Traces kept per second, on average, whatever the traffic: what a sampling collector keeps.
const TRACES_PER_SECOND: f64 = 0.15;

/// Where in which trace a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    trace: usize,
    parent: Option<u64>,
    span: u64,
}

/// Writes the spans of the requests that are sampled.
pub(crate) struct TraceWriter {
    clock: Clock,
    dice: Dice,
    share: f64,
    traces: Vec<String>,
    spans: Vec<Span>,
}

impl TraceWriter {
    pub(crate) fn new(clock: Clock, seed: u64, requests_per_second: f64) -> Self {
        let share = TRACES_PER_SECOND / requests_per_second.max(TRACES_PER_SECOND);
        let dice = Dice::new(seed, Purpose::Traces);
        Self { clock, dice, share, traces: Vec::new(), spans: Vec::new() }
    }

    /// Decides whether a request from outside is traced.
    pub(crate) fn begin(&mut self) -> Option<Place> {
        if !self.dice.chance(self.share) {
            return None;
        }
        Some(self.begin_always())
    }

    /// A request that is traced for sure.
    pub(crate) fn begin_always(&mut self) -> Place {
        let id = self.dice.hex(32);
        self.traces.push(id);
        Place { trace: self.traces.len() - 1, parent: None, span: self.dice.bits() }
    }

    /// The span of an attempt to call something.
    pub(crate) fn open(&mut self, place: Option<Place>) -> Option<u64> {
        place.map(|_| self.dice.bits())
    }

    /// The place of what the attempt asks for.
    pub(crate) fn below(&mut self, place: Option<Place>, client: Option<u64>) -> Option<Place> {
        let place = place?;
        Some(Place { parent: client, span: self.dice.bits(), ..place })
    }

    /// The place of the work on a message, a child of the span that published it.
    pub(crate) fn follow(&mut self, message: Option<Place>) -> Option<Place> {
        let message = message?;
        Some(Place { span: self.dice.bits(), ..message })
    }

    /// Trace and span as hexadecimal digits.
    pub(crate) fn ids(&self, place: Option<Place>) -> Option<(String, String)> {
        let place = place?;
        let trace = self.traces.get(place.trace)?;
        Some((trace.clone(), hex(place.span)))
    }

    /// What a node did, if it tells of its own requests.
    pub(crate) fn server(
        &mut self,
        place: Option<Place>,
        node: &Node,
        time: Range<Micros>,
        is_ok: bool,
    ) {
        let Some(place) = place else { return };
        if node.is_instrumented() {
            self.write(place, place.span, place.parent, (node, None), time, is_ok);
        }
    }

    /// What a caller saw of one attempt.
    pub(crate) fn client(
        &mut self,
        place: Option<Place>,
        span: Option<u64>,
        from: &Node,
        to: &Node,
        time: Range<Micros>,
        is_ok: bool,
    ) {
        let (Some(place), Some(span)) = (place, span) else { return };
        if from.is_instrumented() {
            self.write(place, span, Some(place.span), (from, Some(to)), time, is_ok);
        }
    }

    fn write(
        &mut self,
        place: Place,
        span: u64,
        parent: Option<u64>,
        (node, peer): (&Node, Option<&Node>),
        time: Range<Micros>,
        is_ok: bool,
    ) {
        let Some(trace_id) = self.traces.get(place.trace) else { return };
        if !self.clock.is_recorded(time.start) {
            return;
        }
        self.spans.push(Span {
            trace_id: trace_id.clone(),
            span_id: hex(span),
            parent_id: parent.map(hex),
            entity: node.entity.id.clone(),
            peer: peer.map(|peer| peer.entity.id.clone()),
            operation: peer.unwrap_or(node).operation.clone(),
            start_nanos: self.clock.nanos(time.start),
            // A span of no length can't be told from a broken one.
            end_nanos: self.clock.nanos(time.end.max(time.start + micros(1e-6))),
            status: if is_ok { SpanStatus::Unset } else { SpanStatus::Error },
        });
    }

    /// All spans in the order of their start.
    pub(crate) fn finish(mut self) -> Vec<Span> {
        self.spans.sort_by(|a, b| {
            (a.start_nanos, &a.trace_id, &a.span_id).cmp(&(b.start_nanos, &b.trace_id, &b.span_id))
        });
        self.spans
    }
}

fn hex(span: u64) -> String {
    format!("{span:016x}")
}
