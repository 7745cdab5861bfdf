use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_store::{Error as StoreError, Job, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Instrument as _, info, info_span, warn};

use crate::attempt::Opened;
use crate::keeper::Halt;
use crate::plan::{Ended, Pace, blind, pause};
use crate::{Error, Rules, Sources};

/// Tells the time; given by the top.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Takes jobs out of the queue and does them.
pub struct Worker {
    /// Where jobs come from and results go to.
    pub store: Store,
    /// What live incidents are looked at with.
    pub sources: Sources,
    /// The rules of investigations.
    pub rules: Rules,
    /// How patient it is.
    pub pace: Pace,
    /// How many jobs at the same time; at least one.
    pub concurrency: usize,
    /// The time.
    pub clock: Clock,
}

impl Worker {
    /// Works until `shutdown` becomes true, or whoever could say so is gone. Running jobs may go on
    /// for a while then; what isn't done by that time is given back.
    pub async fn run(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let mut failures = 0;
        while !is_over(&shutdown) {
            while running.try_join_next().is_some() {}
            if running.len() >= self.concurrency.max(1) {
                tokio::select! {
                    _ = running.join_next() => {}
                    () = over(&mut shutdown) => {}
                }
                continue;
            }
            let now = (self.clock)();
            match self.store.take_job(self.pace.lease, now).await {
                Ok(Some(job)) => {
                    failures = 0;
                    let span = info_span!(
                        "job",
                        job.id = job.id,
                        space.id = %job.space,
                        investigation.id = job.investigation
                    );
                    let worker = Arc::clone(&self);
                    let shutdown = shutdown.clone();
                    running.spawn(async move { worker.work(job, shutdown).await }.instrument(span));
                }
                Ok(None) => {
                    failures = 0;
                    tokio::select! {
                        () = self.store.wait_for_job(self.pace.look_again, now) => {}
                        () = over(&mut shutdown) => {}
                    }
                }
                Err(error) => {
                    failures += 1;
                    warn!(error = %error, attempt = failures, "the queue can't be read");
                    tokio::select! {
                        () = sleep(blind(failures, &self.pace)) => {}
                        () = over(&mut shutdown) => {}
                    }
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Does all jobs that are due, one after the other.
    ///
    /// # Errors
    /// When the queue can't be read.
    pub async fn work_off(&self) -> Result<(), StoreError> {
        let (_go_on, shutdown) = watch::channel(false);
        while let Some(job) = self.store.take_job(self.pace.lease, (self.clock)()).await? {
            self.work(job, shutdown.clone()).await;
        }
        Ok(())
    }

    /// Does a job while keeping its lease.
    async fn work(&self, job: Job, shutdown: watch::Receiver<bool>) {
        let mut opened = match Opened::of(&self.store, &job).await {
            Ok(opened) => opened,
            Err(error) => return self.turn_away(&job, &error).await,
        };
        let begun = Instant::now();
        let ended = self.keep_leased(&job, &mut opened, shutdown).await;
        if let Err(error) = self.store.note_busy(&job, begun.elapsed(), (self.clock)()).await {
            warn!(error = %error, "how long a job took can't be noted");
        }
        self.end(&job, ended, &mut opened).await;
    }

    /// Notes how a job ended. A store that is away is waited for, as long as the lease holds: a job whose
    /// end nobody notes counts as a crash, and is done again.
    async fn end(&self, job: &Job, ended: Ended, opened: &mut Opened) {
        let lease_ends = Instant::now() + self.pace.lease;
        let mut failures = 0;
        while let Err(error) = self.conclude(job, ended.clone(), opened).await {
            failures += 1;
            let pause = blind(failures, &self.pace);
            let is_away = matches!(error, Error::Store(StoreError::Unavailable { .. }));
            if !is_away || Instant::now() + pause >= lease_ends {
                // The lease runs out, and the job is taken again.
                warn!(error = %error, "the end of a job can't be noted");
                return;
            }
            sleep(pause).await;
        }
    }

    /// Does a job; tells it to halt when its lease is lost, or the service stops and it takes long.
    async fn keep_leased(
        &self,
        job: &Job,
        opened: &mut Opened,
        mut shutdown: watch::Receiver<bool>,
    ) -> Ended {
        let (halt, halted) = watch::channel(Halt::Run);
        let mut lease_ends = Instant::now() + self.pace.lease;
        let mut beat_at = Instant::now() + self.pace.lease / 3;
        let mut look_at = Instant::now() + self.pace.recheck;
        let mut stop_at = None;
        // Before the first look at the investigation, which tells of what was cancelled until then.
        let mut cancels = self.store.cancels();
        let attempt = self.attempt(job, opened, halted);
        tokio::pin!(attempt);
        loop {
            tokio::select! {
                ended = &mut attempt => {
                    let is_lost = *halt.borrow() == Halt::Lost;
                    return if is_lost { Ended::Lost } else { ended };
                }
                () = sleep_until(beat_at) => {
                    let sent = Instant::now();
                    beat_at = sent + self.pace.lease / 3;
                    let kept = self.store.keep_lease(job, self.pace.lease, (self.clock)());
                    match tokio::time::timeout_at(lease_ends, kept).await {
                        Ok(Ok(true)) => lease_ends = sent + self.pace.lease,
                        Ok(Ok(false)) => { halt.send_replace(Halt::Lost); }
                        Ok(Err(error)) => warn!(error = %error, "the lease can't be kept"),
                        Err(_) => { halt.send_replace(Halt::Lost); }
                    }
                }
                // Another process may have cancelled it.
                () = sleep_until(look_at), if *halt.borrow() == Halt::Run => {
                    look_at = Instant::now() + self.pace.recheck;
                    let held = self.store.holds_lease(job);
                    // A database that doesn't answer is the heartbeat's affair.
                    let held = tokio::time::timeout(self.pace.recheck, held).await;
                    if let Ok(Ok(false)) = held {
                        halt.send_replace(Halt::Lost);
                    }
                }
                // Something was cancelled: see at once whether it is this.
                Ok(()) = cancels.changed() => beat_at = Instant::now(),
                () = over(&mut shutdown), if stop_at.is_none() => {
                    stop_at = Some(Instant::now() + self.pace.grace);
                }
                () = at(stop_at), if *halt.borrow() == Halt::Run => {
                    halt.send_replace(Halt::Stop);
                }
            }
        }
    }

    /// Handles a job that can't even be looked at.
    async fn turn_away(&self, job: &Job, error: &StoreError) {
        let done = match error {
            // The space is gone, and everything in it.
            StoreError::NotFound { .. } | StoreError::Destroyed => {
                info!("the space of a job is gone");
                self.store.finish_job(job).await
            }
            error => {
                warn!(error = %error, "a job can't be begun");
                let pause = pause(job.attempts, &self.pace);
                let until = later((self.clock)(), pause);
                match error {
                    // It is no fault of the job.
                    StoreError::Unavailable { .. } => {
                        self.store.return_job(job, until, &error.to_string()).await
                    }
                    error => self.store.postpone_job(job, until, &error.to_string()).await,
                }
            }
        };
        if let Err(error) = done {
            warn!(error = %error, "the end of a job can't be noted");
        }
    }
}

/// That time after another one.
pub(crate) fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

pub(crate) fn is_over(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

pub(crate) async fn over(shutdown: &mut watch::Receiver<bool>) {
    // An error says that nobody is left to ask for it, which asks for it as well.
    let _ = shutdown.wait_for(|is_over| *is_over).await;
}

/// Waits until a time; for ever, if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
