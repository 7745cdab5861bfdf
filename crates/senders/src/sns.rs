//! Messages of Amazon SNS, which signs with a certificate: how CloudWatch's alarms come.
//!
//! ```text
//! let envelope = sns::read(body, &Authority::Aws)?;      // addresses are checked here
//! let pem = …fetch envelope.certificate_url()…;          // the caller's, over TLS, kept by address
//! envelope.verify(&pem, now)?;                           // it is from SNS, and just now
//! match envelope.admit(topic)? {                         // it is from the right topic
//!     Admission::Known => …take envelope.signed()…
//!     Admission::First => …fetch envelope.subscribe_url(), then keep envelope.topic()…
//! }
//! ```
//!
//! Everybody who has an AWS account can have SNS sign what they like, so a signature alone proves
//! nothing but SNS: the topic is what tells whose message it is. A webhook that names its topic takes
//! that one only. One that names none takes the first that asks it to be confirmed, and keeps to it;
//! until then its address is all that protects it, so naming the topic is better.
//!
//! The certificate's chain isn't followed: what SNS publishes is the certificate alone. What vouches
//! for it is that it was fetched over TLS from an address of SNS, that it is made out to SNS, and that
//! it is valid now; AWS's own SDK for Java (version 2) asks for the same.

mod address;
mod certificate;
mod envelope;

pub use address::Authority;
pub use envelope::{Admission, Envelope, Kind, read};
