//! Starts processes, starts them again when they end, and ends them all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::groups::Groups;
use super::{Place, deployment};

/// How often processes are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The first pause before a service is started again, and the longest; it doubles as long as starts are in vain.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// How long a start has to last to count.
const LASTING: Duration = Duration::from_secs(10);

/// A process to start.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// As whom: nobody else unless told.
    pub(crate) user: Option<&'static str>,
    /// The signal that ends it.
    pub(crate) signal: &'static str,
    /// Whether it is one of the shop's own, started again when it ends and deployed from the repository.
    pub(crate) is_service: bool,
}

struct Running {
    process: Process,
    child: Option<Child>,
    started: Instant,
    pause: Duration,
    again: Option<Instant>,
}

/// All processes of a stack.
pub(crate) struct Supervisor {
    place: Place,
    groups: Groups,
    running: RefCell<BTreeMap<String, Running>>,
}

impl Supervisor {
    pub(crate) fn new(place: &Place) -> anyhow::Result<Self> {
        let run =
            place.run.file_name().context("the run has no name")?.to_string_lossy().into_owned();
        Ok(Self { place: place.clone(), groups: Groups::new(&run), running: RefCell::default() })
    }

    /// The folder of the services' control groups, where there are any.
    pub(crate) fn groups(&self) -> Option<PathBuf> {
        self.groups.folder().map(PathBuf::from)
    }

    /// Starts a process.
    pub(crate) fn start(&self, process: Process) -> anyhow::Result<()> {
        let child = self.spawn(&process)?;
        let running = Running {
            started: Instant::now(),
            pause: FIRST_PAUSE,
            again: None,
            child: Some(child),
            process,
        };
        self.running.borrow_mut().insert(running.process.name.clone(), running);
        Ok(())
    }

    /// Ends a service in its own way and starts it with what is deployed now.
    pub(crate) fn restart(&self, name: &str) -> anyhow::Result<()> {
        let process = {
            let mut all = self.running.borrow_mut();
            let running =
                all.get_mut(name).with_context(|| format!("there is no process `{name}`"))?;
            if let Some(child) = running.child.as_mut() {
                stop(child, running.process.signal);
            }
            running.process.clone()
        };
        self.start(process)
    }

    /// Ends something that was started by name, for good.
    pub(crate) fn finish(&self, name: &str) {
        if let Some(mut running) = self.running.borrow_mut().remove(name)
            && let Some(child) = running.child.as_mut()
        {
            stop(child, running.process.signal);
        }
    }

    /// The process id of what runs under this name.
    pub(crate) fn id(&self, name: &str) -> Option<u32> {
        self.running.borrow().get(name)?.child.as_ref().map(Child::id)
    }

    /// What ended and isn't started again.
    pub(crate) fn ended(&self) -> Vec<String> {
        let all = self.running.borrow();
        all.values()
            .filter(|running| running.child.is_none() && !running.process.is_service)
            .map(|running| running.process.name.clone())
            .collect()
    }

    /// Looks after services until the stack is gone.
    pub(crate) async fn watch(self: Rc<Self>) {
        while Rc::strong_count(&self) > 1 {
            self.look();
            tokio::time::sleep(LOOK).await;
        }
    }

    fn look(&self) {
        let mut due = Vec::new();
        for running in self.running.borrow_mut().values_mut() {
            if let Some(child) = running.child.as_mut()
                && matches!(child.try_wait(), Ok(Some(_)))
            {
                running.child = None;
                if running.started.elapsed() > LASTING {
                    running.pause = FIRST_PAUSE;
                }
                running.again = running.process.is_service.then(|| Instant::now() + running.pause);
                running.pause = (running.pause * 2).min(LONGEST_PAUSE);
            }
            if running.again.is_some_and(|again| again <= Instant::now()) {
                running.again = None;
                due.push((running.process.clone(), running.pause));
            }
        }
        for (process, pause) in due {
            let name = process.name.clone();
            if self.start(process).is_ok()
                && let Some(running) = self.running.borrow_mut().get_mut(&name)
            {
                running.pause = pause;
            }
        }
    }

    /// In its control groups, in a process group of its own, and ended by the kernel should we be gone.
    fn spawn(&self, process: &Process) -> anyhow::Result<Child> {
        let groups = if process.is_service
            || process.user.is_some()
            || process.name.starts_with("shop-cache")
        {
            self.groups.of(&process.name)
        } else {
            Vec::new()
        };
        let joins: Vec<String> = groups.iter().map(|folder| folder.display().to_string()).collect();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "for group in $LAB_GROUPS; do echo $$ > $group/cgroup.procs; done; exec \"$@\"",
            "sh",
        ]);
        command.args(["setpriv", "--pdeathsig", process.signal]);
        if let Some(user) = process.user {
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={user}"))
                .arg("--clear-groups");
        }
        command
            .arg(&process.program)
            .args(&process.arguments)
            .process_group(0)
            .stdin(Stdio::null());
        command.current_dir(self.place.folder("work")).env("LAB_GROUPS", joins.join(" "));
        command.envs(process.environment.iter().map(|(name, value)| (name, value)));
        if process.is_service {
            command.env("LAB_REVISION", deployment::revision(&self.place, &process.name));
        }
        let log = self.place.folder("logs").join(&process.name).with_extension("log");
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        command.stdout(log.try_clone()?).stderr(log);
        command.spawn().with_context(|| format!("cannot start `{}`", process.name))
    }

    /// Ends everything, customers first and databases last.
    pub(crate) fn end(&self) {
        let mut all = std::mem::take(&mut *self.running.borrow_mut());
        for running in all.values_mut() {
            if let Some(child) = running.child.as_mut() {
                signal(child, running.process.signal);
            }
        }
        let end = Instant::now() + Duration::from_secs(3);
        for running in all.values_mut() {
            if let Some(child) = running.child.as_mut() {
                wait(child, end);
            }
        }
        self.groups.remove();
    }
}

/// Ends a process in its own way, or after two seconds in ours.
fn stop(child: &mut Child, name: &str) {
    signal(child, name);
    wait(child, Instant::now() + Duration::from_secs(2));
}

/// To the whole process group.
fn signal(child: &Child, name: &str) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
}

#[expect(clippy::disallowed_methods, reason = "waits for a process to end")]
fn wait(child: &mut Child, end: Instant) {
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() > end {
            signal(child, "KILL");
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // What it started and left behind.
    signal(child, "KILL");
}
