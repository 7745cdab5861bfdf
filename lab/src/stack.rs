//! The whole stack: databases, services, monitoring, customers, started in order and ended together.

pub(crate) mod configure;
pub(crate) mod control;
pub(crate) mod deployment;
mod groups;
pub(crate) mod place;
mod postgres;
mod processes;
mod programs;
mod ready;
pub(crate) mod supervisor;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::AbortHandle;

pub(crate) use place::Place;
use programs::Programs;
use supervisor::Supervisor;

/// A stack that runs. It ends with this.
pub(crate) struct Stack {
    pub(crate) place: Place,
    pub(crate) supervisor: Rc<Supervisor>,
    tasks: RefCell<Vec<AbortHandle>>,
}

impl Stack {
    /// A place in which nothing runs yet.
    pub(crate) fn new(place: Place) -> anyhow::Result<Self> {
        let supervisor = Rc::new(Supervisor::new(&place)?);
        Ok(Self { place, supervisor, tasks: RefCell::default() })
    }

    /// Starts everything, and waits until it answers.
    ///
    /// `webhook`: address and secret of a receiver of alerts beside the lab's own.
    pub(crate) async fn bring_up(&self, webhook: Option<(&str, &str)>) -> anyhow::Result<()> {
        let begun = Instant::now();
        let programs = Programs::find()?;
        let place = &self.place;
        deployment::create(place).context("the deployment repository")?;
        crate::certificate::make(&place.tls(), 90)?;
        configure::write(place, webhook)?;
        postgres::prepare(place, &programs).context("PostgreSQL's data")?;
        let control = control::serve(place.port("control"), self.supervisor.clone(), place.clone());
        *self.tasks.borrow_mut() = vec![
            tokio::task::spawn_local(control).abort_handle(),
            tokio::task::spawn_local(self.supervisor.clone().watch()).abort_handle(),
        ];
        for (stage, processes) in processes::stages(place, &programs)? {
            for process in processes {
                self.supervisor.start(process)?;
            }
            ready::stage(place, stage, &self.supervisor).await?;
        }
        tell(&format!("the shop answers after {:.1} s", begun.elapsed().as_secs_f64()));
        Ok(())
    }

    /// What an inject script or a person needs to know.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut all = self.place.environment();
        let groups = self.supervisor.groups().unwrap_or_default();
        all.push(("LAB_GROUPS".to_owned(), groups.display().to_string()));
        all
    }

    /// Waits until Prometheus knows of no alert that fires or is about to.
    pub(crate) async fn until_quiet(&self, patience: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + patience;
        let url = format!("http://127.0.0.1:{}/api/v1/alerts", self.place.port("prometheus"));
        loop {
            let alerts = ready::json(&url).await.unwrap_or_default();
            let names: Vec<&str> = alerts
                .pointer("/data/alerts")
                .and_then(|list| list.as_array())
                .into_iter()
                .flatten()
                .filter_map(|alert| alert.pointer("/labels/alertname")?.as_str())
                .collect();
            if names.is_empty() && !alerts.is_null() {
                return Ok(());
            }
            if Instant::now() > end {
                anyhow::bail!("there are alerts after {} s: {names:?}", patience.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Progress, on standard error.
#[expect(clippy::print_stderr, reason = "progress is for people")]
pub(crate) fn tell(line: &str) {
    eprintln!("lab: {line}");
}

impl Drop for Stack {
    fn drop(&mut self) {
        for task in self.tasks.borrow().iter() {
            task.abort();
        }
        self.supervisor.end();
        self.place.clear();
    }
}
