//! Signatures as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`, one for each secret
//! that counts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What stands before a secret, so that people and scanners know it.
const PREFIX: &str = "whsec_";

/// The value of `webhook-signature`.
pub(super) fn signatures<'a>(
    secrets: impl Iterator<Item = &'a str>,
    id: &str,
    timestamp: i64,
    body: &str,
) -> Result<String, String> {
    let mut all = Vec::new();
    for secret in secrets {
        let key = STANDARD.decode(secret.trim_start_matches(PREFIX));
        let key = key.map_err(|_| "a signing secret can't be read")?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)
            .expect("invariant: HMAC takes a key of any length");
        for part in [id, ".", &timestamp.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        all.push(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    }
    if all.is_empty() {
        return Err("the subscription has no signing secret".to_owned());
    }
    Ok(all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_as_the_library_of_the_standard_makes_it() {
        // The example of the Standard Webhooks libraries' tests.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = signatures(
            [secret].into_iter(),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs_and_none_is_an_error() {
        let signed = signatures(["whsec_YQ==", "whsec_Yg=="].into_iter(), "e", 1, "{}").unwrap();
        assert_eq!(signed.split(' ').count(), 2);
        assert!(signatures(std::iter::empty(), "e", 1, "{}").is_err());
        assert!(signatures(["whsec_!"].into_iter(), "e", 1, "{}").is_err());
    }
}
