//! What is wrong with a request or an answer, and where.

/// How many things that are wrong are told one by one; the rest is counted.
const TOLD: usize = 50;

/// How much of a name that somebody sent is repeated, in characters.
const NAME_CHARACTERS: usize = 64;

/// How much of a path is repeated, in characters.
const PATH_CHARACTERS: usize = 512;

/// A request that doesn't fit the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// All of it in one sentence; holds no value that was sent.
    pub message: String,
    /// What is wrong, one by one and at most fifty; empty where the body couldn't be read at all.
    pub fields: Vec<Field>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where, as a JSON pointer: `/configuration/aws/accountId`.
    pub path: String,
    /// What, in a whole sentence that names the path again.
    pub message: String,
}

impl Field {
    /// `expected` is worded as AWS does: "Member must …".
    pub(crate) fn new(path: String, expected: &str) -> Self {
        let message = format!("Value at '{path}' failed to satisfy constraint: {expected}");
        Self { path, message }
    }
}

impl Invalid {
    pub(crate) fn of(fields: Vec<Field>) -> Self {
        let total = fields.len();
        Findings { fields, total, are_of_answer: false }.into_invalid()
    }

    pub(crate) fn unreadable(message: String) -> Self {
        Self { message, fields: Vec::new() }
    }
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    fields: Vec<Field>,
    total: usize,
    /// Whether it is an answer that is looked at: of ourselves more is expected.
    pub(crate) are_of_answer: bool,
}

impl Findings {
    pub(crate) fn of_answer() -> Self {
        Self { are_of_answer: true, ..Self::default() }
    }

    pub(crate) fn add(&mut self, path: &Path<'_>, expected: &str) {
        self.total += 1;
        if self.fields.len() < TOLD {
            self.fields.push(Field::new(path.render(), expected));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(crate) fn into_fields(self) -> Vec<Field> {
        self.fields
    }

    pub(crate) fn into_invalid(self) -> Invalid {
        let told: Vec<&str> = self.fields.iter().map(|field| field.message.as_str()).collect();
        let plural = if self.total == 1 { "" } else { "s" };
        let mut message =
            format!("{} validation error{plural} detected: {}", self.total, told.join("; "));
        if self.total > told.len() {
            message.push_str("; and more");
        }
        Invalid { message, fields: self.fields }
    }
}

/// Where in a value we are. Links of a chain on the stack, so that a path costs nothing until
/// something is wrong there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    Root,
    Name(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// As a JSON pointer (RFC 6901), shortened where what was sent is long.
    pub(crate) fn render(&self) -> String {
        let mut parts = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                Path::Root => break,
                Path::Name(above, name) => {
                    parts.push(shorten(name).replace('~', "~0").replace('/', "~1"));
                    above
                }
                Path::Index(above, index) => {
                    parts.push(index.to_string());
                    above
                }
            };
        }
        let mut path = String::new();
        for part in parts.iter().rev() {
            path.push('/');
            path.push_str(part);
        }
        if path.chars().count() <= PATH_CHARACTERS {
            return path;
        }
        path.chars().take(PATH_CHARACTERS).chain(['…']).collect()
    }
}

/// A name that somebody sent: short, and harmless where it is shown.
pub(crate) fn shorten(name: &str) -> String {
    let mut shown: String = name
        .chars()
        .take(NAME_CHARACTERS)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if name.chars().nth(NAME_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_json_pointer() {
        assert_eq!(Path::Root.render(), "");
        let list = Path::Name(&Path::Root, "a/b~c");
        assert_eq!(Path::Index(&list, 3).render(), "/a~1b~0c/3");
    }

    #[test]
    fn long_names_and_control_characters_are_not_repeated() {
        let name = "x".repeat(100);
        assert_eq!(Path::Name(&Path::Root, &name).render().chars().count(), 66);
        assert_eq!(Path::Name(&Path::Root, "a\u{1b}[2J").render(), "/a\u{fffd}[2J");
    }

    #[test]
    fn one_error_and_many_are_worded_as_aws_does() {
        let mut findings = Findings::default();
        findings.add(&Path::Name(&Path::Root, "name"), "Member must not be null");
        let one = "1 validation error detected: Value at '/name' failed to satisfy constraint: Member must not be null";
        assert_eq!(findings.into_invalid().message, one);

        let mut findings = Findings::default();
        for _ in 0..80 {
            findings.add(&Path::Root, "Member must not be null");
        }
        let invalid = findings.into_invalid();
        assert!(invalid.message.starts_with("80 validation errors detected: Value at ''"));
        assert!(invalid.message.ends_with("; and more"));
        assert_eq!(invalid.fields.len(), 50);
    }
}
