//! Statements without what they are about: literals are somebody's data.

/// The most of a statement that is kept, characters.
const MOST: usize = 300;

/// A statement with `?` in the place of strings and numbers, in one line, without comments. What isn't closed
/// goes on to the end: databases cut long statements. Understands the quoting of PostgreSQL and MySQL, and where
/// they differ (`"` and `\`) rather hides too much.
pub(crate) fn without_literals(statement: &str) -> String {
    let letters: Vec<char> = statement.chars().take(20_000).collect();
    let mut out = String::new();
    let mut at = 0;
    let get = |at: usize| letters.get(at).copied();
    while let Some(letter) = get(at) {
        let before = out.chars().next_back();
        let in_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        match letter {
            '\'' => {
                at = closed(&letters, at, '\'');
                // The mark of a kind of string (`E'…'`, `N'…'`, `x'…'`) goes with it.
                push(&mut out, '?');
            }
            '"' | '`' => {
                let end = closed(&letters, at, letter);
                out.extend(letters.get(at..end).unwrap_or_default());
                at = end;
            }
            '-' if get(at + 1) == Some('-') => at = line(&letters, at),
            '#' if get(at + 1).is_none_or(|c| c.is_whitespace()) => at = line(&letters, at),
            '/' if get(at + 1) == Some('*') => {
                at += 2;
                while at < letters.len() && !(get(at) == Some('*') && get(at + 1) == Some('/')) {
                    at += 1;
                }
                at += 2;
                push(&mut out, ' ');
            }
            '$' if !in_name => match tag(&letters, at) {
                Some(tag) => {
                    at = dollar(&letters, at, &tag);
                    push(&mut out, '?');
                }
                None => {
                    out.push('$');
                    at += 1;
                    while let Some(digit) = get(at).filter(char::is_ascii_digit) {
                        out.push(digit);
                        at += 1;
                    }
                }
            },
            digit if digit.is_ascii_digit() && !in_name => {
                while get(at).is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_') {
                    at += 1;
                }
                push(&mut out, '?');
            }
            space if space.is_whitespace() || space.is_control() => {
                push(&mut out, ' ');
                at += 1;
            }
            other => {
                out.push(other);
                at += 1;
            }
        }
    }
    hidden_password(out.trim()).chars().take(MOST).collect()
}

/// Spaces come once.
fn push(out: &mut String, letter: char) {
    if letter != ' ' || !out.ends_with(' ') {
        out.push(letter);
    }
}

/// Behind the quote that closes; doubled ones and those behind a backslash don't.
fn closed(letters: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while let Some(letter) = letters.get(at) {
        if *letter == '\\' && quote != '`' {
            at += 2;
        } else if *letter == quote {
            if letters.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    letters.len()
}

fn line(letters: &[char], from: usize) -> usize {
    let rest = letters.get(from..).unwrap_or_default();
    rest.iter().position(|letter| *letter == '\n').map_or(letters.len(), |end| from + end)
}

/// The tag of a string that begins here in dollars: `$$`, `$body$`.
fn tag(letters: &[char], from: usize) -> Option<Vec<char>> {
    let rest = letters.get(from + 1..)?;
    let end = rest.iter().position(|letter| *letter == '$')?;
    let name = rest.get(..end)?;
    let fits = name.iter().all(|c| c.is_alphanumeric() || *c == '_')
        && !name.first().is_some_and(char::is_ascii_digit);
    fits.then(|| letters.get(from..from + end + 2).unwrap_or_default().to_vec())
}

fn dollar(letters: &[char], from: usize, tag: &[char]) -> usize {
    let begin = from + tag.len();
    let rest = letters.get(begin..).unwrap_or_default();
    rest.windows(tag.len())
        .position(|part| part == tag)
        .map_or(letters.len(), |end| begin + end + tag.len())
}

/// What stands in double quotes is a name to PostgreSQL and may be a string to MySQL: behind `PASSWORD` and
/// `IDENTIFIED BY` nothing is kept.
fn hidden_password(statement: &str) -> &str {
    let lower = statement.to_ascii_lowercase();
    let marks = [" password", "identified ", "password ("];
    let first = marks.iter().filter_map(|mark| Some(lower.find(mark)? + mark.len())).min();
    first.and_then(|end| statement.get(..end)).unwrap_or(statement).trim_end()
}

#[cfg(test)]
mod tests {
    use super::without_literals as of;

    #[test]
    fn literals_go_and_names_stay() {
        assert_eq!(
            of("SELECT *  FROM t1 WHERE a = 'it''s\\' mine' AND b IN (1, 2.5e3, -7)\n -- secret\n"),
            "SELECT * FROM t1 WHERE a = ? AND b IN (?, ?, -?)"
        );
        assert_eq!(
            of("UPDATE \"a\"\"1\" SET x2=$1 /* pin 1234 */ WHERE y=$2"),
            "UPDATE \"a\"\"1\" SET x2=$1 WHERE y=$2"
        );
        assert_eq!(of("DO $x$ BEGIN secret $$ END $x$ LANGUAGE sql"), "DO ? LANGUAGE sql");
        assert_eq!(of("SELECT 'cut off by the serv"), "SELECT ?");
        assert_eq!(of("SELECT 1 # mine\n+ 2"), "SELECT ? + ?");
        assert_eq!(of("ALTER ROLE x PASSWORD \"hunter2\""), "ALTER ROLE x PASSWORD");
        assert_eq!(of("CREATE USER a IDENTIFIED BY \"hunter2\""), "CREATE USER a IDENTIFIED");
    }

    #[test]
    fn nothing_makes_it_stumble() {
        for odd in [
            "",
            "$",
            "$$",
            "$1$",
            "'",
            "/*",
            "--",
            "\\",
            "É'é",
            "\"",
            "`",
            "#",
            "1",
            "/*/",
            "$é$x$é$",
        ] {
            of(odd);
        }
        assert_eq!(of(&"x ".repeat(10_000)).chars().count(), 300);
    }
}
