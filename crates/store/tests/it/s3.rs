//! Blobs in a bucket: against moto, a fake of S3 in Python that `make tools` installs. Where it isn't
//! there the test is skipped and says so.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nightjar_store::{Error, NewCapsule, Options, Store};

use crate::fixture::incident;
use crate::place::{Place, new_space, t0};

struct Fake {
    process: Child,
    port: u16,
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where moto's server is, once `make tools` has installed it.
fn installed() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let server = root.join("target/tools/python/bin/moto_server");
    if server.is_file() { Ok(server) } else { Err("moto isn't installed (make tools)".to_owned()) }
}

impl Fake {
    fn start() -> Result<Self, String> {
        let server = installed()?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let process = Command::new(server)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let fake = Self { process, port };
        let begun = Instant::now();
        while fake.make_bucket().is_err() {
            if begun.elapsed() > Duration::from_secs(30) {
                return Err("moto doesn't answer".to_owned());
            }
            std::thread::yield_now();
        }
        Ok(fake)
    }

    fn make_bucket(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(
            b"PUT /bucket HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(std::io::Error::other(answer)) }
    }

    fn options(&self, place: &Place, prefix: &str) -> Options {
        let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Options {
            blobs: format!("s3://bucket/{prefix}"),
            blob_options: vec![
                option("endpoint", &format!("http://127.0.0.1:{}", self.port)),
                option("region", "eu-central-1"),
                option("access_key_id", "test"),
                option("secret_access_key", "test"),
                option("allow_http", "true"),
            ],
            ..place.options()
        }
    }
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a test that was skipped has to be seen in the output")]
async fn blobs_are_kept_in_a_bucket() {
    let fake = match Fake::start() {
        Ok(fake) => fake,
        Err(reason) => return eprintln!("skipped: no S3: {reason}"),
    };
    let place = Place::sqlite();
    let store = Store::open(fake.options(&place, "a/b")).await.unwrap();
    let space = new_space(&store).await;
    let new = NewCapsule {
        name: "a".to_owned(),
        archive: (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect(),
        redacted: Default::default(),
        notes: Vec::new(),
    };
    let archive = new.archive.clone();
    space.create_capsule(new, None, t0()).await.unwrap();
    assert_eq!(space.capsule_archive("cap-1").await.unwrap(), archive);
    let state = incident(space.id(), "inc-1-1", 1);
    space.keep_incident("inv-1", &state).await.unwrap();
    let piece = space.evidence(&state.evidence[0].id).await.unwrap();
    assert_eq!(piece, state.evidence[0]);
    let health = store.health().await;
    assert!(health.blobs_ok);
    let in_two_days = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    assert_eq!(store.maintain(in_two_days).await.unwrap().blobs, 0);

    // Another installation doesn't take this prefix for its own.
    let other = Place::sqlite();
    let refused = Store::open(fake.options(&other, "a/b")).await;
    assert!(matches!(refused, Err(Error::Conflict(_))));
    Store::open(fake.options(&other, "c")).await.unwrap();

    space.delete(t0()).await.unwrap();
    store.close().await;
    let store = Store::open(fake.options(&place, "a/b")).await.unwrap();
    let space = new_space(&store).await;
    drop(fake);
    let failed = space.keep_incident("inv-1", &incident(space.id(), "inc-1-1", 1)).await;
    assert!(matches!(failed, Err(Error::Unavailable { what: "blobs", .. })), "{failed:?}");
}
