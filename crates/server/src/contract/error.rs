//! A problem in the contract's words.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use nightjar_contract::Invalid;
use serde_json::{Map, Value, json};

use crate::problem::{Kind, Mistake, Problem};

/// Name and status of the contract's error for each of our problems.
fn exception(kind: Kind) -> (&'static str, u16) {
    match kind {
        Kind::MalformedRequest
        | Kind::InvalidCursor
        | Kind::RequestTimeout
        | Kind::UnsupportedMediaType
        | Kind::InvalidBody
        | Kind::UriTooLong
        | Kind::HeadersTooLarge => ("ValidationException", 400),
        Kind::Unauthenticated | Kind::Forbidden | Kind::Csrf => ("AccessDeniedException", 403),
        Kind::NotFound | Kind::MethodNotAllowed => ("ResourceNotFoundException", 404),
        Kind::Conflict | Kind::WrongLocation | Kind::IdempotencyKeyReused => {
            ("ConflictException", 409)
        }
        Kind::TooLarge => ("ContentSizeExceededException", 413),
        // Clients wait and try again after a throttled request, which is what both ask for.
        Kind::RateLimited | Kind::Busy => ("ThrottlingException", 429),
        Kind::Internal | Kind::Damaged | Kind::TimedOut | Kind::Unavailable | Kind::StorageFull => {
            ("InternalServerException", 500)
        }
    }
}

/// Writes a problem out as the contract has it.
pub(crate) fn render(problem: Problem) -> Response {
    let (name, status) = exception(problem.kind);
    let mut body = Map::from_iter([("message".to_owned(), Value::String(problem.detail))]);
    if name == "ValidationException" && !problem.errors.is_empty() {
        let field =
            |Mistake { pointer, detail }: Mistake| json!({ "path": pointer, "message": detail });
        let fields = problem.errors.into_iter().map(field).collect();
        body.insert("fieldList".to_owned(), fields);
    }
    let body = Value::Object(body);
    debug_assert_eq!(nightjar_contract::check_error(name, &body), [], "{name}");
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amzn-errortype", HeaderValue::from_static(name));
    if let Some(seconds) = problem.retry_after_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let mut problem = Self::new(Kind::InvalidBody, invalid.message);
        let mistake = |field: nightjar_contract::Field| Mistake {
            pointer: field.path,
            detail: field.message,
        };
        problem.errors = invalid.fields.into_iter().map(mistake).collect();
        problem
    }
}
