//! Asks the connections, writing each question down before it is sent.

use std::borrow::Cow;
use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Answer, Connection, Error, Query, Question};
use nightjar_incident::journal::{Digest, Kind};
use nightjar_incident::{Content, Evidence, EvidenceId, ExecutionId, Gap, SpaceId, Window};
use nightjar_topology::{EntityId, Names, Topology};
use serde_json::json;

use crate::budget::{self, Left, Spent};
use crate::keeper::Refused;
use crate::policy::Policy;
use crate::record::Recorder;

/// What an execution has seen so far.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) gaps: Vec<Gap>,
    /// What that has cost.
    pub(crate) spent: Spent,
    asked: Vec<Asked>,
    /// Who is who among the connections, once they told what they know.
    names: Names,
    /// The budget that ended asking, if one did.
    used_up: Option<String>,
}

/// A question that was asked.
struct Asked {
    question: Question,
    entities: BTreeSet<EntityId>,
    /// Whether nothing of the answers was cut.
    is_whole: bool,
    /// Where its answers begin in the evidence.
    from: usize,
}

impl Gathered {
    /// Whether asking ended before it was through.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.used_up.is_some()
    }

    /// Whether all there is of a kind was answered for an entity.
    pub(crate) fn is_seen(&self, question: Question, entity: &EntityId) -> bool {
        let about = |asked: &&Asked| asked.question == question && asked.entities.contains(entity);
        self.asked.iter().filter(about).any(|asked| asked.is_whole)
    }

    /// The evidence to think about. What was asked again of a few entities is taken from the later
    /// answer alone: a line that both hold is one line.
    pub(crate) fn considered(&self) -> Cow<'_, [Evidence]> {
        let mut found = Cow::Borrowed(&*self.evidence);
        for (at, later) in self.asked.iter().enumerate() {
            let again = |earlier: &Asked| {
                earlier.question == later.question && !earlier.entities.is_disjoint(&later.entities)
            };
            if self.asked.iter().take(at).any(again) {
                for piece in found.to_mut().iter_mut().take(later.from) {
                    leave_out(&mut piece.content, later.question, &later.entities);
                }
            }
        }
        found
    }
}

/// Takes what an answer holds of some entities out of it.
fn leave_out(content: &mut Content, question: Question, entities: &BTreeSet<EntityId>) {
    match (content, question) {
        (Content::Series(series), Question::Metrics) => {
            series.retain(|series| !entities.contains(&series.entity));
        }
        (Content::Logs(lines), Question::Logs) => {
            lines.retain(|line| !entities.contains(&line.entity));
        }
        (Content::Spans(spans), Question::Traces) => {
            spans.retain(|span| !entities.contains(&span.entity));
        }
        // Changes carry ids: the same one told twice is one change.
        (_, _) => {}
    }
}

/// A question on its way to a connection.
struct Put<'a> {
    /// The connection's place in the list.
    part: usize,
    connection: &'a Connection,
    /// The question, in the connection's own names.
    query: Query,
}

impl Put<'_> {
    async fn ask(&self) -> Option<Result<Answer, Error>> {
        self.connection.ask(&self.query).await
    }
}

/// Who is who, by what each connection told of the topology.
fn names(
    connections: usize,
    asked: &[Put<'_>],
    answers: &[Option<Result<Answer, Error>>],
) -> Names {
    let nothing = Topology::default();
    let mut parts = vec![&nothing; connections];
    for (put, answer) in asked.iter().zip(answers) {
        if let Some(Ok(answer)) = answer
            && let Content::Inventory(snapshot) = &answer.content
            && let Some(part) = parts.get_mut(put.part)
        {
            *part = snapshot;
        }
    }
    Names::of(&parts)
}

/// Puts common names in the place of a connection's own.
fn in_common(content: &mut Content, names: &Names, part: usize) {
    let put = |entity: &mut EntityId| *entity = names.common(part, entity);
    let put_all = |entities: &mut Vec<EntityId>| entities.iter_mut().for_each(put);
    match content {
        Content::Series(series) => {
            for series in series {
                put(&mut series.entity);
                series.peer.iter_mut().for_each(put);
            }
        }
        Content::Logs(lines) => lines.iter_mut().for_each(|line| put(&mut line.entity)),
        Content::Spans(spans) => {
            for span in spans {
                put(&mut span.entity);
                span.peer.iter_mut().for_each(put);
            }
        }
        Content::Changes(changes) => changes.iter_mut().for_each(|c| put_all(&mut c.entities)),
        Content::Inventory(snapshot) => *snapshot = names.translated(part, snapshot),
        Content::Text(_) => {}
    }
}

/// Whom to ask, on whose behalf and when.
pub(crate) struct Asking<'a> {
    pub(crate) connections: &'a [Connection],
    pub(crate) policy: &'a Policy,
    pub(crate) space: &'a SpaceId,
    pub(crate) execution: &'a ExecutionId,
    pub(crate) now: Timestamp,
    /// When the trouble began, as far as the alerts tell.
    pub(crate) since: Option<Timestamp>,
}

impl Asking<'_> {
    /// Puts questions about some entities to every connection that can answer them, all at once.
    /// An unanswered question is a gap with the reason; a question nobody can answer is one too, and so is
    /// one that the budget doesn't allow any more.
    ///
    /// # Errors
    /// When the questions can't be written down; none is sent then.
    pub(crate) async fn ask(
        &self,
        questions: &[Question],
        entities: &[EntityId],
        gathered: &mut Gathered,
        recorder: &mut Recorder<'_, '_>,
    ) -> Result<(), Refused> {
        let mut asked: Vec<Put<'_>> = Vec::new();
        let from = gathered.evidence.len();
        for &question in questions {
            let known = asked.len();
            let able = self.connections.iter().enumerate().filter(|(_, c)| c.answers(question));
            asked.extend(able.map(|(part, connection)| {
                let named = |entity| gathered.names.local(part, entity);
                let query = Query {
                    question,
                    entities: entities.iter().map(named).collect(),
                    window: self.window(question),
                    limit: self.policy.answer_limit,
                    since: self.since,
                };
                Put { part, connection, query }
            }));
            if asked.len() == known {
                gathered.gaps.push(Gap {
                    entity: None,
                    wanted: question.label().to_owned(),
                    reason: "no connection provides them".to_owned(),
                    would_tell: would_tell(question).to_owned(),
                });
            }
        }
        let unasked = self.cut(&mut asked, gathered, recorder).await?;
        for Put { connection, query, .. } in &asked {
            let body = json!({
                "asks": connection.source, "question": query.question,
                "entities": query.entities.len(), "window": query.window, "limit": query.limit,
            });
            recorder.write(Kind::FetchingData, "agent", body);
        }
        recorder.flush().await?;
        let first = gathered.asked.len();
        let whole = questions.iter().filter(|question| !unasked.contains(question));
        gathered.asked.extend(whole.map(|&question| Asked {
            question,
            entities: entities.iter().cloned().collect(),
            is_whole: true,
            from,
        }));
        let mut answers = join_all(asked.iter().map(Put::ask)).await;
        gathered.spent.queries += asked.len() as u64;
        if questions.contains(&Question::Inventory) && entities.is_empty() {
            gathered.names = names(self.connections.len(), &asked, &answers);
        }
        for (Put { part, .. }, answer) in asked.iter().zip(&mut answers) {
            if let Some(Ok(answer)) = answer
                && !gathered.names.is_plain(*part)
            {
                in_common(&mut answer.content, &gathered.names, *part);
            }
        }
        for (Put { connection, query, .. }, answer) in asked.iter().zip(answers) {
            match answer {
                None => {}
                Some(Ok(answer)) => {
                    let of = |asked: &&mut Asked| asked.question == query.question;
                    if let Some(asked) = gathered.asked.iter_mut().skip(first).find(of) {
                        asked.is_whole &= answer.truncated.is_none();
                    }
                    let number = gathered.evidence.len() + 1;
                    let evidence = Evidence {
                        id: EvidenceId::new(format!("{}/ev-{number}", self.execution)),
                        space: self.space.clone(),
                        source: connection.source.clone(),
                        query: answer.query,
                        window: query.window,
                        taken_at: self.now,
                        content: answer.content,
                        truncated: answer.truncated,
                        notes: answer.notes,
                    };
                    let digest = self.policy.digest_answers.then(|| {
                        let content = serde_json::to_vec(&evidence.content).unwrap_or_default();
                        gathered.spent.bytes += content.len() as u64;
                        Digest::of(&content)
                    });
                    let body = json!({
                        "answered": evidence.source, "evidence": evidence.id,
                        "question": query.question, "query": evidence.query,
                        "pieces": evidence.content.len(), "digest": digest,
                        "truncated": evidence.truncated, "notes": evidence.notes,
                    });
                    recorder.write(Kind::FetchingData, "agent", body);
                    gathered.evidence.push(evidence);
                }
                Some(Err(error)) => {
                    let gap = Gap {
                        entity: None,
                        wanted: format!(
                            "{} from `{}`",
                            query.question.label(),
                            connection.source.connection
                        ),
                        reason: format!("{}: {}", error.kind.label(), error.message),
                        would_tell: would_tell(query.question).to_owned(),
                    };
                    recorder.write(Kind::Error, "agent", json!({ "gap": gap, "error": error }));
                    gathered.gaps.push(gap);
                }
            }
        }
        Ok(())
    }

    /// Takes out of the queries what the budget doesn't allow, writes that down, and leaves a gap for each
    /// question they were for. Answers with these.
    async fn cut(
        &self,
        asked: &mut Vec<Put<'_>>,
        gathered: &mut Gathered,
        recorder: &mut Recorder<'_, '_>,
    ) -> Result<Vec<Question>, Refused> {
        let left = match &gathered.used_up {
            // It isn't asked for again: what is used up stays so for the rest of an execution.
            Some(budget) => Left::Queries { most: 0, budget: budget.clone() },
            None if asked.is_empty() => Left::Enough,
            None => recorder.left(gathered.spent).await?,
        };
        let Left::Queries { most, budget } = left else { return Ok(Vec::new()) };
        let most_here = usize::try_from(most).unwrap_or(usize::MAX);
        if asked.len() <= most_here {
            return Ok(Vec::new());
        }
        let mut unasked: Vec<Question> = Vec::new();
        let cut = asked.split_off(most_here);
        for Put { query, .. } in &cut {
            if !unasked.contains(&query.question) {
                unasked.push(query.question);
            }
        }
        gathered.gaps.extend(unasked.iter().map(|&question| Gap {
            entity: None,
            wanted: question.label().to_owned(),
            reason: budget::reason(&budget),
            would_tell: would_tell(question).to_owned(),
        }));
        if gathered.used_up.is_none() {
            recorder.write(Kind::Decision, "agent", budget::ending(most, &budget, cut.len()));
            gathered.used_up = Some(budget);
        }
        Ok(unasked)
    }

    fn window(&self, question: Question) -> Window {
        let back = match question {
            Question::Metrics => self.policy.metrics_lookback,
            Question::Logs | Question::Traces => self.policy.details_lookback,
            Question::Changes => self.policy.changes_lookback,
            Question::Inventory => SignedDuration::ZERO,
        };
        let from = self.now.saturating_sub(back).unwrap_or(Timestamp::MIN);
        Window { from, to: self.now }
    }
}

/// What an answer would decide, for the gap that its absence leaves.
fn would_tell(question: Question) -> &'static str {
    match question {
        Question::Metrics => "where time and errors arise, and which resource ran short",
        Question::Logs => "what the programs themselves say about it",
        Question::Traces => "which call fails first and whose own time grew",
        Question::Changes => "whether somebody set it off",
        Question::Inventory => "what depends on what",
    }
}
