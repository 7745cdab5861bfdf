//! What goes into one query: several expressions, long lists of names in pieces.
//!
//! Many small answers cost more than a few larger ones; how long a query may be and how large its answer sets the
//! bounds.

use super::answer::Series;

/// Expressions in one query at most.
pub(super) const TOGETHER: usize = 8;

/// The longest list of names in one selector, bytes.
const LONGEST_LIST: usize = 4000;

/// The label that tells rows apart where several are asked for at once.
pub(super) const TAG: &str = "nightjar";

/// A label that nothing carries. It isn't the tag: VictoriaMetrics reads a label that it is about to write as
/// whatever stood in its place before.
const NO_LABEL: &str = "nightjar_none";

/// The longest query that is sent, bytes: VictoriaMetrics takes 16 kB.
const LONGEST: usize = 12_000;

/// What stands around an expression in a query, bytes.
const AROUND: usize = 64;

/// The most samples that one answer should hold: some ten megabytes, which a server writes in a second or two.
const HEAVIEST: usize = 400_000;

/// An expression that is asked for together with others.
pub(super) struct Asked {
    pub(super) number: usize,
    pub(super) expression: String,
    /// How many samples it may be answered with.
    pub(super) samples: usize,
}

/// Expressions that are asked for in one query.
pub(super) struct Batch {
    /// With the numbers by which their answers are told apart.
    expressions: Vec<(usize, String)>,
    /// How many samples they may be answered with.
    pub(super) samples: usize,
    /// Bytes of the query.
    length: usize,
}

impl Batch {
    fn of(asked: Asked) -> Self {
        let mut batch = Self { expressions: Vec::new(), samples: 0, length: 0 };
        batch.add(asked);
        batch
    }

    fn add(&mut self, Asked { number, expression, samples }: Asked) {
        self.length += expression.len() + AROUND;
        self.samples = self.samples.saturating_add(samples);
        self.expressions.push((number, expression));
    }

    fn has_room(&self, asked: &Asked, most: usize) -> bool {
        self.expressions.len() < most
            && self.length + asked.expression.len() + AROUND <= LONGEST
            && self.samples.saturating_add(asked.samples) <= HEAVIEST
    }

    pub(super) fn len(&self) -> usize {
        self.expressions.len()
    }

    /// The query; the tag tells the answers apart.
    pub(super) fn text(&self) -> String {
        let tagged = self.expressions.iter().map(|(number, expression)| {
            format!("label_replace({expression}, \"{TAG}\", \"{number}\", \"{NO_LABEL}\", \"\")")
        });
        tagged.collect::<Vec<_>>().join(" or ")
    }
}

/// Expressions in as few queries as the length of a query, the size of its answer and `most` for each allow.
pub(super) fn batches(asked: impl IntoIterator<Item = Asked>, most: usize) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for asked in asked {
        match batches.last_mut() {
            Some(last) if last.has_room(&asked, most) => last.add(asked),
            Some(_) | None => batches.push(Batch::of(asked)),
        }
    }
    batches
}

/// Lists of names, each short enough for a selector.
pub(super) fn pieces(values: Vec<&str>) -> Vec<Vec<&str>> {
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    let mut length = 0;
    for value in values {
        match pieces.last_mut() {
            Some(last) if length + value.len() <= LONGEST_LIST => last.push(value),
            Some(_) | None => {
                length = 0;
                pieces.push(vec![value]);
            }
        }
        length += 2 * value.len() + 1;
    }
    pieces
}

/// Which expression of a query a series answers.
pub(super) fn number(series: &Series) -> Option<usize> {
    series.metric.get(TAG)?.parse().ok()
}
