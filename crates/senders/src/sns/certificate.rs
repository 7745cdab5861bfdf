//! A certificate as SNS publishes it, and signatures verified with it.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::DecodePem;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use super::envelope::Version;
use crate::denied::Denied;

/// Longer is no certificate; SNS's is 2 kB.
const MOST_BYTES: usize = 64 * 1024;

/// Whether the certificate is made out to one of the names, is valid now, and signed the text.
pub(super) fn verify(
    pem: &[u8],
    names: &[String],
    now: Timestamp,
    version: Version,
    text: &[u8],
    signature: &[u8],
) -> Result<(), Denied> {
    let unreadable = || Denied::Certificate("can't be read");
    if pem.len() > MOST_BYTES {
        return Err(unreadable());
    }
    let certificate = Certificate::from_pem(pem).map_err(|_| unreadable())?;
    let certificate = certificate.tbs_certificate();
    let validity = certificate.validity();
    if now < moment(validity.not_before).ok_or_else(unreadable)? {
        return Err(Denied::Certificate("isn't valid yet"));
    }
    if now > moment(validity.not_after).ok_or_else(unreadable)? {
        return Err(Denied::Certificate("has expired"));
    }
    let alternative = certificate.get_extension::<SubjectAltName>().map_err(|_| unreadable())?;
    let is_of_sns = alternative.is_some_and(|(_, SubjectAltName(found))| {
        found.iter().any(|name| match name {
            GeneralName::DnsName(name) => {
                names.iter().any(|expected| expected.eq_ignore_ascii_case(name.as_str()))
            }
            _ => false,
        })
    });
    if !is_of_sns {
        return Err(Denied::Certificate("isn't made out to SNS"));
    }
    let key = certificate.subject_public_key_info().subject_public_key.as_bytes();
    let algorithm: &dyn VerificationAlgorithm = match version {
        Version::One => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Version::Two => &RSA_PKCS1_2048_8192_SHA256,
    };
    // A key of another kind than RSA isn't a public key to this algorithm, and verifies nothing.
    let key = UnparsedPublicKey::new(algorithm, key.ok_or_else(unreadable)?);
    key.verify(text, signature).map_err(|_| Denied::Wrong)
}

fn moment(time: Time) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
}
