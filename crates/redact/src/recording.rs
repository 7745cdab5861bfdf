//! What we store, field by field: free text is read, ids, names of entities and times stay.

use std::borrow::Cow;
use std::collections::BTreeMap;

use nightjar_incident::{
    Alert, Change, Content, Evidence, LogRecord, MetricSeries, Recording, Span,
};
use nightjar_topology::{Entity, Topology};

use crate::Redactor;

impl Redactor {
    /// Replaces what is found in a recording. Names of entities stay, as do ids, times, metric
    /// values and the truth, which nobody but an evaluation reads.
    pub fn recording(&mut self, recording: &mut Recording) {
        let Recording {
            name: _,
            window: _,
            sources,
            redacted: _,
            topology,
            alerts,
            changes,
            metrics,
            logs,
            spans,
            expect: _,
            notes,
        } = recording;
        self.texts(sources);
        self.texts(notes);
        self.topology(topology);
        for alert in alerts {
            self.value(&mut alert.payload);
        }
        changes.iter_mut().for_each(|change| self.change(change));
        metrics.iter_mut().for_each(|series| self.series(series));
        logs.iter_mut().for_each(|line| self.line(line));
        spans.iter_mut().for_each(|span| self.span(span));
    }

    /// Replaces what is found in an answer of a connection, its query included.
    pub fn evidence(&mut self, evidence: &mut Evidence) {
        let Evidence {
            id: _,
            space: _,
            source: _,
            query,
            window: _,
            taken_at: _,
            content,
            truncated,
            notes,
        } = evidence;
        self.replace("", query);
        if let Some(truncated) = truncated {
            self.replace("", truncated);
        }
        self.texts(notes);
        match content {
            Content::Series(metrics) => metrics.iter_mut().for_each(|series| self.series(series)),
            Content::Logs(lines) => lines.iter_mut().for_each(|line| self.line(line)),
            Content::Spans(spans) => spans.iter_mut().for_each(|span| self.span(span)),
            Content::Changes(changes) => changes.iter_mut().for_each(|change| self.change(change)),
            Content::Inventory(topology) => self.topology(topology),
            Content::Text(text) => self.replace("", text),
        }
    }

    /// Replaces what is found in an alert in normal form. The names of what it is about stay.
    pub fn alert(&mut self, alert: &mut Alert) {
        let Alert {
            id: _,
            provider: _,
            key,
            title,
            description,
            status: _,
            severity: _,
            entity_names: _,
            signal: _,
            labels,
            starts_at: _,
            ends_at: _,
            received_at: _,
            url,
            notes,
        } = alert;
        for text in [key, title, description] {
            self.replace("", text);
        }
        self.fields(labels);
        if let Some(url) = url {
            self.replace("", url);
        }
        self.texts(notes);
    }

    fn topology(&mut self, topology: &mut Topology) {
        let mut redacted = Topology::default();
        for entity in topology.entities() {
            let mut entity: Entity = entity.clone();
            self.fields(&mut entity.attributes);
            redacted.add(entity);
        }
        for relation in topology.relations() {
            redacted.relate(relation.clone());
        }
        *topology = redacted;
    }

    fn change(&mut self, change: &mut Change) {
        let Change { id: _, kind: _, at: _, entities: _, summary, author, previous, url } = change;
        self.replace("", summary);
        if let Some(author) = author {
            self.replace("author", author);
        }
        for text in [previous, url].into_iter().flatten() {
            self.replace("", text);
        }
    }

    fn series(&mut self, series: &mut MetricSeries) {
        self.fields(&mut series.attributes);
    }

    fn line(&mut self, line: &mut LogRecord) {
        self.replace("", &mut line.body);
    }

    fn span(&mut self, span: &mut Span) {
        self.replace("", &mut span.operation);
    }

    fn fields(&mut self, fields: &mut BTreeMap<String, String>) {
        for (name, text) in fields {
            self.replace(name, text);
        }
    }

    fn texts(&mut self, texts: &mut [String]) {
        for text in texts {
            self.replace("", text);
        }
    }

    fn replace(&mut self, name: &str, text: &mut String) {
        if let Cow::Owned(redacted) = self.field(name, text) {
            *text = redacted;
        }
    }
}
