//! Lines of OpenTelemetry's files, against the limits and with notes of file and line.

use nightjar_incident::{LogRecord, MetricSeries, Span};
use nightjar_otlp::{
    Full, LogsData, Metrics, MetricsData, Names, Parse, TracesData, Wanted, read_logs, read_spans,
};

use crate::Error;
use crate::limits::{Budget, Limits};
use crate::notes::Notes;

/// Metrics as they are read, line by line.
pub(crate) struct MetricsIn(Metrics);

/// Log lines as they are read.
#[derive(Default)]
pub(crate) struct LogsIn(Vec<LogRecord>);

/// Spans as they are read.
#[derive(Default)]
pub(crate) struct TracesIn(Vec<Span>);

impl MetricsIn {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Metrics::new(Wanted::default(), limits.samples))
    }

    /// Takes one line of the file.
    pub(crate) fn take(
        &mut self,
        line: u64,
        text: &str,
        names: &mut Names<'_>,
        _: &mut Budget,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let data = match MetricsData::from_json(text) {
            Ok(data) => data,
            Err(why) => {
                notes.at(line, why);
                return Ok(());
            }
        };
        let taken = self.0.take(&data, names, &mut |why| notes.at(line, why));
        taken.map_err(|Full { most_samples }| Error::TooLarge {
            file: notes.file().to_owned(),
            what: "samples",
            limit: most_samples,
        })
    }

    /// The columns, in the order in which their streams first appeared.
    pub(crate) fn finish(self, notes: &mut Notes) -> Vec<MetricSeries> {
        self.0.finish(&mut |why| notes.whole(why))
    }
}

impl LogsIn {
    /// Takes one line of the file.
    pub(crate) fn take(
        &mut self,
        line: u64,
        text: &str,
        names: &mut Names<'_>,
        budget: &mut Budget,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        match LogsData::from_json(text) {
            Ok(data) => {
                let scopes = data.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
                let held = scopes.map(|scope| scope.log_records.len()).sum();
                budget.log_lines(notes.file(), held)?;
                self.0.extend(read_logs(data, names, &mut |why| notes.at(line, why)));
            }
            Err(why) => notes.at(line, why),
        }
        Ok(())
    }

    /// The lines in time order.
    pub(crate) fn finish(mut self) -> Vec<LogRecord> {
        self.0.sort_by_key(|line| line.at);
        self.0
    }
}

impl TracesIn {
    /// Takes one line of the file.
    pub(crate) fn take(
        &mut self,
        line: u64,
        text: &str,
        names: &mut Names<'_>,
        budget: &mut Budget,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        match TracesData::from_json(text) {
            Ok(data) => {
                let scopes = data.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
                let held = scopes.map(|scope| scope.spans.len()).sum();
                budget.spans(notes.file(), held)?;
                let found = read_spans(data, names, &mut |why| notes.at(line, why));
                self.0.extend(found.into_iter().map(|traced| traced.span));
            }
            Err(why) => notes.at(line, why),
        }
        Ok(())
    }

    /// The spans in the order of their start.
    pub(crate) fn finish(mut self) -> Vec<Span> {
        self.0.sort_by_key(|span| span.start_nanos);
        self.0
    }
}
