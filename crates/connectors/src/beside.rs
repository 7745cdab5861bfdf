//! Many requests for one question: some beside each other, all out of one allowance.

use std::future::Future;
use std::pin::pin;

use futures::stream::{self, Stream, StreamExt as _};
use nightjar_connect::{Error, ErrorKind};

use crate::limits::{Allowance, Shared};

/// What many requests brought.
pub(crate) struct Brought<T> {
    /// In the order of the items.
    pub(crate) answers: Vec<T>,
    /// How many items nobody asked about, or in vain, because time or bytes were used up.
    pub(crate) missing: usize,
}

/// Asks about each item, `at_once` beside each other; the answers come in the order of the items, whichever
/// comes first. Once time or bytes are used up, nothing more is asked: what is left is answered with an error
/// that says so. Whoever drops the stream ends what is under way.
pub(crate) fn beside<I, T, F>(
    items: Vec<I>,
    at_once: usize,
    shared: Shared,
    ask: impl Fn(I, Shared) -> F,
) -> impl Stream<Item = Result<T, Error>>
where
    F: Future<Output = Result<T, Error>>,
{
    let asked = stream::iter(items).map(move |item| {
        let (left, answer) = (shared.clone(), ask(item, shared.clone()));
        async move {
            match left.used_up() {
                None => answer.await,
                Some(kind) => Err(Error::new(
                    kind,
                    "one request of many",
                    "the budget of the question is used up",
                )),
            }
        }
    });
    asked.buffered(at_once.max(1))
}

/// Asks about each item, of which none may take more than its part of what is left: one that is too large is no
/// reason to lose the others. What goes beyond the allowance is left out and counted.
///
/// # Errors
/// With the first trouble of another sort, or when nothing came at all.
pub(crate) async fn ask_all<I, T, F>(
    items: Vec<I>,
    at_once: usize,
    allowance: &mut Allowance,
    ask: impl Fn(I, Shared) -> F,
) -> Result<Brought<T>, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let shared = Shared::new(*allowance);
    let mut brought = Brought { answers: Vec::new(), missing: 0 };
    let mut first_trouble = None;
    let at_once = at_once.min(items.len()).max(1);
    let mut answers = pin!(beside(items, at_once, shared.clone(), |item, shared| {
        let part = shared.bytes() / at_once;
        ask(item, shared.at_most(part))
    }));
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => brought.answers.push(answer),
            Err(error) if matches!(error.kind, ErrorKind::Timeout | ErrorKind::TooLarge) => {
                brought.missing += 1;
                first_trouble.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    allowance.bytes = shared.bytes();
    match first_trouble {
        Some(error) if brought.answers.is_empty() => Err(error),
        Some(_) | None => Ok(brought),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;
    use crate::limits::{Limits, Takes as _};

    /// Asks for so many bytes each; answers with what came, what is left, and how many were under way at most.
    async fn asked(
        sizes: &[usize],
        budget: usize,
    ) -> (Result<Brought<usize>, Error>, usize, usize) {
        let mut allowance = Allowance { bytes: budget, ..Limits::default().allowance() };
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let brought = ask_all(sizes.to_vec(), 3, &mut allowance, |size, mut shared| {
            let (now, most) = (&now, &most);
            async move {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                // Later ones are through first.
                for _ in 0..20 - size % 20 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, SeqCst);
                match shared.take(size) {
                    true => Ok(size),
                    false => Err(Error::new(ErrorKind::TooLarge, "it", "too much")),
                }
            }
        });
        let brought = brought.await;
        (brought, allowance.bytes, most.load(SeqCst))
    }

    #[tokio::test]
    async fn answers_keep_their_order_and_take_from_one_budget() {
        let sizes: Vec<usize> = (1..=10).collect();
        let (brought, left, most) = asked(&sizes, 100).await;
        let brought = brought.unwrap();
        assert_eq!((brought.answers, brought.missing, left, most), (sizes, 0, 45, 3));
    }

    #[tokio::test]
    async fn what_is_beyond_the_budget_is_counted_and_not_asked() {
        let (brought, left, _) = asked(&[1, 1, 25, 1, 1], 60).await;
        let brought = brought.unwrap();
        assert_eq!((brought.answers, brought.missing, left), (vec![1; 4], 1, 56));
        let (brought, left, _) = asked(&[30; 4], 90).await;
        let brought = brought.unwrap();
        assert_eq!((brought.answers, brought.missing, left), (vec![30; 3], 1, 0));
        let (nothing, ..) = asked(&[9, 9], 4).await;
        assert_eq!(nothing.err().map(|error| error.kind), Some(ErrorKind::TooLarge));
        let (nothing, ..) = asked(&[], 0).await;
        assert_eq!(nothing.unwrap().missing, 0);
    }
}
