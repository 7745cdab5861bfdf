//! The archive's bytes, decompressed as far as the limits allow.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use crate::Error;
use crate::limits::Limits;

/// Where the header of a tar archive says what it is, and what it says (POSIX.1-1988; GNU's begins
/// with the same letters).
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// First bytes of other things that people take for an archive.
const OTHERS: [(&[u8], &str); 6] = [
    (b"PK", "a zip archive"),
    (b"BZh", "bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
    (&[b'7', b'z', 0xbc, 0xaf], "a 7z archive"),
    (b"{", "JSON"),
    (b"<", "a page or XML"),
];

/// How the reading went, seen from outside while the reader is lent to the archive.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    exceeded: Rc<Cell<bool>>,
    ended: Rc<Cell<bool>>,
}

impl Watch {
    /// Whether the bytes came to their end.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.get()
    }

    /// What an error of the archive's reader means.
    pub(crate) fn explain(&self, error: io::Error, limits: &Limits) -> Error {
        if self.exceeded.get() {
            let (file, what) = ("the archive".to_owned(), "decompressed bytes");
            return Error::TooLarge { file, what, limit: limits.total_bytes };
        }
        if self.has_ended() || error.kind() == io::ErrorKind::UnexpectedEof {
            return Error::CutOff;
        }
        super::wrong(error)
    }
}

/// The bytes of the tar archive within.
pub(crate) struct Packed<'a> {
    inner: Box<dyn Read + 'a>,
    left: u64,
    watch: Watch,
}

impl<'a> Packed<'a> {
    /// Opens what is plain or compressed; the first bytes tell.
    pub(crate) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Watch), Error> {
        let inner: Box<dyn Read + 'a> = if bytes.starts_with(GZIP_MAGIC) {
            Box::new(MultiGzDecoder::new(bytes))
        } else if bytes.starts_with(ZSTD_MAGIC) {
            let mut decoder = zstd::Decoder::with_buffer(bytes).map_err(super::wrong)?;
            decoder.window_log_max(limits.zstd_window_log).map_err(super::wrong)?;
            Box::new(decoder)
        } else {
            Box::new(bytes)
        };
        let watch = Watch::default();
        let mut packed = Self { inner, left: limits.total_bytes, watch: watch.clone() };
        let mut head = Vec::new();
        let read = packed.by_ref().take(512).read_to_end(&mut head);
        read.map_err(|error| watch.explain(error, limits))?;
        let (from, magic) = TAR_MAGIC;
        if !head.get(from..).is_some_and(|rest| rest.starts_with(magic)) {
            let looks = OTHERS.iter().find(|(magic, _)| head.starts_with(magic));
            let found = match looks {
                _ if head.is_empty() => "nothing",
                Some((_, what)) => what,
                None => "something else",
            };
            return Err(Error::NotAnArchive { found });
        }
        let rest = std::mem::replace(&mut packed.inner, Box::new(io::empty()));
        packed.inner = Box::new(io::Cursor::new(head).chain(rest));
        packed.left = limits.total_bytes;
        Ok((packed, watch))
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.watch.ended.set(true);
        }
        match self.left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
            Some(left) => self.left = left,
            None => {
                self.watch.exceeded.set(true);
                return Err(io::Error::other("more than the limit"));
            }
        }
        Ok(read)
    }
}
