use nightjar_connect::{Answer, Error, ErrorKind};
use nightjar_incident::Content;

/// What comes together while a question is answered: what was asked, what went wrong on the way.
#[derive(Debug, Default)]
pub(crate) struct Told {
    queries: Vec<String>,
    notes: Vec<String>,
    /// What ended the asking before it was through.
    end: Option<Error>,
    /// The first thing that went wrong.
    failed: Option<Error>,
    came: bool,
}

impl Told {
    /// One more thing was asked and answered.
    pub(crate) fn answered(&mut self, query: &str) {
        self.queries.push(query.to_owned());
        self.came = true;
    }

    /// One more thing was asked and not answered: what one statement may not see the next may, while a
    /// connection that is gone answers no more.
    pub(crate) fn failed(&mut self, query: &str, error: Error) {
        self.queries.push(query.to_owned());
        match error.kind {
            ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::BadQuery => {
                self.note(format!(
                    "{}: {} (asked: {})",
                    error.kind.label(),
                    error.message,
                    error.asked
                ));
            }
            ErrorKind::RateLimited { .. }
            | ErrorKind::Timeout
            | ErrorKind::Unavailable
            | ErrorKind::Protocol
            | ErrorKind::TooLarge
            | ErrorKind::NotRecorded => self.end = Some(error.clone()),
        }
        self.failed.get_or_insert(error);
    }

    /// Whether there is somebody left to ask.
    pub(crate) fn goes_on(&self) -> bool {
        self.end.is_none()
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The answer; an error where nothing came at all.
    pub(crate) fn answer(self, content: Content, cut: Option<String>) -> Result<Answer, Error> {
        if let Some(error) = self.failed
            && !self.came
        {
            return Err(error);
        }
        let end =
            self.end.map(|error| format!("cut here: {}: {}", error.kind.label(), error.message));
        let truncated = match (end, cut) {
            (Some(end), Some(cut)) => Some(format!("{cut}; {end}")),
            (end, cut) => end.or(cut),
        };
        Ok(Answer { query: self.queries.join(";\n"), content, truncated, notes: self.notes })
    }
}
