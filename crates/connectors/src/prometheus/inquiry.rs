//! One question on its way: what is asked of the server for it, what that may still use, and what is told with
//! the answer.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Error, ErrorKind, Query};
use nightjar_incident::Window;

use super::answer::Series;
use super::api::{Api, Expression, Time, Told};
use crate::limits::Shared;

/// How far back from the end of a window one looks for names of metrics: what stopped lately is still asked for.
const NAMES_WITHIN: SignedDuration = SignedDuration::from_mins(60);

/// A question that is being answered.
pub(super) struct Inquiry<'a> {
    api: &'a Api,
    allowance: Shared,
    /// The last moment of the question's window: its end isn't within.
    pub(super) at: Timestamp,
    /// How long ago one also looks for who is there, seconds: just before the trouble, and half an hour ago. What
    /// has died has no sample any more, and is what an investigation is about.
    pub(super) ago: [i64; 2],
    /// What was asked, as a person can ask it again.
    pub(super) asked: Vec<String>,
    pub(super) notes: Vec<String>,
    /// What the server couldn't answer.
    failed: Vec<Error>,
    /// The first trouble that came of time or bytes being used up.
    cut: Option<Error>,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(api: &'a Api, query: &Query) -> Self {
        let Window { to, .. } = query.window;
        let before = query.since.map_or(300, |since| to.duration_since(since).as_secs() + 60);
        Self {
            api,
            allowance: api.allowance(),
            at: to.saturating_sub(SignedDuration::from_millis(1)).unwrap_or(to),
            ago: [before.clamp(60, 6 * 3600), 1800],
            asked: Vec::new(),
            notes: Vec::new(),
            failed: Vec::new(),
            cut: None,
        }
    }

    /// How many bytes may still be read.
    pub(super) fn bytes(&self) -> usize {
        self.allowance.bytes()
    }

    /// The names of metrics that a selector finds.
    pub(super) async fn names(&mut self, selector: &str) -> Result<BTreeSet<String>, Error> {
        let from = self.at.saturating_sub(NAMES_WITHIN).unwrap_or(self.at);
        let window = Window { from, to: self.at };
        let told = self.api.names(selector, window, self.allowance.clone()).await?;
        Ok(self.noted(told).into_iter().collect())
    }

    /// What each expression finds at the question's moment, in their order.
    ///
    /// # Errors
    /// With the first that isn't answered.
    pub(super) async fn all(&mut self, expressions: &[String]) -> Result<Vec<Vec<Series>>, Error> {
        let mut found = Vec::new();
        let mut answers = self.answers(self.now(expressions), usize::MAX);
        while let Some(answer) = answers.next().await {
            found.push(self.noted(answer?));
        }
        Ok(found)
    }

    /// The same where each tells something by itself: what the server can't answer alone, and what time and bytes
    /// aren't left for, is no reason to lose the rest. It is remembered, and nothing in the list.
    ///
    /// # Errors
    /// With the first trouble of another sort.
    pub(super) async fn each(
        &mut self,
        expressions: &[String],
    ) -> Result<Vec<Option<Vec<Series>>>, Error> {
        let mut found = Vec::new();
        let mut answers = self.answers(self.now(expressions), usize::MAX);
        while let Some(answer) = answers.next().await {
            found.push(self.one_of_many(answer)?);
        }
        Ok(found)
    }

    fn now(&self, expressions: &[String]) -> Vec<Expression> {
        let at = |text: &String| Expression { text: text.clone(), time: Time::At(self.at) };
        expressions.iter().map(at).collect()
    }

    /// The answers in the order of the expressions, so many of which are asked for beside each other, or as many
    /// as the connection allows.
    pub(super) fn answers(
        &self,
        expressions: Vec<Expression>,
        at_once: usize,
    ) -> BoxStream<'a, Result<Told<Vec<Series>>, Error>> {
        self.api.find_all(expressions, at_once, self.allowance.clone())
    }

    /// What was found, if this could be answered; remembers why not.
    ///
    /// # Errors
    /// Where the others would fare no better.
    pub(super) fn one_of_many(
        &mut self,
        answer: Result<Told<Vec<Series>>, Error>,
    ) -> Result<Option<Vec<Series>>, Error> {
        match answer {
            Ok(told) => return Ok(Some(self.noted(told))),
            Err(error) => match error.kind {
                ErrorKind::BadQuery => self.failed.push(error),
                ErrorKind::Timeout | ErrorKind::TooLarge => {
                    self.cut.get_or_insert(error);
                }
                _ => return Err(error),
            },
        }
        Ok(None)
    }

    /// What was found; what the server says to it becomes a note.
    fn noted<T>(&mut self, told: Told<T>) -> T {
        for warning in told.warnings {
            if !self.notes.contains(&warning) {
                self.notes.push(warning);
            }
        }
        told.data
    }

    /// Remembers that more came than may be kept.
    pub(super) fn cut_here(&mut self) {
        let too_much = || Error::new(ErrorKind::TooLarge, "the rest", "more came than may be kept");
        self.cut.get_or_insert_with(too_much);
    }

    /// Why there is nothing, where that isn't because nothing is there.
    pub(super) fn trouble(&mut self) -> Option<Error> {
        match self.failed.is_empty() {
            false => Some(self.failed.swap_remove(0)),
            true => self.cut.take(),
        }
    }

    /// What of the answer is missing because of trouble.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.cut.is_some() {
            missing.push("cut here: the budget of the question is used up".to_owned());
        }
        if let Some(error) = self.failed.first() {
            missing.push(format!(
                "{} queries failed, the first with: {}",
                self.failed.len(),
                error.message
            ));
        }
        missing
    }
}
