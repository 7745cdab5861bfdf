//! HTTP: the native API, who may call it, and how it is watched.
//!
//! One way in (`pass`): every request gets an id, stays within limits and leaves a record in the
//! audit trail before its answer leaves. One gate before each operation (`admit`): credentials, rate,
//! forged requests, and what `access` permits. The operations are in `api/`, one file per resource:
//! the types on the wire, and their translation by hand from those of the domain.
//!
//! *Doesn't know* how an incident is investigated, nor SQL: it asks `store` and `oncall`.

#![expect(unused_qualifications, reason = "what `utoipa::path` makes of `params(...)` has them")]

mod admit;
mod answer;
mod api;
mod app;
mod body;
mod call;
mod config;
mod connection;
mod contract;
mod credential;
mod describe;
mod error;
mod listen;
mod metrics;
mod origin;
mod outbound;
mod outward;
mod page;
mod pass;
mod probes;
mod problem;
mod rates;
mod router;
mod routes;
mod sign_in;
mod tls;
mod webhook;
mod wire;

pub use app::Parts;
pub use config::{Config, Limits, Rate, Rates, SnsStandIn, Tls};
pub use error::Error;
pub use listen::{serve, serve_probes};
pub use outbound::Webhooks;
pub use router::{openapi, router};
