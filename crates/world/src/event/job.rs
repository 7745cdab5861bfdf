use super::Engine;
use crate::number::Micros;
use crate::system::{Call, Node};
use crate::table::Ref;
use crate::telemetry::Place;

/// One request at one node.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) node: Ref<Node>,
    /// Who waits for the answer, in which wait, over which call.
    pub(super) caller: Option<(Ref<Job>, u64, Ref<Call>)>,
    /// The message it works on, for a consumer.
    pub(super) message: Option<Message>,
    /// When it reached the node; `None` while it is on the way.
    pub(super) arrived: Option<Micros>,
    /// What it waits for now; 0 once it is over.
    pub(super) wait: u64,
    pub(super) is_active: bool,
    pub(super) is_on_processor: bool,
    /// Which of the node's calls it has come to, and the attempts it made at it.
    pub(super) next_call: usize,
    pub(super) attempts: u32,
    pub(super) sent: Micros,
    pub(super) has_connection: bool,
    pub(super) has_lock: bool,
    pub(super) trace: Option<Place>,
    /// The span of the attempt under way.
    pub(super) client_span: Option<u64>,
}

/// A message on a queue.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) published: Micros,
    pub(super) deliveries: u32,
    pub(super) trace: Option<Place>,
}

impl Job {
    pub(super) fn new(node: Ref<Node>) -> Self {
        Self {
            node,
            caller: None,
            message: None,
            arrived: None,
            wait: 0,
            is_active: false,
            is_on_processor: false,
            next_call: 0,
            attempts: 0,
            sent: 0,
            has_connection: false,
            has_lock: false,
            trace: None,
            client_span: None,
        }
    }
}

impl Engine<'_> {
    /// Takes a job in, in a place that an earlier one left.
    pub(super) fn new_job(&mut self, job: Job) -> Ref<Job> {
        let at = match self.free.pop() {
            Some(at) => {
                self.jobs[at] = job;
                at
            }
            None => self.jobs.push(job),
        };
        self.begin_wait(at);
        at
    }

    /// From now on the job waits for something new; events of the earlier wait miss it.
    pub(super) fn begin_wait(&mut self, job: Ref<Job>) -> u64 {
        self.waits += 1;
        self.jobs[job].wait = self.waits;
        self.waits
    }

    pub(super) fn end_job(&mut self, job: Ref<Job>) {
        self.jobs[job].wait = 0;
        self.jobs[job].is_active = false;
        self.free.push(job);
    }
}
