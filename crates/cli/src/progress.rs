//! Progress on standard error: a bar on a terminal, nothing in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How far a command got; gone when the command ends.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// `total` steps of something, or of a number nobody knows.
    pub(crate) fn new(what: &'static str, total: Option<usize>) -> Self {
        let total = total.and_then(|total| u64::try_from(total).ok());
        let (bar, template) = match total {
            Some(total) => {
                (ProgressBar::new(total), "{prefix} {bar:24} {pos}/{len} {wide_msg:.dim}")
            }
            None => (ProgressBar::new_spinner(), "{prefix} {spinner} {pos} {wide_msg:.dim}"),
        };
        // The templates are ours; one that doesn't parse costs the look, not the work.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    /// One step is done.
    pub(crate) fn step(&self, name: &str) {
        self.bar.set_message(crate::terminal::text::harmless(name));
        self.bar.inc(1);
    }

    /// Everything is done; the bar goes away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
