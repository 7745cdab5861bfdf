//! Answers that went well.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightjar_store::Created;
use serde::Serialize;

use crate::call::Call;
use crate::problem::Problem;

/// What an operation comes to.
pub(crate) type Answer<T> = Result<T, Problem>;

/// Something was made, or had been made by an earlier request with the same idempotency key.
pub(crate) struct Made<T> {
    status: StatusCode,
    location: String,
    is_again: bool,
    thing: T,
}

impl<T> Made<T> {
    /// What was made, and where it can be read; its id goes into the audit trail.
    pub(crate) fn new<A>(
        created: Created<A>,
        call: &Call,
        wire: impl FnOnce(A) -> (String, String, T),
    ) -> Self {
        let (record, is_again) = match created {
            Created::New(record) => (record, false),
            Created::Again(record) => (record, true),
        };
        let (id, location, thing) = wire(record);
        call.note(|facts| facts.subject = Some(id));
        Self { status: StatusCode::CREATED, location, is_again, thing }
    }

    /// It was taken in; the work is still to be done.
    pub(crate) fn accepted(self) -> Self {
        Self { status: StatusCode::ACCEPTED, ..self }
    }
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.thing)).into_response();
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        if self.is_again {
            let name = HeaderName::from_static("idempotent-replayed");
            response.headers_mut().insert(name, HeaderValue::from_static("true"));
        }
        response
    }
}
