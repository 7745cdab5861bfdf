/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// At most so many; the store clamps it to 1..=1000.
    pub limit: usize,
    /// Where the page before ended; `None` for the first.
    pub after: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The records, in the list's order.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; `None` at the end. Opaque to callers; a cursor that
    /// wasn't made by the same list is [`crate::Error::Invalid`].
    pub next: Option<String>,
}
