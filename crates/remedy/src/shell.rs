//! Commands for a POSIX shell from untrusted names.

/// A command being written: fixed words of ours, and values from outside that are quoted.
///
/// INVARIANT: once a value can't be quoted safely the command is lost for good; the caller then
/// describes the way through the console instead.
#[derive(Clone, Debug)]
pub(crate) struct Command(Option<String>);

impl Command {
    /// Starts with words of our own.
    pub(crate) fn new(words: &'static str) -> Self {
        Self(Some(words.into()))
    }

    /// Adds words of our own.
    pub(crate) fn words(mut self, words: &'static str) -> Self {
        if let Some(text) = &mut self.0 {
            text.push(' ');
            text.push_str(words);
        }
        self
    }

    /// Adds words of our own, if there are any.
    pub(crate) fn rest(self, words: &'static str) -> Self {
        if words.is_empty() { self } else { self.words(words) }
    }

    /// Adds a value from outside as a word of its own.
    pub(crate) fn value(self, value: &str) -> Self {
        self.joined("", value)
    }

    /// Adds a value from outside behind a prefix of ours in the same word: `deployment/` and
    /// `checkout`.
    pub(crate) fn joined(mut self, prefix: &'static str, value: &str) -> Self {
        // A leading dash would be taken for an option, with or without quotes.
        let quoted = if prefix.is_empty() && value.starts_with('-') { None } else { quote(value) };
        self.0 = match (self.0, quoted) {
            (Some(text), Some(quoted)) => Some(format!("{text} {prefix}{quoted}")),
            (None, _) | (_, None) => None,
        };
        self
    }

    /// Adds words of our own that a shell would act on, as one word: a statement in SQL.
    pub(crate) fn quoted(mut self, words: &'static str) -> Self {
        if words.contains('\'') {
            self.0 = None;
        }
        if let Some(text) = &mut self.0 {
            text.push_str(" '");
            text.push_str(words);
            text.push('\'');
        }
        self
    }

    /// Adds an option with a value from outside, if there is one.
    pub(crate) fn option(self, option: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.words(option).value(value),
            None => self,
        }
    }

    /// The command, if every value could be quoted.
    pub(crate) fn finish(self) -> Option<String> {
        self.0
    }
}

/// The words of ours in a command that stand for something only the reader knows.
pub(crate) fn blanks(command: &str) -> Vec<&str> {
    // Words of ours in capitals that mean what they say, and those that are blanks without an
    // underscore.
    const MEANT: [&str; 1] = ["PAY_PER_REQUEST"];
    const BLANK: [&str; 3] = ["ALIAS", "DATABASE", "PID"];
    let is_blank = |word: &&str| {
        let is_capital = |c: char| c.is_ascii_uppercase() || c == '_';
        BLANK.contains(word)
            || (word.contains('_') && word.chars().all(is_capital) && !MEANT.contains(word))
    };
    let mut found = Vec::new();
    for word in command.split([' ', '=', ',', '(', ')', '\'']).filter(is_blank) {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// A way through a console, marked so that nobody pastes it into a shell.
pub(crate) fn console(way: &str) -> Option<String> {
    Some(format!("Console: {way}"))
}

/// The first command that there is and that could be quoted; else the way through a console.
pub(crate) fn first<const N: usize>(commands: [Option<Command>; N], way: &str) -> Option<String> {
    commands.into_iter().flatten().find_map(Command::finish).or_else(|| console(way))
}

/// A value as one word of a POSIX shell; `None` where a reader could be misled about what it does.
///
/// Plain characters stay bare. Everything else in printable ASCII is put in single quotes, inside
/// which a shell interprets nothing. A single quote itself, control characters and everything
/// beyond ASCII (look-alikes, direction marks) aren't quoted: no platform allows them in names,
/// so such a name isn't the resource's.
pub(crate) fn quote(value: &str) -> Option<String> {
    const LONGEST: usize = 256;
    if value.is_empty() || value.len() > LONGEST {
        return None;
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(bare) {
        return Some(value.into());
    }
    let quotable = |c: char| (c.is_ascii_graphic() || c == ' ') && c != '\'';
    value.chars().all(quotable).then(|| format!("'{value}'"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_would_do_something_are_quoted_or_refused() {
        for (name, quoted) in [
            ("checkout", Some("checkout")),
            ("x; rm -rf /", Some("'x; rm -rf /'")),
            ("$(id)", Some("'$(id)'")),
            ("`id`", Some("'`id`'")),
            ("a b", Some("'a b'")),
            ("it's", None),
            ("a\nb", None),
            ("\u{202e}tuokcehc", None),
            ("", None),
        ] {
            assert_eq!(quote(name).as_deref(), quoted, "{name:?}");
        }
        assert_eq!(Command::new("kubectl delete").value("--all").finish(), None);
    }

    proptest! {
        /// What a POSIX shell makes of the quoted word is the name again, and nothing else.
        #[test]
        fn a_shell_reads_back_the_name(name in ".{0,40}") {
            if let Some(word) = quote(&name) {
                let read = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                match read {
                    Some(inner) => {
                        prop_assert_eq!(inner, &name);
                        prop_assert!(!inner.contains('\''));
                    }
                    None => {
                        let active = " ;|&$`()<>\\\"'*?[]{}~#!\n";
                        prop_assert!(!word.chars().any(|c| active.contains(c)));
                    }
                }
            }
        }
    }
}
