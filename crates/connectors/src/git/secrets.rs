//! Settings whose values are better not told.

/// Parts of names that stand for secrets.
const NAMES: [&str; 16] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "credential",
    "auth",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "dsn",
    "connectionstring",
    "salt",
    "cookie",
    "session",
];

/// Parts of values that come with secrets.
const VALUES: [&str; 8] =
    ["password", "passwd", "secret", "bearer ", "basic ", "authorization", "-----begin", "token"];

/// Whether a setting of this name, or with this value, may be a secret. It is rather left out once too often.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let lower = value.to_lowercase();
    NAMES.iter().any(|part| name.contains(part))
        || VALUES.iter().any(|part| lower.contains(part))
        || has_user(value)
        || (!is_version(&name) && looks_drawn(value))
}

/// Names whose values are long and look random without being secret: digests of images, commits.
fn is_version(name: &str) -> bool {
    ["image", "tag", "digest", "version", "revision", "commit"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// `https://user:secret@host`.
fn has_user(value: &str) -> bool {
    let rest = value.split_once("://").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split(['/', '?', '#']).next()).is_some_and(|host| host.contains('@'))
}

/// A long word of letters and digits mixed, as keys are drawn.
fn looks_drawn(value: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-".contains(letter);
    value.split(|letter| !is_part(letter)).any(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let letters = word.chars().filter(char::is_ascii_alphabetic).count();
        word.len() >= 20 && digits >= 3 && letters >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn secrets_are_known_by_name_or_value() {
        for (name, value) in [
            ("db.password", "x"),
            ("env.DB_PASSWORD.value", "hunter2"),
            ("requirepass", "hunter2"),
            ("stripe.api_key", "x"),
            ("apiKey", "x"),
            ("database.url", "postgres://shop:hunter2@db/shop"),
            ("header", "Authorization: Bearer abc"),
            ("x", "AKIAIOSFODNN7EXAMPLE1234"),
            ("cert", "-----BEGIN CERTIFICATE-----"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("pool.max", "20"),
            ("timeout", "1500ms"),
            ("image", "shop/cart@sha256:0123456789abcdef0123456789abcdef"),
            ("url", "http://orders:8080/api/v1"),
            ("cache.key_prefix", "cart"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
    }
}
