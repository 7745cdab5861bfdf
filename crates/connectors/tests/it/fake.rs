//! A server of ours on a socket of its own: answers as it is told, and misbehaves where a real one might.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without what is behind the `?`; parts are still escaped.
    pub(crate) path: String,
    /// What is behind the `?`, and the fields of a form; unescaped.
    pub(crate) params: Vec<(String, String)>,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// A parameter or field of a form.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status, more headers, and a body.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// A body that isn't text.
    Bytes(&'static str, Vec<u8>),
    /// The beginning of an answer, and then the connection ends.
    Half(String),
    /// Another reply, once there is a permit for it.
    Held(Arc<Semaphore>, Box<Reply>),
    /// Nothing, for as long as anybody waits.
    Silence,
    /// Bytes without an end.
    Endless,
    /// What is no HTTP.
    Garbage,
}

impl Reply {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        let json = ("content-type", "application/json".to_owned());
        Self::Whole(200, vec![json], body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Whole(status, Vec::new(), "out of order\u{1b}[2J".to_owned())
    }
}

type Answers = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// The server. It ends with its value.
pub(crate) struct Fake {
    pub(crate) url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    answers: Mutex<Answers>,
    seen: Mutex<Vec<Request>>,
    /// How many are being answered now, and how many were at the same time at most.
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Fake {
    pub(crate) async fn new(answers: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            answers: Mutex::new(Arc::new(answers)),
            seen: Mutex::default(),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let serving = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                let mut open = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    open.spawn(serve(stream, Arc::clone(&shared)));
                    while open.try_join_next().is_some() {}
                }
            }
        });
        Self { url, shared, serving }
    }

    /// Answers differently from now on.
    pub(crate) fn answer(&self, answers: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        *self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(answers);
    }

    /// What came since the last time this was asked.
    pub(crate) fn seen(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many were answered at the same time at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.most.load(SeqCst)
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Some(request) = read(&mut stream).await {
        let now = shared.now.fetch_add(1, SeqCst) + 1;
        shared.most.fetch_max(now, SeqCst);
        shared.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let answers = Arc::clone(&shared.answers.lock().unwrap_or_else(PoisonError::into_inner));
        let mut reply = answers(&request);
        while let Reply::Held(permits, held) = reply {
            permits.acquire().await.unwrap().forget();
            reply = *held;
        }
        let goes_on = write(&mut stream, reply).await;
        shared.now.fetch_sub(1, SeqCst);
        if !goes_on {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut params = pairs(query);
    let is_form = |(name, value): &(String, String)| {
        name == "content-type" && value.starts_with("application/x-www-form-urlencoded")
    };
    if headers.iter().any(is_form) {
        params.extend(pairs(&body));
    }
    Some(Request { method, path: path.to_owned(), params, headers, body })
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Writes a reply; whether the connection goes on.
async fn write(stream: &mut TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Whole(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            let whole = format!("{head}\r\n{body}");
            stream.write_all(whole.as_bytes()).await.is_ok()
        }
        Reply::Bytes(content_type, body) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), &body].concat()).await.is_ok()
        }
        Reply::Half(body) => {
            let length = body.len() * 2 + 2;
            let half = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(half.as_bytes()).await;
            false
        }
        Reply::Held(..) => unreachable!("it isn't held any more"),
        Reply::Silence => {
            // Whoever gave up waiting closes the connection.
            let mut rest = [0; 64];
            while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {}
            false
        }
        Reply::Endless => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"";
            if stream.write_all(head.as_bytes()).await.is_err() {
                return false;
            }
            let chunk = [b'x'; 65536];
            while stream.write_all(&chunk).await.is_ok() {}
            false
        }
        Reply::Garbage => {
            let _ = stream.write_all(b"\x16\x03\x01 220 mail.example.com ESMTP\r\n\r\n").await;
            let _ = stream.shutdown().await;
            // A connection that is reset would hide what was said.
            tokio::time::sleep(Duration::ZERO).await;
            false
        }
    }
}
