use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightjar_oncall::{BadArchive, BadConfig, Error as WorkflowError};
use nightjar_store::Error as StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// What can be wrong with a request, or with us. Each is a row of docs/guide/api.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    MalformedRequest,
    InvalidCursor,
    Unauthenticated,
    Forbidden,
    Csrf,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    WrongLocation,
    TooLarge,
    UriTooLong,
    UnsupportedMediaType,
    InvalidBody,
    IdempotencyKeyReused,
    RateLimited,
    HeadersTooLarge,
    Internal,
    Damaged,
    Busy,
    TimedOut,
    Unavailable,
    StorageFull,
}

impl Kind {
    pub(crate) const ALL: [Self; 23] = [
        Self::MalformedRequest,
        Self::InvalidCursor,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Csrf,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Conflict,
        Self::WrongLocation,
        Self::TooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::InvalidBody,
        Self::IdempotencyKeyReused,
        Self::RateLimited,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::Damaged,
        Self::Busy,
        Self::TimedOut,
        Self::Unavailable,
        Self::StorageFull,
    ];

    /// Status, last part of the type, title, and what the caller can do about it.
    pub(crate) fn row(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::MalformedRequest => (
                400,
                "malformed-request",
                "The request can't be read",
                "mend the JSON, the query or the header that `detail` names",
            ),
            Self::InvalidCursor => (
                400,
                "invalid-cursor",
                "The cursor isn't one of this list",
                "start the list again without a cursor",
            ),
            Self::Unauthenticated => (
                401,
                "unauthenticated",
                "Credentials are missing or don't work",
                "send a key's token that is neither revoked nor expired",
            ),
            Self::Forbidden => (
                403,
                "forbidden",
                "These credentials don't allow this",
                "ask with a key of another role",
            ),
            Self::Csrf => (
                403,
                "csrf",
                "The token against forged requests is missing or wrong",
                "send the session's token as `X-CSRF-Token`",
            ),
            Self::NotFound => (
                404,
                "not-found",
                "There is no such thing here",
                "check path and ids; what isn't yours looks the same",
            ),
            Self::MethodNotAllowed => (
                405,
                "method-not-allowed",
                "This can't be done to it",
                "use a method that `Allow` names",
            ),
            Self::RequestTimeout => {
                (408, "request-timeout", "The request came too slowly", "send it again, faster")
            }
            Self::Conflict => (
                409,
                "conflict",
                "Its state doesn't allow this",
                "`detail` says what stands in the way",
            ),
            Self::WrongLocation => (
                409,
                "wrong-location",
                "It belongs to another location",
                "use the installation of that location",
            ),
            Self::TooLarge => (413, "too-large", "The body is too large", "send less"),
            Self::UriTooLong => (414, "uri-too-long", "The address is too long", "shorten it"),
            Self::UnsupportedMediaType => (
                415,
                "unsupported-media-type",
                "The body is of a kind that isn't read here",
                "send the `Content-Type` that the description names",
            ),
            Self::InvalidBody => (
                422,
                "invalid-body",
                "The body isn't what is expected here",
                "mend the places that `errors` names",
            ),
            Self::IdempotencyKeyReused => (
                422,
                "idempotency-key-reused",
                "The idempotency key was used for another request",
                "take a new key for a new request",
            ),
            Self::RateLimited => {
                (429, "rate-limited", "Too many requests", "wait as long as `Retry-After` says")
            }
            Self::HeadersTooLarge => (
                431,
                "headers-too-large",
                "The headers are too large",
                "send fewer or shorter ones",
            ),
            Self::Internal => (
                500,
                "internal",
                "Something went wrong on our side",
                "try again; if it stays, tell us the `instance`",
            ),
            Self::Damaged => (
                500,
                "damaged",
                "What is stored isn't what was written",
                "restore it from a copy; the log says what it is",
            ),
            Self::Busy => {
                (503, "busy", "Too much is going on at the moment", "wait as `Retry-After` says")
            }
            Self::TimedOut => (
                503,
                "timed-out",
                "It took too long",
                "try again with the same idempotency key, or ask for less",
            ),
            Self::Unavailable => (
                503,
                "unavailable",
                "The store can't be reached",
                "wait as `Retry-After` says, then try again with the same idempotency key",
            ),
            Self::StorageFull => (
                507,
                "storage-full",
                "There is no room left to write",
                "make room where the data is kept",
            ),
        }
    }

    fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What a bare status means, where a library answered.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let same = |kind: &Self| kind.row().0 == status.as_u16();
        let otherwise =
            if status.is_client_error() { Self::MalformedRequest } else { Self::Internal };
        Self::ALL.into_iter().find(same).unwrap_or(otherwise)
    }
}

/// A wrong place in a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Mistake {
    /// Where, as a JSON pointer; empty for the whole body.
    #[schema(example = "/name")]
    pub(crate) pointer: String,
    /// What is wrong there.
    pub(crate) detail: String,
}

/// What is wrong, as RFC 9457 writes it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Wire<'a> {
    /// Which problem, as a stable relative address: docs/guide/api.md has them all.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not-found", format = "uri-reference")]
    kind: String,
    /// The problem in a few words, the same each time.
    title: &'a str,
    /// The HTTP status again.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong this time.
    detail: &'a str,
    /// The request's id, as in `X-Request-Id`: tell it when you ask about it.
    instance: &'a str,
    /// The wrong places of the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake>,
}

/// A problem on its way to the caller. `detail` never holds secrets or what a driver said.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
    pub(crate) errors: Vec<Mistake>,
    pub(crate) retry_after_seconds: Option<u64>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let retry_after_seconds = match kind {
            Kind::Busy | Kind::TimedOut => Some(1),
            Kind::Unavailable => Some(5),
            _ => None,
        };
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after_seconds }
    }

    /// The one answer for "not there", "not yours" and "deleted".
    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "there is no such thing here, or it isn't yours")
    }

    /// A wrong place in the body.
    pub(crate) fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let mistake = Mistake { pointer: pointer.to_owned(), detail: detail.clone() };
        let mut problem = Self::new(Kind::InvalidBody, detail);
        problem.errors.push(mistake);
        problem
    }

    /// Writes it out, with the id of the request it answers.
    pub(crate) fn render(self, request: &str) -> Response {
        let (status, slug, title, _) = self.kind.row();
        let wire = Wire {
            kind: format!("/problems/{slug}"),
            title,
            status,
            detail: &self.detail,
            instance: request,
            errors: self.errors,
        };
        let body = serde_json::to_vec(&wire).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.kind.status();
        let headers = response.headers_mut();
        let media = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media);
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind == Kind::Unauthenticated {
            let challenge = HeaderValue::from_static("Bearer realm=\"nightjar\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// The problem travels beside an empty answer; `pass` writes it out when it knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } | StoreError::Destroyed => Self::not_found(),
            StoreError::Conflict(reason) => Self::new(Kind::Conflict, reason),
            StoreError::KeyReused => Self::new(
                Kind::IdempotencyKeyReused,
                "this idempotency key came before with another request",
            ),
            StoreError::Unavailable { what, source } => {
                tracing::error!(%source, what, "the store can't be reached");
                Self::new(Kind::Unavailable, format!("the {what} can't be reached"))
            }
            StoreError::Full(source) => {
                tracing::error!(%source, "no room left to write");
                Self::new(Kind::StorageFull, "no room left to write; nothing was changed")
            }
            StoreError::Damaged { what, reason } => {
                tracing::error!(what, reason, "stored data is damaged");
                Self::new(Kind::Damaged, "what is stored isn't what was written")
            }
            error @ StoreError::WrongLocation { .. } => {
                Self::new(Kind::WrongLocation, error.to_string())
            }
            error @ (StoreError::MasterKey(_) | StoreError::Migration(_)) => {
                tracing::error!(%error, "the store can't be used");
                Self::new(Kind::Internal, "something went wrong on our side")
            }
            StoreError::Invalid(reason) => Self::new(Kind::MalformedRequest, reason),
        }
    }
}

impl From<WorkflowError> for Problem {
    fn from(error: WorkflowError) -> Self {
        match error {
            WorkflowError::Store(error) => error.into(),
            WorkflowError::Archive(BadArchive::TooLarge(reason)) => {
                Self::new(Kind::TooLarge, format!("the capsule holds too much: {reason}"))
            }
            WorkflowError::Archive(BadArchive::Malformed(reason)) => Self::invalid("", reason),
            WorkflowError::Config(error @ BadConfig::UnknownKind { .. }) => {
                Self::invalid("/kind", error.to_string())
            }
            WorkflowError::Config(BadConfig::NotAnObject) => {
                Self::invalid("/config", "the settings of a connection are a JSON object")
            }
            WorkflowError::Config(BadConfig::Field { field, reason }) => {
                Self::invalid(&format!("/config/{field}"), reason)
            }
            WorkflowError::Redaction(reason) => {
                tracing::error!(reason, "a redaction policy can't be read");
                Self::new(Kind::Damaged, "the redaction policy of the space can't be read")
            }
            WorkflowError::Broken(reason) => {
                tracing::error!(reason, "the workflow failed");
                Self::new(Kind::Internal, "something went wrong on our side")
            }
        }
    }
}

/// The schema of a problem, for the description of the API.
pub(crate) type Schema = Wire<'static>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_has_every_problem() {
        let guide = include_str!("../../../docs/guide/api.md");
        for kind in Kind::ALL {
            let (status, slug, title, remedy) = kind.row();
            let row = format!("| `/problems/{slug}` | {status} | {title} | {remedy} |");
            assert!(guide.contains(&row), "docs/guide/api.md lacks: {row}");
        }
        assert_eq!(guide.matches("| `/problems/").count(), Kind::ALL.len());
    }
}
