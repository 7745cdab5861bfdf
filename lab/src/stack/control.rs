//! The lab's own door, for the scripts of faults and for Alertmanager.

use std::rc::Rc;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::supervisor::{Process, Supervisor};
use super::{Place, deployment};

/// The largest request, bytes.
const MOST: usize = 1 << 20;

/// Answers until the stack is gone. One request at a time, since all of them change processes.
///
/// `POST /restart/<name>`, `POST /task/<name>` with a shell command, `DELETE /task/<name>`, `GET /process/<name>`
/// (its id), `POST /alerts` as Alertmanager sends them: kept in `alerts.jsonl`.
pub(crate) async fn serve(
    port: u16,
    supervisor: Rc<Supervisor>,
    place: Place,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.context("the lab's door")?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        let Ok(Ok(request)) =
            tokio::time::timeout(std::time::Duration::from_secs(2), read(&mut stream)).await
        else {
            continue;
        };
        let (status, answer) = match act(&request, &supervisor, &place) {
            Ok(answer) => ("200 OK", answer),
            Err(error) => ("400 Bad Request", format!("{error:#}\n")),
        };
        let length = answer.len();
        let text = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
        );
        let _ = stream.write_all(text.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

struct Request {
    method: String,
    path: String,
    body: String,
}

async fn read(stream: &mut TcpStream) -> anyhow::Result<Request> {
    let mut bytes = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let count = stream.read(&mut piece).await?;
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                let mut words = head.split(' ');
                let method = words.next().unwrap_or_default().to_owned();
                let path = words.next().unwrap_or_default().to_owned();
                return Ok(Request { method, path, body: body.to_owned() });
            }
        }
        anyhow::ensure!(count > 0 && bytes.len() < MOST, "no whole request");
    }
}

fn act(request: &Request, supervisor: &Supervisor, place: &Place) -> anyhow::Result<String> {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["restart", name]) => {
            supervisor.restart(name)?;
            Ok(format!("{name} {}\n", deployment::revision(place, name)))
        }
        ("POST", ["task", name]) => {
            let task = Process {
                name: format!("task-{name}"),
                program: "sh".into(),
                arguments: vec!["-c".into(), request.body.clone()],
                environment: place.environment(),
                user: None,
                signal: "TERM",
                is_service: false,
            };
            supervisor.start(task)?;
            Ok("started\n".into())
        }
        ("DELETE", ["task", name]) => {
            supervisor.finish(&format!("task-{name}"));
            Ok("ended\n".into())
        }
        ("GET", ["process", name]) => {
            let id = supervisor.id(name).with_context(|| format!("`{name}` doesn't run"))?;
            Ok(format!("{id}\n"))
        }
        ("POST", ["alerts"]) => {
            let body: Value = serde_json::from_str(&request.body).context("an alert is JSON")?;
            let line = json!({"received_at": jiff::Timestamp::now(), "body": body});
            use std::io::Write as _;
            let mut file =
                std::fs::OpenOptions::new().create(true).append(true).open(alerts(place))?;
            writeln!(file, "{line}")?;
            Ok("kept\n".into())
        }
        _ => anyhow::bail!("nothing is known of `{} {}`", request.method, request.path),
    }
}

/// Where alerts are kept, one message a line.
pub(crate) fn alerts(place: &Place) -> std::path::PathBuf {
    place.folder("alerts.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_comes_in_pieces_is_read_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let reading = tokio::spawn(async move { read(&mut server).await });
        for piece in ["POST /task/x HT", "TP/1.1\r\ncontent-length: 5\r\n\r\nab", "cde"] {
            client.write_all(piece.as_bytes()).await.unwrap();
            client.flush().await.unwrap();
        }
        let request = reading.await.unwrap().unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str(), request.body.as_str()),
            ("POST", "/task/x", "abcde")
        );
    }
}
