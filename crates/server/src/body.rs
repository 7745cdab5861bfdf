//! Bodies: read within their limits of size and time, and parsed strictly.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use nightjar_incident::journal::Digest;
use nightjar_store::Once;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::call::{Call, Caller};
use crate::problem::{Kind, Problem};

/// A JSON body, and the idempotency key it came with.
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) once: Option<Once>,
}

/// No body (or an empty object), and the idempotency key.
pub(crate) struct Nothing {
    pub(crate) once: Option<Once>,
}

/// The bytes of an archive, the idempotency key, and a place among the uploads that are taken in at
/// the same time, since each may fill much memory.
pub(crate) struct Upload {
    pub(crate) bytes: Bytes,
    pub(crate) once: Option<Once>,
    pub(crate) place: OwnedSemaphorePermit,
}

/// A query, with nothing in it that isn't read.
pub(crate) struct Asked<T>(pub(crate) T);

const ARCHIVES: [&str; 7] = [
    "application/octet-stream",
    "application/gzip",
    "application/x-gzip",
    "application/zstd",
    "application/x-tar",
    "application/x-gtar",
    "application/tar",
];

impl<T: DeserializeOwned> FromRequest<App> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let is_json = media_type(request.headers()).is_some_and(|m| m == "application/json");
        if !is_json {
            return Err(wrong_media_type("application/json"));
        }
        let (bytes, once) = read(request, app, app.config.limits.body_bytes).await?;
        Ok(Self { value: parse(&bytes)?, once })
    }
}

impl FromRequest<App> for Nothing {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (bytes, once) = read(request, app, app.config.limits.body_bytes).await?;
        if !bytes.iter().all(u8::is_ascii_whitespace) && bytes.as_ref() != b"{}" {
            return Err(Problem::invalid("", "no body is read here"));
        }
        Ok(Self { once })
    }
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let media = media_type(request.headers());
        if !media.is_some_and(|media| ARCHIVES.contains(&media.as_str())) {
            return Err(wrong_media_type(&ARCHIVES.join("`, `")));
        }
        let place = Arc::clone(&app.uploads).try_acquire_owned();
        let place = place
            .map_err(|_| Problem::new(Kind::Busy, "as many uploads as can be taken in are on"))?;
        let (bytes, once) = read(request, app, app.config.limits.upload_bytes).await?;
        Ok(Self { bytes, once, place })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let malformed = |error: axum::extract::rejection::QueryRejection| {
            // The library's first words are the same each time.
            let text = error.body_text();
            let text = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, said)| said);
            Problem::new(Kind::MalformedRequest, format!("query: {text}"))
        };
        Ok(Self(query.map_err(malformed)?.0))
    }
}

/// Parses JSON strictly; what is wrong is said in words of JSON.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        // An array would pass for an object whose fields stand in their order.
        let _: IgnoredAny = serde_json::from_slice(bytes).map_err(wrong)?;
        return Err(Problem::invalid("", "an object is expected"));
    }
    serde_json::from_slice(bytes).map_err(wrong)
}

fn wrong(error: serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => Problem::invalid("", error.to_string()),
        Category::Io | Category::Syntax | Category::Eof => {
            Problem::new(Kind::MalformedRequest, format!("the body isn't JSON: {error}"))
        }
    }
}

/// The media type in lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media = value.split(';').next().unwrap_or_default();
    Some(media.trim().to_ascii_lowercase())
}

pub(crate) fn wrong_media_type(wanted: &str) -> Problem {
    Problem::new(Kind::UnsupportedMediaType, format!("send the body as `{wanted}`"))
}

async fn read(request: Request, app: &App, most: usize) -> Result<(Bytes, Option<Once>), Problem> {
    let (parts, body) = request.into_parts();
    let key = idempotency_key(&parts.headers)?;
    let bytes = take(app, &parts.headers, body, most).await?;
    let once = match (key, parts.extensions.get::<Caller>(), parts.extensions.get::<Call>()) {
        (Some(key), Some(caller), Some(call)) => {
            let operation = call.facts().operation.unwrap_or_default();
            let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
            let content = format!("{operation}\n{target}\n{}", Digest::of(&bytes));
            let caller = caller.identity.id().to_owned();
            Some(Once { caller, key, digest: Digest::of(content.as_bytes()) })
        }
        _ => None,
    };
    Ok((bytes, once))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(value) = given.next() else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    match key {
        Some(key) if given.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            Kind::MalformedRequest,
            "`Idempotency-Key` is 1 to 255 visible ASCII characters, once",
        )),
    }
}

/// Reads a body to its end, or as far as size and time allow.
pub(crate) async fn take(
    app: &App,
    headers: &HeaderMap,
    body: axum::body::Body,
    most: usize,
) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(Kind::TooLarge, format!("a body has at most {most} bytes here"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n > most as u64) {
        return Err(too_large());
    }
    let pause = app.config.limits.body_pause();
    let slowest = app.config.limits.body_bytes_per_second.max(1);
    let began = tokio::time::Instant::now();
    let mut stream = body.into_data_stream();
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let earned = Duration::from_secs(bytes.len() as u64 / slowest);
        let deadline = (tokio::time::Instant::now() + pause).min(began + pause + earned);
        let chunk = tokio::time::timeout_at(deadline, stream.next()).await;
        let chunk =
            chunk.map_err(|_| Problem::new(Kind::RequestTimeout, "the body came too slowly"))?;
        let Some(chunk) = chunk else { return Ok(Bytes::from(bytes)) };
        let chunk =
            chunk.map_err(|_| Problem::new(Kind::MalformedRequest, "the body broke off"))?;
        if bytes.len() + chunk.len() > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
}
