//! Lines of a file within a part of the time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::iter::once;
use std::ops::Range;

use super::{Budget, Found, Packing, SLACK_NANOS};

/// The part of the time to read, Unix nanoseconds, and when the trouble began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) since: Option<i64>,
    /// The longest line; of a longer one the beginning is given.
    pub(crate) line_bytes: usize,
}

/// Halving ends where so little is left that reading it costs less than looking further.
const FINE: u64 = 64 << 10;

/// How far a line with a time is looked for from the middle: a stack trace, a long line.
const PROBE_LINES: usize = 500;
const PROBE_BYTES: u64 = 8 << 20;

/// Which edge of a part is looked for. Where no time is found, too much is read rather than too little.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    End,
}

/// Gives the lines of a file that may lie within a part of the time to `take`, with whether each is
/// whole: the last line of a file that is being written may be half there, a long one is cut.
///
/// `time` tells the time of a line; nothing is asked of it about lines that go on with the one before.
/// Where the budget is smaller than the part, half of it is spent before the trouble and half since.
pub(crate) fn read(
    found: &Found,
    asked: Asked,
    budget: &mut Budget,
    time: &dyn Fn(&[u8]) -> Option<i64>,
    take: &mut dyn FnMut(&[u8], bool),
) -> io::Result<()> {
    // A file that was written last before the part begins holds nothing of it.
    if found.modified.is_some_and(|at| at < asked.from.saturating_sub(SLACK_NANOS)) {
        return Ok(());
    }
    let file = File::open(&found.path)?;
    match found.packing {
        Packing::Plain => plain(file, asked, budget, time, take),
        Packing::Gzip => {
            let reader = BufReader::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file)));
            packed(reader, asked, budget, time, take)
        }
        Packing::Zstd => {
            let mut decoder = zstd::Decoder::new(file)?;
            // The window that RFC 8878 asks every reader to have: 8 MiB.
            decoder.window_log_max(23)?;
            packed(BufReader::new(decoder), asked, budget, time, take)
        }
    }
}

fn packed(
    mut reader: impl BufRead,
    asked: Asked,
    budget: &mut Budget,
    time: &dyn Fn(&[u8]) -> Option<i64>,
    take: &mut dyn FnMut(&[u8], bool),
) -> io::Result<()> {
    let (from, to) = (asked.from.saturating_sub(SLACK_NANOS), asked.to.saturating_add(SLACK_NANOS));
    let mut line = Vec::new();
    let mut is_within = false;
    while let Some((length, is_whole)) =
        next_line(&mut reader, &mut line, asked.line_bytes, budget)?
    {
        if length == 0 {
            return Ok(());
        }
        match time(&line) {
            Some(at) if at >= to => return Ok(()),
            Some(at) => is_within = at >= from,
            None => {}
        }
        if is_within {
            take(&line, is_whole);
        }
    }
    Ok(())
}

fn plain(
    mut file: File,
    asked: Asked,
    budget: &mut Budget,
    time: &dyn Fn(&[u8]) -> Option<i64>,
    take: &mut dyn FnMut(&[u8], bool),
) -> io::Result<()> {
    // What comes while we read is of the next question.
    let size = file.metadata()?.len();
    let mut find = |at, edge| bounds(&mut file, size, at, edge, asked.line_bytes, time);
    let start = find(asked.from.saturating_sub(SLACK_NANOS), Edge::Begin)?.start;
    let end = find(asked.to.saturating_add(SLACK_NANOS), Edge::End)?.end.max(start);
    let middle = match asked.since.filter(|since| asked.from < *since && *since < asked.to) {
        Some(since) => find(since, Edge::Begin)?.start.clamp(start, end),
        None => start,
    };
    let parts = stretches(start..end, middle, budget.bytes);
    let read: u64 = parts.iter().map(|part| part.end - part.start).sum();
    budget.is_cut |= read < end.saturating_sub(start);
    for part in parts {
        lines(&mut file, part, size, asked.line_bytes, budget, take)?;
    }
    Ok(())
}

/// What of a part is read if there isn't enough for all: as much before the middle as behind it, next to
/// the middle; its end if the middle is its beginning.
fn stretches(all: Range<u64>, middle: u64, bytes: u64) -> Vec<Range<u64>> {
    let length = all.end.saturating_sub(all.start);
    if length <= bytes {
        return once(all).collect();
    }
    if middle <= all.start {
        return once(all.end - bytes..all.end).collect();
    }
    let (before, behind) = (middle - all.start, all.end - middle);
    let before = before.min((bytes / 2).max(bytes.saturating_sub(behind)));
    let behind = behind.min(bytes - before);
    vec![middle - before..middle, middle..middle + behind]
}

/// Gives the lines that begin within a part of the file.
fn lines(
    file: &mut File,
    part: Range<u64>,
    size: u64,
    line_bytes: usize,
    budget: &mut Budget,
    take: &mut dyn FnMut(&[u8], bool),
) -> io::Result<()> {
    // From one byte before: where that is the end of a line, the next begins right here.
    let mut at = part.start.saturating_sub(1);
    file.seek(SeekFrom::Start(at))?;
    let mut reader = BufReader::new((&mut *file).take(size - at));
    let mut line = Vec::new();
    if part.start > 0 {
        match next_line(&mut reader, &mut line, line_bytes, budget)? {
            Some((length, _)) => at += length,
            None => return Ok(()),
        }
    }
    while at < part.end {
        match next_line(&mut reader, &mut line, line_bytes, budget)? {
            None | Some((0, _)) => return Ok(()),
            Some((length, is_whole)) => {
                at += length;
                take(&line, is_whole);
            }
        }
    }
    Ok(())
}

/// Where the lines of a time begin: what lies before `start` is earlier, what lies behind `end` isn't.
fn bounds(
    file: &mut File,
    size: u64,
    at: i64,
    edge: Edge,
    line_bytes: usize,
    time: &dyn Fn(&[u8]) -> Option<i64>,
) -> io::Result<Range<u64>> {
    let (mut low, mut high) = (0, size);
    while high - low > FINE {
        let middle = low + (high - low) / 2;
        match first_time(file, middle..high, size, line_bytes, time)? {
            Some((place, found)) if found < at => low = place,
            None if edge == Edge::End => low = middle,
            Some(_) | None => high = middle,
        }
    }
    Ok(low..high)
}

/// The first line within a part that has a time: where it begins, and the time.
fn first_time(
    file: &mut File,
    part: Range<u64>,
    size: u64,
    line_bytes: usize,
    time: &dyn Fn(&[u8]) -> Option<i64>,
) -> io::Result<Option<(u64, i64)>> {
    file.seek(SeekFrom::Start(part.start))?;
    let mut reader = BufReader::new((&mut *file).take(PROBE_BYTES.min(size - part.start)));
    let mut line = Vec::new();
    let mut place = part.start;
    // Halving reads little, and none of it counts: all of it is at most a few lines per step.
    for number in 0..PROBE_LINES {
        let (length, _) = read_line(&mut reader, &mut line, line_bytes)?;
        if length == 0 || place >= part.end {
            break;
        }
        // The first is the rest of a line that began before.
        let found = if number > 0 { time(&line) } else { None };
        if let Some(found) = found {
            return Ok(Some((place, found)));
        }
        place += length;
    }
    Ok(None)
}

/// The next line on the budget's account: how many bytes it takes, and whether it is whole. `None` if
/// the budget is used up.
fn next_line(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    most: usize,
    budget: &mut Budget,
) -> io::Result<Option<(u64, bool)>> {
    if !budget.is_left() {
        budget.is_cut = true;
        return Ok(None);
    }
    let (length, is_whole) = match read_line(reader, line, most) {
        Ok(read) => read,
        // A packed file that is being written, or that was cut off: what came before counts.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => (0, false),
        Err(error) => return Err(error),
    };
    budget.bytes = budget.bytes.saturating_sub(length);
    Ok(Some((length, is_whole)))
}

/// Reads a line without its end: how many bytes it takes in the file, and whether all of it is there.
fn read_line(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    most: usize,
) -> io::Result<(u64, bool)> {
    line.clear();
    let mut length = 0_u64;
    loop {
        let here = match reader.fill_buf() {
            Ok(here) => here,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if here.is_empty() {
            return Ok((length, false));
        }
        // `contains` is a search by words, `position` one by bytes: most of a long line has no end.
        let end = if here.contains(&b'\n') { here.iter().position(|&b| b == b'\n') } else { None };
        let part = here.get(..end.unwrap_or(here.len())).unwrap_or_default();
        let fits = part.len().min(most.saturating_sub(line.len()));
        line.extend_from_slice(part.get(..fits).unwrap_or_default());
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        let used = u64::try_from(used).unwrap_or(u64::MAX);
        length = length.saturating_add(used);
        if end.is_some() {
            let whole = u64::try_from(line.len()).unwrap_or(u64::MAX).saturating_add(1) == length;
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok((length, whole));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    /// Lines `<second> <text>`, a second each.
    fn time(line: &[u8]) -> Option<i64> {
        let text = std::str::from_utf8(line).ok()?;
        let second: i64 = text.split(' ').next()?.parse().ok()?;
        Some(second * 1_000_000_000)
    }

    fn read_back(
        text: &str,
        from: i64,
        to: i64,
        since: Option<i64>,
        bytes: u64,
    ) -> (Vec<String>, bool, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        std::fs::write(&path, text).unwrap();
        let found = super::super::file(&path).unwrap().unwrap();
        let nanos = |second: i64| second * 1_000_000_000;
        let asked =
            Asked { from: nanos(from), to: nanos(to), since: since.map(nanos), line_bytes: 1000 };
        let mut budget =
            Budget { bytes, until: Instant::now() + Duration::from_secs(60), is_cut: false };
        let mut lines = Vec::new();
        read(&found, asked, &mut budget, &time, &mut |line, _| {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
        })
        .unwrap();
        (lines, budget.is_cut, bytes - budget.bytes)
    }

    fn log(seconds: i64) -> String {
        (0..seconds).map(|second| format!("{second} {}\n  at frame\n", "x".repeat(40))).collect()
    }

    #[test]
    fn only_the_part_asked_for_is_read() {
        let text = log(100_000);
        let (lines, is_cut, bytes) = read_back(&text, 50_000, 50_060, None, 1 << 30);
        let seconds: Vec<i64> =
            lines.iter().filter_map(|l| time(l.as_bytes())).map(|n| n / 1_000_000_000).collect();
        assert!(seconds.contains(&50_000) && seconds.contains(&50_059));
        assert!(seconds.windows(2).all(|two| two[0] + 1 == two[1]));
        assert!(!is_cut);
        // What lies around it, and not the six megabytes of the whole.
        assert!(bytes < 200_000, "{bytes}");
    }

    #[test]
    fn what_does_not_fit_is_left_out_around_the_beginning_of_the_trouble() {
        let text = log(10_000);
        let (lines, is_cut, bytes) = read_back(&text, 1_000, 9_000, Some(6_000), 20_000);
        let seconds: Vec<i64> =
            lines.iter().filter_map(|l| time(l.as_bytes())).map(|n| n / 1_000_000_000).collect();
        assert!(is_cut);
        assert!(bytes <= 21_000, "{bytes}");
        let near = |second: &i64| (4_700..7_300).contains(second);
        assert!(seconds.iter().all(near) && seconds.len() > 200, "{seconds:?}");
    }

    #[test]
    fn of_a_part_without_trouble_the_end_is_kept() {
        let check = |middle, bytes, expected: &[(u64, u64)]| {
            let parts = stretches(0..100, middle, bytes);
            let parts: Vec<(u64, u64)> = parts.iter().map(|part| (part.start, part.end)).collect();
            assert_eq!(parts, expected);
        };
        check(0, 30, &[(70, 100)]);
        check(50, 100, &[(0, 100)]);
        check(10, 40, &[(0, 10), (10, 40)]);
        check(95, 40, &[(60, 95), (95, 100)]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
        let text = format!("1 {}\n2 b\n3 half", "a".repeat(5_000));
        let (lines, _, _) = read_back(&text, 0, 100, None, 1 << 30);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [1000, 3, 6]);
    }
}
