//! Many requests for one question: some at a time, all out of one allowance.

use std::future::Future;

use futures::future::join_all;
use nightjar_connect::{Error, ErrorKind};

use crate::limits::Allowance;

/// How many requests of one question are under way together. The door lets through fewer where it was
/// told to; more would only make the shares of each smaller.
const TOGETHER: usize = 4;

/// What many requests brought.
pub(crate) struct Brought<T> {
    /// In the order of the items.
    pub(crate) answers: Vec<T>,
    /// How many items nobody asked about, or in vain, because time or bytes were used up.
    pub(crate) missing: usize,
}

/// Asks about each item. What goes beyond the allowance is left out and counted.
///
/// # Errors
/// With the first trouble of another sort, or when nothing came at all.
pub(crate) async fn in_waves<I, T, F>(
    items: Vec<I>,
    allowance: &mut Allowance,
    ask: impl Fn(I, Allowance) -> F,
) -> Result<Brought<T>, Error>
where
    F: Future<Output = (Result<T, Error>, Allowance)>,
{
    let mut brought = Brought { answers: Vec::new(), missing: 0 };
    let mut first_trouble = None;
    let mut items = items.into_iter();
    loop {
        let wave: Vec<I> = items.by_ref().take(TOGETHER).collect();
        if wave.is_empty() {
            break;
        }
        if !allowance.is_left() {
            brought.missing += wave.len() + items.len();
            break;
        }
        let bytes = allowance.bytes / wave.len();
        let share = Allowance { bytes, ..*allowance };
        let asked = join_all(wave.into_iter().map(|item| ask(item, share))).await;
        for (answer, left) in asked {
            allowance.bytes = allowance.bytes.saturating_sub(bytes.saturating_sub(left.bytes));
            match answer {
                Ok(answer) => brought.answers.push(answer),
                Err(error) if matches!(error.kind, ErrorKind::Timeout | ErrorKind::TooLarge) => {
                    brought.missing += 1;
                    first_trouble.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
    }
    match first_trouble {
        Some(error) if brought.answers.is_empty() => Err(error),
        Some(_) | None => Ok(brought),
    }
}
