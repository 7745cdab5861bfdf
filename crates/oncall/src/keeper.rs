use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use nightjar_agent::{Keeper, Left, Message, Place, Reading, Refused, Spent};
use nightjar_incident::journal::Entry;
use nightjar_incident::{Alert, AlertId, ExecutionId, Investigation, TriageDecision, TriageNote};
use nightjar_store::{Error, NewMessage, Space, TaskState};
use tokio::sync::watch;

use crate::meter::Meter;
use crate::task::{of_incident, of_primary, of_skipped};
use crate::worker::Clock;

/// Whether work on a job may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// It may.
    Run,
    /// The service stops.
    Stop,
    /// The lease was lost: nothing may be written any more.
    Lost,
}

/// What a [`Halt`] says now; whoever was to say it and is gone has lost the lease with it.
pub(crate) fn halt_now(halt: &watch::Receiver<Halt>) -> Halt {
    match halt.has_changed() {
        Ok(_) => *halt.borrow(),
        Err(_) => Halt::Lost,
    }
}

/// Why the keeper kept no more.
#[derive(Debug)]
pub(crate) enum Stop {
    Halted(Halt),
    Store(Error),
    /// The program writes something else than what is stored.
    Diverges(String),
    /// What is stored isn't what was written.
    Damaged(String),
}

/// Keeps in the store what an investigation brings forth, and skips what is there already.
///
/// INVARIANT: `stored` is what follows in the journal, in the order of writing. While it isn't
/// empty, everything that comes was kept before: messages, states and tasks too, since each is kept
/// before the next entry is written.
pub(crate) struct StoreKeeper {
    pub(crate) space: Space,
    pub(crate) investigation: String,
    pub(crate) stored: VecDeque<Entry>,
    pub(crate) clock: Clock,
    pub(crate) halt: watch::Receiver<Halt>,
    pub(crate) stop: Option<Stop>,
    /// The message that is told of, and its alerts so far.
    pub(crate) message: (usize, Vec<(Alert, TriageNote)>),
    /// The connection that the alerts come from.
    pub(crate) connection: Option<String>,
    /// The tasks that were kept, so that a long incident doesn't cost one more look at each of its
    /// alerts with every new one.
    pub(crate) tasks: BTreeMap<AlertId, TaskState>,
    /// Whose tasks it keeps.
    pub(crate) kept: Kept,
    /// What it costs.
    pub(crate) meter: Meter,
}

/// Whose tasks are kept with an incident's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Those of all its alerts.
    All,
    /// That of its first alert alone: the others' are intake's.
    Primary,
}

impl StoreKeeper {
    /// Whether everything that was stored has come again.
    pub(crate) fn check_end(&self) -> Result<(), Stop> {
        match self.stored.front() {
            None => Ok(()),
            Some(entry) => Err(diverges(entry)),
        }
    }

    fn may_write(&self) -> Result<(), Stop> {
        match halt_now(&self.halt) {
            Halt::Run => Ok(()),
            halt @ (Halt::Stop | Halt::Lost) => Err(Stop::Halted(halt)),
        }
    }

    async fn keep_entries(&mut self, entries: &[Entry]) -> Result<(), Stop> {
        let mut new = entries;
        while let Some((entry, rest)) = new.split_first() {
            let Some(known) = self.stored.front() else { break };
            // The hash covers everything, so equal hashes are equal entries, if the stored one
            // is what its hash says.
            if known.compute_hash().ok() != Some(known.hash) {
                let told = format!("entry {} of chain `{}` was altered", known.seq, known.chain);
                return Err(Stop::Damaged(told));
            }
            if known.hash != entry.hash {
                return Err(diverges(entry));
            }
            self.stored.pop_front();
            new = rest;
        }
        if new.is_empty() {
            return Ok(());
        }
        // Last of all, so that nothing stands between the look at the lease and the write.
        let now = (self.clock)();
        self.may_write()?;
        self.space.append(new, now).await.map(|_| ()).map_err(Stop::Store)
    }

    async fn keep_message(&mut self, message: &Message<'_>) -> Result<(), Stop> {
        // A message with several alerts is told of once for each.
        if self.message.0 != message.index {
            self.message = (message.index, Vec::new());
        }
        let rejected = match message.reading {
            Reading::Alert { alert, triage } => {
                self.message.1.push((alert.clone(), triage.clone()));
                None
            }
            Reading::Rejected(reason) => Some(reason),
        };
        if !self.stored.is_empty() {
            return Ok(());
        }
        self.may_write()?;
        let new = NewMessage {
            investigation: &self.investigation,
            number: u64::try_from(message.index).unwrap_or(u64::MAX),
            raw: message.raw,
            alerts: &self.message.1,
            rejected,
        };
        self.space.keep_message(&new).await.map_err(Stop::Store)?;
        match message.reading {
            Reading::Alert { alert, triage } if triage.decision == TriageDecision::Skipped => {
                let task = of_skipped(alert, triage, self.connection.as_deref());
                self.keep_tasks(vec![task]).await
            }
            // Whatever belongs to an incident comes with its state.
            Reading::Alert { .. } | Reading::Rejected(_) => Ok(()),
        }
    }

    /// What may still be asked. Where that was told before, it is what stands in the journal: the clock and
    /// the rules may say something else by now.
    async fn tell_left(&mut self, at: &Place<'_>, asked: Spent) -> Result<Left, Stop> {
        if let Some(told) = self.stored.iter().find(|entry| at.is_of(entry)) {
            return Ok(Left::of_entry(told));
        }
        let now = (self.clock)();
        self.meter.begin(at.chain, now);
        self.meter.left(&self.space, at, asked, now).await.map_err(Stop::Store)
    }

    async fn keep_investigation(&mut self, state: &Investigation) -> Result<(), Stop> {
        let spent = self.meter.take(&self.clock);
        if !self.stored.is_empty() {
            return Ok(());
        }
        self.may_write()?;
        let kept = match spent {
            Some((spent, now)) => {
                self.space.keep_execution(&self.investigation, state, &spent, now).await
            }
            None => self.space.keep_incident(&self.investigation, state).await,
        };
        kept.map_err(Stop::Store)?;
        match self.kept {
            Kept::All => self.keep_tasks(of_incident(state, self.connection.as_deref())).await,
            Kept::Primary => match of_primary(state, None) {
                Some(task) => {
                    let now = (self.clock)();
                    self.may_write()?;
                    let kept = self.space.keep_primary_task(&self.investigation, &task, now).await;
                    kept.map_err(Stop::Store)
                }
                None => Ok(()),
            },
        }
    }

    async fn keep_tasks(&mut self, mut tasks: Vec<TaskState>) -> Result<(), Stop> {
        tasks.retain(|task| self.tasks.get(&task.alert) != Some(task));
        if tasks.is_empty() {
            return Ok(());
        }
        let now = (self.clock)();
        self.may_write()?;
        let kept = self.space.keep_tasks(&self.investigation, &tasks, now).await;
        kept.map_err(Stop::Store)?;
        self.tasks.extend(tasks.into_iter().map(|task| (task.alert.clone(), task)));
        Ok(())
    }

    fn answer<T>(&mut self, kept: Result<T, Stop>) -> Result<T, Refused> {
        kept.map_err(|stop| {
            let refused = match &stop {
                Stop::Halted(_) => Refused::new("the work was halted"),
                Stop::Store(error) => Refused::new(error.to_string()),
                Stop::Diverges(reason) | Stop::Damaged(reason) => Refused::new(reason.clone()),
            };
            self.stop = Some(stop);
            refused
        })
    }
}

fn diverges(entry: &Entry) -> Stop {
    Stop::Diverges(format!(
        "the record diverges at entry {} of chain `{}`: it can't be continued by this version; start it again",
        entry.seq, entry.chain
    ))
}

#[async_trait]
impl Keeper for StoreKeeper {
    async fn entries(&mut self, entries: &[Entry]) -> Result<(), Refused> {
        let kept = self.keep_entries(entries).await;
        self.answer(kept)
    }

    async fn message(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let kept = self.keep_message(message).await;
        self.answer(kept)
    }

    async fn investigation(&mut self, investigation: &Investigation) -> Result<(), Refused> {
        let kept = self.keep_investigation(investigation).await;
        self.answer(kept)
    }

    async fn left(&mut self, at: &Place<'_>, asked: Spent) -> Result<Left, Refused> {
        let left = self.tell_left(at, asked).await;
        self.answer(left)
    }

    fn spent(&mut self, execution: &ExecutionId, asked: Spent) {
        // What was stored to its end and beyond was counted with it.
        if self.stored.is_empty() {
            self.meter.end(execution, asked, &self.clock);
        }
    }
}
