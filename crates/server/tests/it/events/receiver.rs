//! Somebody who is told of events: a socket that answers as a test says, and keeps what it was sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Answers with these bytes and closes.
    Says(String),
    /// Reads it and says nothing.
    Hangs,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::with(status, "")
    }
    /// A status with more headers, each ending a line.
    pub(crate) fn with(status: u16, headers: &str) -> Self {
        let start = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 2\r\n");
        Self::Says(format!("{start}{headers}\r\nok"))
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        });
        line.unwrap_or_else(|| panic!("no `{name}` in {}", self.head))
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
    /// How many of its signatures a secret made.
    pub(crate) fn signatures_of(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').filter(|given| **given == *expected).count()
    }
}

#[derive(Default)]
struct Shared {
    /// What is answered next; the last one for good.
    answers: Mutex<VecDeque<Answer>>,
    received: Mutex<Vec<Received>>,
    news: Notify,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    pub(crate) async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Shared::default()
        });
        let of_all = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&of_all)));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/in?token=hush", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Waits until so many requests came.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Received> {
        loop {
            let told = self.shared.news.notified();
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            told.await;
        }
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let mut bytes = Vec::new();
    let request = loop {
        let mut part = [0; 4096];
        let Ok(count @ 1..) = socket.read(&mut part).await else { return };
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let received = Received { head: head.to_owned(), body: body.to_owned() };
        if body.len() >= received.header("content-length").parse::<usize>().unwrap() {
            break received;
        }
    };
    shared.received.lock().unwrap().push(request);
    let answer = {
        let mut answers = shared.answers.lock().unwrap();
        match answers.len() {
            1 => answers.front().cloned(),
            _ => answers.pop_front(),
        }
    };
    shared.news.notify_one();
    match answer.unwrap() {
        Answer::Says(text) => {
            let _ = socket.write_all(text.as_bytes()).await;
        }
        Answer::Hangs => std::future::pending().await,
    }
}
