//! People sign in with their organisation's OpenID Connect provider: authorization code with PKCE.
//!
//! [`Providers`] begins a sign-in (where to send the browser, and what to keep meanwhile), finishes it
//! (who came back) and says where to sign out. The protocol is the library's; what it leaves open is
//! decided here: which signatures count, how far clocks may differ, what becomes of keys that changed,
//! and which addresses are asked at all. Everything a provider says is data of a stranger: bounded, and
//! without control characters.
//!
//! *Doesn't know* sockets (it asks through [`Http`]), the clock, cookies, spaces or roles.

mod address;
mod begin;
mod claims;
mod error;
mod finish;
mod http;
mod provider;
mod providers;
mod registration;
mod sign_out;
mod verify;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod hostile;

pub use self::http::{Http, NoAnswer};
pub use address::{Issuer, check_address, may_be_asked, plain_address};
pub use begin::{Begun, Kept};
pub use claims::Person;
pub use error::Error;
pub use finish::Returned;
pub use providers::Providers;
pub use registration::{Registration, Secret};
pub use sign_out::sign_out_address;
