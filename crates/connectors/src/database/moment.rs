//! The present, and what of the past can be told from it.

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::Window;
use nightjar_series::Column;

/// How long before now a window may end whose end is told by how things are now.
const STILL_NOW: SignedDuration = SignedDuration::from_mins(2);

/// Steps in which the past is told, milliseconds.
const STEP: i64 = 15_000;

/// The most steps: six hours.
const STEPS: i64 = 1440;

/// When a database was read, within the window of a question. Ages come from the database's own clock and are
/// taken from ours, so that clocks may differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    read_at: Timestamp,
    window: Window,
}

impl Moment {
    pub(crate) fn new(read_at: Timestamp, window: Window) -> Self {
        Self { read_at, window }
    }

    /// The time under which the present is told: the end of a window that ended just now. None where the
    /// window ended too long ago, or hasn't begun: then the present says nothing about it.
    pub(crate) fn stamp(&self) -> Option<Timestamp> {
        let Window { from, to } = self.window;
        let last = to.checked_sub(SignedDuration::from_millis(1)).ok()?;
        let at = self.read_at.min(last);
        let is_now = self.read_at.duration_since(to) <= STILL_NOW;
        (is_now && at >= from).then_some(at)
    }

    /// When something began that is so many seconds old, whether within the window or not. An age that no clock
    /// knows is none.
    pub(crate) fn ago(&self, seconds: f64) -> Option<Timestamp> {
        let age = SignedDuration::try_from_secs_f64(seconds.max(0.0)).ok()?;
        self.read_at.checked_sub(age).ok()
    }

    /// As [`Moment::ago`], where it lies within the window; what began between the end of the window and now
    /// doesn't.
    pub(crate) fn within(&self, seconds: f64) -> Option<Timestamp> {
        let at = self.ago(seconds)?;
        (self.window.from <= at && at < self.window.to).then_some(at)
    }

    /// How many of those that are there now were there already: from their ages, seconds. What was there and
    /// went isn't known, so it is a lower bound of how many there were. The system runs for `uptime` seconds.
    pub(crate) fn since_when(&self, ages: &[f64], uptime: f64) -> Option<Column> {
        let stamp = self.stamp()?;
        let begun: Vec<Timestamp> = ages.iter().filter_map(|age| self.ago(*age)).collect();
        let first = self.window.from.max(self.ago(uptime).unwrap_or(self.window.from));
        let (first, last) = (first.as_millisecond(), stamp.as_millisecond());
        let steps = ((last - first) / STEP).clamp(0, STEPS);
        let samples = (0..=steps).rev().map(|step| {
            let at = last - step * STEP;
            let there = begun.iter().filter(|begun| begun.as_millisecond() <= at).count();
            // What began after the end of the window is there at its end as far as anybody can tell.
            let there = if step == 0 { begun.len() } else { there };
            (at, f64::from(u32::try_from(there).unwrap_or(u32::MAX)))
        });
        Some(Column::from_samples(samples).0)
    }

    /// One sample: how it is now.
    pub(crate) fn now(&self, value: f64) -> Option<Column> {
        let stamp = self.stamp()?;
        value.is_finite().then(|| Column::from_samples([(stamp.as_millisecond(), value)]).0)
    }

    /// A word about what can't be told of a window that ended long ago.
    pub(crate) fn note(&self) -> Option<String> {
        self.stamp().is_none().then(|| {
            "it tells the present, and the window asked about isn't now: levels are left out, and only what is \
             dated is told"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(read_at: i64) -> Moment {
        let at = |second| Timestamp::from_second(second).unwrap();
        Moment::new(at(read_at), Window { from: at(0), to: at(600) })
    }

    #[test]
    fn the_present_stands_at_the_end_of_a_window_that_ended_just_now() {
        assert_eq!(moment(601).stamp().unwrap().as_millisecond(), 599_999);
        assert_eq!(moment(599).stamp().unwrap().as_second(), 599);
        assert!(moment(10_000).stamp().is_none() && moment(10_000).note().is_some());
        assert!(moment(-1).stamp().is_none());
    }

    #[test]
    fn what_is_there_now_was_there_since_it_began() {
        let column = moment(600).since_when(&[100.0, 40.0, 0.0], 1e9).unwrap();
        let samples: Vec<(i64, f64)> = column.samples().collect();
        assert_eq!(samples.last(), Some(&(599_999, 3.0)));
        assert_eq!(column.at(599_999 - 45_000), Some(1.0));
        assert_eq!(column.at(599_999 - 105_000), Some(0.0));
        assert!(samples[0].0 >= 0);
        let young = moment(600).since_when(&[1.0], 30.0).unwrap();
        assert!(young.times()[0] >= 570_000, "not before the system was started");
        for odd in [f64::NAN, f64::INFINITY, -5.0, 1e300] {
            moment(600).since_when(&[odd], odd).unwrap();
        }
    }
}
