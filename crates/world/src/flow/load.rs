use super::Solver;

impl Solver<'_> {
    /// Requests flow down, with the retries that the failures of the round before cause.
    pub(super) fn load(&mut self, seconds: f64) {
        for point in self.points.rows_mut() {
            point.rate = 0.0;
            point.work = 0.0;
        }
        for stream in &self.system.streams {
            let rate = stream.rate_at(seconds);
            self.points[stream.to].rate += rate;
            self.points[stream.to].work += rate;
        }
        for &at in &self.order {
            let node = &self.system.nodes[at];
            if let Some(queue) = node.consumes {
                let rate = self.points[queue].rate * (1.0 - node.stuck_share);
                self.points[at].rate += rate;
                self.points[at].work += rate;
            }
            let point = &self.points[at];
            // A request that was turned away or found no process makes no calls; one that fails
            // at a call doesn't make the calls after it.
            let mut going_on = point.rate * (1.0 - point.rejected) * (1.0 - point.down);
            if node.consumes.is_some() {
                going_on = going_on.min(point.capacity);
            }
            going_on *= 1.0 - self.system.own_failure(at);
            for &call in &node.calls {
                let parameters = &self.system.calls[call];
                let solved = &mut self.calls[call];
                let connected = if parameters.is_pooled {
                    1.0 - self.points[at].without_connection
                } else {
                    1.0
                };
                let attempts = attempts(solved.failure, parameters.retries);
                solved.rate = going_on * parameters.share * connected * attempts;
                let barred = self.system.barred(parameters.to, seconds).map_or(0.0, |b| b.1);
                let arriving = solved.rate * (1.0 - barred);
                self.points[parameters.to].rate += arriving;
                self.points[parameters.to].work += arriving * parameters.weight;
                if parameters.is_essential {
                    going_on *=
                        1.0 - parameters.share * (1.0 - connected * (1.0 - solved.given_up));
                }
            }
        }
    }
}

/// Attempts per request where each fails with this probability.
pub(super) fn attempts(failure: f64, retries: u32) -> f64 {
    (0..=retries).map(|n| failure.powi(i32::try_from(n).unwrap_or(i32::MAX))).sum()
}
