//! Counts of events: how surprising they are, given how often there was an occasion for one.
//!
//! Answers are standard deviations of a normal with the same tail probability, signed: more than
//! usual is positive. They are signed roots of likelihood ratios ("deviance residuals"), which are
//! close to normal down to counts of one or two, where `(k − μ)/√μ` isn't (Pierce & Schafer,
//! "Residuals in generalized linear models", JASA 1986).

/// Events, and how many occasions there were for one: requests, spans, minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// How many events.
    pub events: f64,
    /// How many occasions.
    pub exposure: f64,
}

impl Count {
    /// Events per occasion; 0 without occasions.
    pub fn rate(self) -> f64 {
        if self.exposure > 0.0 { self.events / self.exposure } else { 0.0 }
    }
}

/// How surprising `events` are where `expected` are usual, for a Poisson count whose variance is
/// `dispersion` times its mean. 0 for numbers that can't be counts.
pub fn poisson_z(events: f64, expected: f64, dispersion: f64) -> f64 {
    let usable = events >= 0.0 && expected > 0.0 && events.is_finite() && expected.is_finite();
    if !usable {
        return 0.0;
    }
    let ratio = if events > 0.0 { events * (events / expected).ln() } else { 0.0 };
    let deviance = 2.0 * (ratio - (events - expected));
    ((deviance.max(0.0) / dispersion.max(1.0)).sqrt()).copysign(events - expected)
}

/// How surprising the rate of a window is, given that of a reference: the G statistic of two Poisson
/// counts, divided by the dispersion (McCullagh & Nelder, "Generalized Linear Models", 1989, §6.2). 0
/// where either side had no occasion.
pub fn rate_z(reference: Count, window: Count, dispersion: f64) -> f64 {
    let total = reference.events + window.events;
    let exposure = reference.exposure + window.exposure;
    let usable = total > 0.0 && total.is_finite() && exposure.is_finite();
    if !usable || reference.exposure <= 0.0 || window.exposure <= 0.0 {
        return 0.0;
    }
    let share = window.exposure / exposure;
    let part = |events: f64, expected: f64| {
        if events > 0.0 { events * (events / expected).ln() } else { 0.0 }
    };
    let g =
        2.0 * (part(window.events, total * share) + part(reference.events, total * (1.0 - share)));
    ((g.max(0.0) / dispersion.max(1.0)).sqrt()).copysign(window.events - total * share)
}

/// How surprising the share of failures of a window is, given that of a reference: the G statistic of
/// a two-by-two table, where `events` are among the `exposure`. 0 where either side had no occasion.
pub fn share_z(reference: Count, window: Count, dispersion: f64) -> f64 {
    let calm = |count: Count| Count {
        events: (count.exposure - count.events).max(0.0),
        exposure: count.exposure,
    };
    let (failed, passed) =
        (rate_z(reference, window, 1.0), rate_z(calm(reference), calm(window), 1.0));
    (failed.hypot(passed) / dispersion.max(1.0).sqrt()).copysign(failed)
}

/// Sums for the overdispersion of counts over groups of occasions that belong together (traces,
/// minutes): Pearson's statistic per degree of freedom. Groups without events need not be visited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dispersion {
    pearson: f64,
    groups: f64,
}

impl Dispersion {
    /// Starts with all groups of one side, as if none had an event.
    pub fn of(groups: f64, count: Count) -> Self {
        if count.rate() > 0.0 {
            Self { pearson: count.events, groups: groups - 1.0 }
        } else {
            Self::default()
        }
    }

    /// Corrects that for a group with events.
    pub fn add(&mut self, group: Count, rate: f64) {
        let expected = rate * group.exposure;
        if expected > 0.0 {
            self.pearson += (group.events * group.events) / expected - 2.0 * group.events;
        }
    }

    /// The sums of two sides together.
    pub fn and(self, other: Self) -> Self {
        Self { pearson: self.pearson + other.pearson, groups: self.groups + other.groups }
    }

    /// Variance over mean, at least 1. Two groups that behave are assumed beforehand, so that a few
    /// groups can't claim that everything is possible.
    pub fn value(self) -> f64 {
        ((self.pearson + 2.0) / (self.groups.max(0.0) + 2.0)).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(events: f64, exposure: f64) -> Count {
        Count { events, exposure }
    }

    #[test]
    fn tails_are_those_of_the_poisson_distribution() {
        // P(X >= 10 | 3) = 0.0011, which is 3.06 standard deviations.
        let z = poisson_z(9.5, 3.0, 1.0);
        assert!((z - 3.06).abs() < 0.15, "{z}");
        assert_eq!(poisson_z(3.0, 3.0, 1.0), 0.0);
        assert!(poisson_z(0.0, 8.0, 1.0) < -3.9);
        assert_eq!(poisson_z(f64::NAN, 3.0, 1.0), 0.0);
    }

    #[test]
    fn three_requests_prove_little_and_three_hundred_a_lot() {
        let usual = count(10.0, 1000.0);
        assert!(rate_z(usual, count(1.0, 3.0), 1.0) < 3.0);
        assert!(rate_z(usual, count(100.0, 300.0), 1.0) > 10.0);
        assert_eq!(rate_z(usual, count(0.0, 0.0), 1.0), 0.0);
        assert!(
            share_z(count(5.0, 10.0), count(10.0, 10.0), 1.0)
                > rate_z(count(5.0, 10.0), count(10.0, 10.0), 1.0)
        );
    }

    #[test]
    fn events_that_come_in_bunches_surprise_less() {
        // Twenty groups of ten occasions; all events in two of them.
        let side = count(40.0, 200.0);
        let mut bunched = Dispersion::of(20.0, side);
        bunched.add(count(20.0, 10.0), side.rate());
        bunched.add(count(20.0, 10.0), side.rate());
        let mut even = Dispersion::of(20.0, side);
        for _ in 0..20 {
            even.add(count(2.0, 10.0), side.rate());
        }
        assert!(bunched.value() > 8.0, "{}", bunched.value());
        assert_eq!(even.value(), 1.0);
    }
}
