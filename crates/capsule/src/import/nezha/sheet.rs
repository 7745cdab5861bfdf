use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use crate::import::Error;
use crate::import::notes::{Notes, label};

/// Most bytes of one file once unpacked; the largest real one has some 30 MB. A file that is
/// larger is a bomb, not telemetry.
const MOST_BYTES: u64 = 1 << 30;

/// A `.csv.gz` with one header line, read row by row.
pub(super) struct Sheet {
    reader: csv::Reader<std::io::Take<MultiGzDecoder<File>>>,
    /// The file as notes name it.
    pub(super) file: String,
    pub(super) headers: Vec<String>,
}

impl Sheet {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = label(path, 3);
        let packed = File::open(path).map_err(Error::read(path))?;
        let unpacked = MultiGzDecoder::new(packed).take(MOST_BYTES);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(unpacked);
        let headers = reader.headers().map_err(|e| Error::Format {
            path: file.clone(),
            expected: "gzip'ed comma-separated text with a header line",
            found: e.to_string(),
        })?;
        let headers = headers.iter().map(|name| name.trim().to_owned()).collect();
        Ok(Self { reader, file, headers })
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.headers.iter().position(|header| header == name)
    }

    /// The place of a column that the file can't do without.
    pub(super) fn needed(&self, name: &'static str) -> Result<usize, Error> {
        self.column(name).ok_or_else(|| Error::Format {
            path: format!("{}:1", self.file),
            expected: name,
            found: self.headers.join(","),
        })
    }

    /// Reads the next row and gives its line; `None` at the end. A file that breaks off or can't
    /// be unpacked further ends there, with a note.
    pub(super) fn next(&mut self, row: &mut csv::StringRecord, notes: &mut Notes) -> Option<u64> {
        loop {
            let line = self.reader.position().line();
            match self.reader.read_record(row) {
                Ok(true) if row.len() < self.headers.len() => {
                    let expected = format!("{} cells", self.headers.len());
                    notes.add(&self.file, line, &expected, &format!("{} cells", row.len()));
                }
                Ok(true) => return Some(line),
                Ok(false) if self.reader.get_ref().limit() == 0 => {
                    notes.add(&self.file, line, "at most 1 GiB", "more");
                    return None;
                }
                Ok(false) => return None,
                Err(e) if matches!(e.kind(), csv::ErrorKind::Utf8 { .. }) => {
                    notes.add(&self.file, line, "UTF-8 text", "other bytes");
                }
                Err(e) => {
                    notes.add(&self.file, line, "a readable rest of the file", &e.to_string());
                    return None;
                }
            }
        }
    }
}

/// A cell, empty if it isn't there.
pub(super) fn cell(row: &csv::StringRecord, index: usize) -> &str {
    row.get(index).unwrap_or_default().trim()
}

/// The instant in a `Time` column: `2022-08-22 03:51:19.607158889 +0000 UTC m=+0.11`. The column
/// `TimeStamp` beside it is wrong on one of the days.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let mut parts = text.split_ascii_whitespace();
    let (date, time, offset) = (parts.next()?, parts.next()?, parts.next()?);
    format!("{date}T{time}{offset}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_column_is_read_with_its_offset() {
        let at = |text| instant(text).map(|at| at.to_string());
        let expected = Some("2022-08-22T03:51:19.607158889Z".to_owned());
        assert_eq!(at("2022-08-22 03:51:19.607158889 +0000 UTC m=+0.11"), expected);
        assert_eq!(at("2022-08-22 11:51:19.607158889 +0800 CST"), expected);
        assert_eq!(at("2022-08-22 03:51"), None);
        assert_eq!(at(""), None);
    }
}
