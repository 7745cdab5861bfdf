//! Whether a request was signed with a secret: Signature Version 4, as AWS clients sign for every
//! service but S3.
//!
//! [`Claim::read`] says who claims to have signed; the caller looks that key up and asks
//! [`Claim::verify`], or [`Claim::refuse`] if there is no such key. As with AWS, a request that is
//! sent again within the five minutes of its signature passes again.
//!
//! This module is stricter than the scheme in one thing: the hash of the payload is always that of
//! the body that came, so a client can't leave the body out of the signature.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

pub use self::refusal::Refusal;

mod authorization;
mod canonical;
mod moment;
mod refusal;

/// The name in the scope of every signature.
const SERVICE: &str = "aidevops";

/// How far the time of a signature may be from ours, in both directions: as AWS has it.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What the signature of nobody's key is compared with.
const NOBODYS_SECRET: &str = "nobody/has/this/secret/as/its/signing+key";

/// The parts of a request that a signature covers, as they came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// The query without its question mark, still percent-encoded.
    pub query: &'a str,
    /// All headers in their order, those that come more than once each time.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The whole body.
    pub body: &'a [u8],
}

/// A signature that nobody has verified yet.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    request: &'a Request<'a>,
    access_key_id: &'a str,
    /// As in the scope: `20260102`.
    date: &'a str,
    region: &'a str,
    /// Lower-case, sorted, each once.
    signed_headers: Vec<&'a str>,
    signature: [u8; 32],
    signed_at: Timestamp,
}

impl<'a> Claim<'a> {
    /// Who claims to have signed the request, and that the claim is whole: everything that has to
    /// be signed is said to be.
    ///
    /// # Errors
    /// When there is no claim, or none that could hold.
    pub fn read(request: &'a Request<'a>) -> Result<Self, Refusal> {
        authorization::read(request)
    }

    /// The access key that the request was signed with, if the claim holds.
    #[must_use]
    pub fn access_key_id(&self) -> &'a str {
        self.access_key_id
    }

    /// The region that the request was signed for; any is fine with us.
    #[must_use]
    pub fn region(&self) -> &'a str {
        self.region
    }

    /// Whether the request was signed with the secret of its access key, and just now.
    ///
    /// # Errors
    /// When it wasn't.
    pub fn verify(&self, secret: &str, now: Timestamp) -> Result<(), Refusal> {
        self.check_time(now)?;
        let payload_hash = hexadecimal(&Sha256::digest(self.request.body));
        for (name, value) in self.request.headers {
            let is_hash = name.eq_ignore_ascii_case("x-amz-content-sha256");
            if is_hash && value.trim_ascii() != payload_hash.as_bytes() {
                return Err(Refusal::OtherPayload);
            }
        }
        // Takes as long whether the first or the last byte differs.
        self.keyed(secret, &payload_hash)
            .verify_slice(&self.signature)
            .map_err(|_| Refusal::OtherSignature)
    }

    /// Refuses the request because its access key is nobody's. It takes as long as
    /// [`verify`](Self::verify), so that time doesn't tell which keys there are.
    #[must_use]
    pub fn refuse(&self, now: Timestamp) -> Refusal {
        match self.verify(NOBODYS_SECRET, now) {
            Ok(()) | Err(Refusal::OtherSignature) => Refusal::UnknownKey,
            Err(refusal) => refusal,
        }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let since = now.duration_since(self.signed_at);
        let moments = |limit: Timestamp| [self.signed_at, limit, now].map(moment::write);
        if since > SKEW {
            let [signed_at, limit, now] = moments(now.saturating_sub(SKEW).unwrap_or(now));
            return Err(Refusal::Expired { signed_at, limit, now });
        }
        if since < -SKEW {
            let [signed_at, limit, now] = moments(now.saturating_add(SKEW).unwrap_or(now));
            return Err(Refusal::NotYetCurrent { signed_at, limit, now });
        }
        Ok(())
    }

    /// The signature that belongs to the request, not finished yet.
    fn keyed(&self, secret: &str, payload_hash: &str) -> Hmac<Sha256> {
        let canonical = canonical::request(self.request, &self.signed_headers, payload_hash);
        let key = signing_key(secret, self.date, self.region, SERVICE);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{}/{}/{SERVICE}/aws4_request\n{}",
            moment::write(self.signed_at),
            self.date,
            self.region,
            hexadecimal(&Sha256::digest(canonical)),
        );
        mac(&key, to_sign.as_bytes())
    }
}

/// The key for one day, region and service.
fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> Vec<u8> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, "aws4_request"] {
        key = mac(&key, part.as_bytes()).finalize().into_bytes().to_vec();
    }
    key
}

fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let keyed = Hmac::<Sha256>::new_from_slice(key);
    keyed.expect("invariant: HMAC takes keys of any length").chain_update(message)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn the_key_is_the_one_that_was_published() {
        let key = signing_key(SECRET, "20150830", "us-east-1", "iam");
        assert_eq!(
            hexadecimal(&key),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
    }

    #[test]
    fn the_signature_is_the_one_that_was_published() {
        let request = Request {
            method: "GET",
            path: "/",
            query: "Action=ListUsers&Version=2010-05-08",
            headers: &[
                ("Content-Type", b"application/x-www-form-urlencoded; charset=utf-8"),
                ("Host", b"iam.amazonaws.com"),
                ("X-Amz-Date", b"20150830T123600Z"),
            ],
            body: b"",
        };
        let signed = ["content-type", "host", "x-amz-date"];
        let hash = hexadecimal(&Sha256::digest(b""));
        let canonical = hexadecimal(&Sha256::digest(canonical::request(&request, &signed, &hash)));
        assert_eq!(canonical, "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");

        let key = signing_key(SECRET, "20150830", "us-east-1", "iam");
        let scope = "20150830/us-east-1/iam/aws4_request";
        let to_sign = format!("AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{canonical}");
        assert_eq!(
            hexadecimal(&mac(&key, to_sign.as_bytes()).finalize().into_bytes()),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }
}
