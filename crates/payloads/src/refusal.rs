/// Why there is no alert in a message.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It couldn't be read: which field was expected and what stood there.
    Unreadable(String),
    /// It was understood and speaks of something else.
    NoAlert(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Unreadable(reason)
    }
}
