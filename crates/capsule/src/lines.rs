//! Reading line by line without ever holding more than one line of a limited length.

use std::io::{self, BufRead, Read as _};

use serde::de::DeserializeOwned;

use crate::Error;
use crate::limits::Budget;
use crate::notes::Notes;

/// Gives every line to `take`, with its number from 1.
///
/// A line that is too long or isn't UTF-8 is noted and left out; so is the rest of a compressed
/// file that ends before its end. Blank lines are nothing.
pub(crate) fn each_line(
    mut reader: impl BufRead,
    budget: &mut Budget,
    notes: &mut Notes,
    mut take: impl FnMut(u64, &str, &mut Budget, &mut Notes) -> Result<(), Error>,
) -> Result<(), Error> {
    let longest = u64::try_from(budget.limits.line_bytes).unwrap_or(u64::MAX);
    let mut buffer: Vec<u8> = Vec::new();
    for number in 1_u64.. {
        buffer.clear();
        // One byte more than allowed, for the line's end.
        let taken = reader.by_ref().take(longest.saturating_add(1)).read_until(b'\n', &mut buffer);
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return broken_off(&error, number, notes),
        };
        budget.bytes(notes.file(), u64::try_from(taken).unwrap_or(u64::MAX))?;
        if taken == 0 {
            return Ok(());
        }
        let ended = buffer.last() == Some(&b'\n');
        if !ended && buffer.len() > budget.limits.line_bytes {
            let mut length = u64::try_from(taken).unwrap_or(u64::MAX);
            match skip_line(&mut reader, &mut length, budget, notes)? {
                Ok(()) => {}
                Err(error) => return broken_off(&error, number, notes),
            }
            notes.at(
                number,
                format!("a line of at most {longest} bytes expected, found {length}; left out"),
            );
            continue;
        }
        // A byte order mark is no part of the text.
        let bytes = match buffer.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if number == 1 => rest,
            Some(_) | None => &buffer,
        };
        match std::str::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => take(number, text.trim(), budget, notes)?,
            Err(error) => {
                let at = error.valid_up_to() + 1;
                notes.at(
                    number,
                    format!("UTF-8 expected, found something else at byte {at}; left out"),
                );
            }
        }
    }
    Ok(())
}

/// Goes to the end of the line. The outer error is ours, the inner one the reader's.
fn skip_line(
    reader: &mut impl BufRead,
    length: &mut u64,
    budget: &mut Budget,
    notes: &Notes,
) -> Result<io::Result<()>, Error> {
    loop {
        let here = match reader.fill_buf() {
            Ok(here) => here,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(error)),
        };
        if here.is_empty() {
            return Ok(Ok(()));
        }
        // `contains` is a search by words, `position` one by bytes: most of a long line has no end.
        let end =
            if here.contains(&b'\n') { here.iter().position(|&byte| byte == b'\n') } else { None };
        let skipped = end.unwrap_or(here.len());
        reader.consume(skipped + usize::from(end.is_some()));
        let skipped = u64::try_from(skipped).unwrap_or(u64::MAX);
        budget.bytes(notes.file(), skipped)?;
        *length = length.saturating_add(skipped);
        if end.is_some() {
            return Ok(Ok(()));
        }
    }
}

/// What became of a file that can't be read to its end: what came before counts.
fn broken_off(error: &io::Error, line: u64, notes: &mut Notes) -> Result<(), Error> {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed file is cut off".to_owned(),
        _ => format!("cannot read on: {error}"),
    };
    notes.at(line, format!("{why}; what came before is kept"));
    Ok(())
}

/// Reads one line of JSON, or says what was expected and what was found.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, expected: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        let cut_off = if error.is_eof() { " (the line is cut off)" } else { "" };
        format!("{expected} expected, found: {words} at column {}{cut_off}", error.column())
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;
    use crate::Limits;

    fn read(reader: impl BufRead, limits: Limits) -> (Vec<(u64, String)>, Vec<String>) {
        let mut lines = Vec::new();
        let mut notes = Notes::new("part.jsonl", limits.notes_per_file);
        let mut budget = Budget::new(limits);
        each_line(reader, &mut budget, &mut notes, |number, text, _, _| {
            lines.push((number, text.to_owned()));
            Ok(())
        })
        .unwrap();
        (lines, notes.finish())
    }

    #[test]
    fn a_line_of_one_gibibyte_is_passed_over_without_being_held() {
        let long = io::repeat(b'x').take(1 << 30);
        let all = Cursor::new("before\n").chain(long).chain(Cursor::new("\nafter\n"));
        let (lines, notes) = read(BufReader::with_capacity(1 << 16, all), Limits::default());
        assert_eq!(lines, [(1, "before".to_owned()), (3, "after".to_owned())]);
        assert_eq!(
            notes,
            ["part.jsonl:2: a line of at most 16777216 bytes expected, found 1073741824; left out"]
        );
    }

    #[test]
    fn a_line_as_long_as_allowed_is_read() {
        let limits = Limits { line_bytes: 4, ..Limits::default() };
        let (lines, notes) = read(Cursor::new("1234\n12345\n1234"), limits);
        assert_eq!(lines, [(1, "1234".to_owned()), (3, "1234".to_owned())]);
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn bytes_that_are_no_text_are_noted_with_their_line() {
        let (lines, notes) = read(Cursor::new(b"a\n\xff\xfe\nb\n".as_slice()), Limits::default());
        assert_eq!(lines, [(1, "a".to_owned()), (3, "b".to_owned())]);
        assert_eq!(
            notes,
            ["part.jsonl:2: UTF-8 expected, found something else at byte 1; left out"]
        );
    }

    #[test]
    fn notes_beyond_the_limit_are_counted() {
        let limits = Limits { notes_per_file: 2, line_bytes: 1, ..Limits::default() };
        let (_, notes) = read(Cursor::new("aa\nbb\ncc\ndd\n"), limits);
        assert_eq!(notes.len(), 3);
        assert_eq!(notes[2], "part.jsonl: 2 more notes like these");
    }
}
