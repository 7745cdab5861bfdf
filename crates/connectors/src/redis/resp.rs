//! The protocol of Redis (RESP 2), as far as it is needed: a command goes out as bulk strings, a reply comes back.
//! A driver would bring clusters, scripts and a pool; and none keeps to a budget of bytes.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// What a server replies.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// Text, or bytes as text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Several replies.
    List(Vec<Reply>),
    /// It refuses, in its own words.
    Refused(String),
    /// Nothing.
    Nil,
}

/// Why no reply could be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection ended or never was.
    Io(std::io::Error),
    /// More than is read.
    TooLarge,
    /// Not this protocol.
    Odd,
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// How deep replies may lie within each other: those of ours do three deep.
const DEEP: usize = 8;

/// The longest line that isn't a bulk string, bytes: errors and numbers.
const LINE: usize = 16_384;

impl Reply {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::List(_) | Self::Refused(_) | Self::Nil => None,
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::List(_) | Self::Refused(_) | Self::Nil => None,
        }
    }

    pub(super) fn list(&self) -> &[Reply] {
        match self {
            Self::List(list) => list,
            Self::Text(_) | Self::Number(_) | Self::Refused(_) | Self::Nil => &[],
        }
    }
}

/// A command as it is sent.
pub(super) fn command(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend(format!("${}\r\n", word.len()).bytes());
        out.extend(word.bytes());
        out.extend(b"\r\n");
    }
    out
}

/// Reads one reply; takes its bytes from what is left.
pub(super) async fn reply(
    stream: &mut (impl AsyncBufRead + Unpin + Send),
    left: &mut usize,
) -> Result<Reply, Broken> {
    // Lists that are being filled, with how many more belong to them: a reply is read without recursion.
    let mut open: Vec<(Vec<Reply>, usize)> = Vec::new();
    loop {
        let mut done = match next(stream, left).await? {
            Next::Reply(reply) => reply,
            Next::List(0) => Reply::List(Vec::new()),
            Next::List(_) if open.len() >= DEEP => return Err(Broken::Odd),
            Next::List(many) => {
                open.push((Vec::new(), many));
                continue;
            }
        };
        loop {
            let Some((list, missing)) = open.last_mut() else { return Ok(done) };
            list.push(done);
            *missing -= 1;
            if *missing > 0 {
                break;
            }
            let (list, _) = open.pop().unwrap_or_default();
            done = Reply::List(list);
        }
    }
}

enum Next {
    Reply(Reply),
    List(usize),
}

async fn next(
    stream: &mut (impl AsyncBufRead + Unpin + Send),
    left: &mut usize,
) -> Result<Next, Broken> {
    let line = line(stream, left).await?;
    let mut letters = line.chars();
    let kind = letters.next().ok_or(Broken::Odd)?;
    let rest = letters.as_str();
    let length = || rest.parse::<i64>().map_err(|_| Broken::Odd);
    Ok(match kind {
        '+' => Next::Reply(Reply::Text(rest.to_owned())),
        '-' => Next::Reply(Reply::Refused(rest.to_owned())),
        ':' => Next::Reply(Reply::Number(length()?)),
        '$' => match length()? {
            -1 => Next::Reply(Reply::Nil),
            long => Next::Reply(Reply::Text(bulk(stream, long, left).await?)),
        },
        '*' => match length()? {
            -1 => Next::Reply(Reply::Nil),
            // Each costs a byte at least, so that a list that is announced and never comes takes no memory.
            many => Next::List(usize::try_from(many).map_err(|_| Broken::Odd)?),
        },
        _ => return Err(Broken::Odd),
    })
}

async fn line(
    stream: &mut (impl AsyncBufRead + Unpin + Send),
    left: &mut usize,
) -> Result<String, Broken> {
    let most = u64::try_from((*left).min(LINE)).unwrap_or(0);
    let mut bytes = Vec::new();
    let read = stream.take(most).read_until(b'\n', &mut bytes).await?;
    *left -= read.min(*left);
    if read == 0 && most > 0 {
        return Err(Broken::Io(std::io::ErrorKind::UnexpectedEof.into()));
    }
    if bytes.pop() != Some(b'\n') {
        return Err(match *left {
            0 => Broken::TooLarge,
            _ if read < LINE => Broken::Io(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Broken::Odd,
        });
    }
    if bytes.pop() != Some(b'\r') {
        return Err(Broken::Odd);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn bulk(
    stream: &mut (impl AsyncBufRead + Unpin + Send),
    long: i64,
    left: &mut usize,
) -> Result<String, Broken> {
    let long = usize::try_from(long).map_err(|_| Broken::Odd)?;
    *left = left.checked_sub(long).ok_or(Broken::TooLarge)?;
    let mut bytes = Vec::new();
    let whole = long.saturating_add(2);
    let read = stream.take(u64::try_from(whole).unwrap_or(0)).read_to_end(&mut bytes).await?;
    if read < whole {
        return Err(Broken::Io(std::io::ErrorKind::UnexpectedEof.into()));
    }
    if !bytes.ends_with(b"\r\n") {
        return Err(Broken::Odd);
    }
    bytes.truncate(long);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut bytes: &[u8]) -> Result<Reply, Broken> {
        reply(&mut bytes, &mut 1000).await
    }

    #[tokio::test]
    async fn replies_of_all_kinds_are_read() {
        let bytes = b"*4\r\n$5\r\na\r\nbc\r\n:-7\r\n*2\r\n$-1\r\n+OK\r\n-ERR no\r\n";
        let list = read(bytes).await.unwrap();
        let inner = Reply::List(vec![Reply::Nil, Reply::Text("OK".into())]);
        let all = [
            Reply::Text("a\r\nbc".into()),
            Reply::Number(-7),
            inner,
            Reply::Refused("ERR no".into()),
        ];
        assert_eq!(list.list(), all);
        assert_eq!(command(&["INFO", "é"]), "*2\r\n$4\r\nINFO\r\n$2\r\né\r\n".as_bytes());
    }

    #[tokio::test]
    async fn hostile_replies_end() {
        let deep = "*1\r\n".repeat(1000);
        for bytes in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\n",
            b"$99999999999\r\nx",
            b"*9223372036854775807\r\n",
            b"$5\r\nab",
            b"$-2\r\n",
            b"*-9\r\n",
            b":x\r\n",
            b"+no end",
            b"$1\r\nabc",
            b"\r\n",
            b"+x\n",
            deep.as_bytes(),
        ] {
            read(bytes).await.unwrap_err();
        }
        let endless = vec![b'x'; 5000];
        assert!(matches!(read(&endless).await, Err(Broken::TooLarge)));
    }
}
