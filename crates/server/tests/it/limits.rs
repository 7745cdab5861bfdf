//! Rates, sizes and times.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Kind};
use nightjar_server::{Config, Limits, Rate, Rates};
use nightjar_store::{NewKey, NewSpace};
use serde_json::json;

use crate::socket::Listening;
use crate::stage::Stage;

#[tokio::test]
async fn who_asks_too_often_has_to_wait() {
    let rates = Rates { credential: Rate::new(60, 3), ..Rates::default() };
    let stage = Stage::with(Config { rates, ..Config::default() }).await;
    for left in [2, 1, 0] {
        let reply = stage.get(&stage.administrator, "/api/v1/spaces").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("ratelimit-policy"), "\"credential\";q=3;w=3");
        let standing = reply.header("ratelimit");
        assert!(standing.starts_with(&format!("\"credential\";r={left};")), "{standing}");
    }
    let reply = stage.get(&stage.administrator, "/api/v1/spaces").await;
    assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (429, "rate-limited"));
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    let other = stage.key("viewer", None).await;
    assert_eq!(stage.get(&other, "/api/v1/spaces").await.status, 200);
}

#[tokio::test]
async fn who_guesses_is_not_listened_to_any_more() {
    let rates = Rates { failed: Rate::new(1, 3), ..Rates::default() };
    let stage = Stage::with(Config { rates, ..Config::default() }).await;
    for _ in 0..4 {
        assert_eq!(stage.get("njt_guess", "/api/v1/spaces").await.status, 401);
    }
    assert_eq!(stage.get("njt_guess", "/api/v1/spaces").await.status, 429);
    let right = stage.get(&stage.administrator, "/api/v1/spaces").await;
    assert_eq!(right.status, 429, "a right guess isn't told from a wrong one");
    let open = stage.get("", "/healthz").await;
    assert_eq!(open.status, 200);
}

#[tokio::test]
async fn an_address_that_floods_is_refused_unseen() {
    let rates = Rates { peer: Rate::new(1, 2), ..Rates::default() };
    let stage = Stage::with(Config { rates, ..Config::default() }).await;
    for status in [200, 200, 429, 429] {
        assert_eq!(stage.get(&stage.administrator, "/api/v1/spaces").await.status, status);
    }
    let trail = nightjar_store::AuditFilter::default();
    let page = nightjar_store::PageRequest { limit: 10, after: None };
    assert_eq!(stage.store.audit_trail(&trail, &page).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn headers_have_their_size_and_number() {
    let stage = Stage::new().await;
    let large = "x".repeat(17 << 10);
    let request = Request::get("/healthz").header("x-large", large);
    let reply = stage.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (431, "headers-too-large"));
    let mut request = Request::get("/healthz");
    for number in 0..65 {
        request = request.header(format!("x-{number}"), "1");
    }
    assert_eq!(stage.send(request.body(Body::empty()).unwrap()).await.status, 431);
}

/// Sends bytes, then waits for what comes until the connection is closed.
async fn raw(address: SocketAddr, parts: Vec<(Vec<u8>, u64)>) -> (String, Duration) {
    let exchange = move || {
        let began = Instant::now();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        for (bytes, pause) in parts {
            // It may be closed before all is sent.
            let _ = stream.write_all(&bytes);
            if pause > 0 {
                let mut none = [0; 0];
                let _ = stream.read(&mut none);
                let until = Instant::now() + Duration::from_millis(pause);
                while Instant::now() < until {
                    std::thread::yield_now();
                }
            }
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

fn impatient() -> Config {
    let limits = Limits {
        header_milliseconds: 200,
        body_pause_milliseconds: 200,
        write_pause_milliseconds: 300,
        shutdown_milliseconds: 500,
        ..Limits::default()
    };
    Config { limits, rate_limits: false, ..Config::default() }
}

#[tokio::test]
async fn who_sends_slowly_is_not_waited_for() {
    let listening = Listening::new(impatient()).await;
    let half = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ".to_vec();
    let (_, after) = raw(listening.address, vec![(half, 0)]).await;
    assert!(after < Duration::from_secs(5), "{after:?}");
    let token = administrator(&listening).await;
    let head = format!(
        "POST /api/v1/spaces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{{"
    );
    let (answer, after) = raw(listening.address, vec![(head.into_bytes(), 0)]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("/problems/request-timeout"), "{answer}");
    assert!(after < Duration::from_secs(5), "{after:?}");
    listening.stop().await;
}

async fn administrator(listening: &Listening) -> String {
    let new = NewKey {
        role: "administrator".to_owned(),
        space: None,
        name: "test".to_owned(),
        expires_at: None,
    };
    let issued = listening.store.issue_key(new, None, Timestamp::now()).await.unwrap();
    issued.into_inner().token
}

#[tokio::test]
async fn headers_beyond_all_measure_are_cut_off() {
    let listening = Listening::new(impatient()).await;
    let mut request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: ".to_vec();
    request.extend(std::iter::repeat_n(b'x', 300 << 10));
    let (answer, _) = raw(listening.address, vec![(request, 0)]).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    listening.stop().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut() {
    let mut config = impatient();
    // This thread may be busy with the stream for longer.
    config.limits.header_milliseconds = 10_000;
    let listening = Listening::new(config).await;
    let token = administrator(&listening).await;
    let new = NewSpace { name: "own".to_owned(), ..NewSpace::default() };
    let now = Timestamp::now();
    let made = listening.store.create_space(new, None, now).await.unwrap().into_inner();
    let space = listening.store.space(&made.id).await.unwrap();
    let mut chain = Chain::new(made.id.clone(), "inc-1-1/exec-1");
    let large = "x".repeat(256 << 10);
    // More than sockets hold on both sides.
    for _ in 0..40 {
        let body = json!({ "text": large });
        let entry = chain.append(now, Kind::Message, "test", body).unwrap();
        space.append(&[entry], now).await.unwrap();
    }
    let mut stream = TcpStream::connect(listening.address).unwrap();
    let request = format!(
        "GET /api/v1/spaces/{}/journal/stream HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {token}\r\n\r\n",
        made.id
    );
    stream.write_all(request.as_bytes()).unwrap();
    let client = reqwest::Client::new();
    let url = format!("http://{}/metrics", listening.address);
    let mut was_open = false;
    let began = Instant::now();
    loop {
        let text = client.get(&url).bearer_auth(&token).send().await.unwrap();
        let text = text.text().await.unwrap();
        let is_open = text.contains("nightjar_journal_streams 1\n");
        was_open |= is_open;
        if was_open && !is_open {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(8), "the stream is still open");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    drop(stream);
    listening.stop().await;
}

#[tokio::test]
async fn streams_end_when_the_service_does() {
    let listening = Listening::new(impatient()).await;
    let token = administrator(&listening).await;
    let new = NewSpace { name: "own".to_owned(), ..NewSpace::default() };
    let made = listening.store.create_space(new, None, Timestamp::now()).await.unwrap();
    let id = made.into_inner().id;
    let url = format!("http://{}/api/v1/spaces/{id}/journal/stream", listening.address);
    let response = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
    let (text, ()) = tokio::join!(response.text(), listening.stop());
    assert_eq!(text.unwrap(), "retry: 2000\n\n");
}

#[tokio::test]
async fn uploads_have_their_number() {
    let limits = Limits { uploads: 1, ..Limits::default() };
    let stage = Stage::with(Config { limits, ..Config::default() }).await;
    let space = stage.space("own").await;
    let upload = |body: Body| {
        let request = Request::post(format!("/api/v1/spaces/{space}/capsules"))
            .header("authorization", format!("Bearer {}", stage.administrator))
            .header("content-type", "application/zstd")
            .body(body);
        stage.send(request.unwrap())
    };
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let slow = Body::from_stream(futures::stream::once(async {
        let _ = wait.await;
        Ok::<_, std::convert::Infallible>(crate::sample::recording())
    }));
    let second = async {
        loop {
            let reply = upload(Body::from(crate::sample::recording())).await;
            if reply.status == 503 {
                assert_eq!(reply.problem(), "busy");
                break;
            }
            assert_eq!(reply.status, 201);
        }
        release.send(()).unwrap();
    };
    let (first, ()) = tokio::join!(upload(slow), second);
    assert_eq!(first.status, 201);
}
