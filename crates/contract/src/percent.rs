//! Percent-encoding (RFC 3986).

/// Why something percent-encoded can't be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A `%` without two hexadecimal digits behind it.
    Escape,
    /// The bytes aren't UTF-8.
    Utf8,
    /// There is a control character in it. No value that travels in an address has one, and not
    /// every place that a value goes to later would keep it.
    Control,
    /// It is a path of several segments, and one is empty, `.` or `..`.
    Segments,
}

impl Broken {
    /// As the end of a sentence: "must not hold …".
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Escape => "must be percent-encoded",
            Self::Utf8 => "must be UTF-8",
            Self::Control => "must not hold control characters",
            Self::Segments => "must not hold empty segments, `.` or `..`",
        }
    }
}

/// Decodes once; a plus stays a plus.
pub(crate) fn decode(text: &str) -> Result<String, Broken> {
    let bytes = decode_bytes(text).ok_or(Broken::Escape)?;
    let text = String::from_utf8(bytes).map_err(|_| Broken::Utf8)?;
    if text.contains(char::is_control) { Err(Broken::Control) } else { Ok(text) }
}

fn decode_bytes(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            byte => byte,
        });
    }
    Some(decoded)
}

/// Decodes what can be; a `%` that starts nothing stays.
pub(crate) fn decode_leniently(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = match after {
            [high, low, ..] if *byte == b'%' => {
                digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low)
            }
            _ => None,
        };
        decoded.push(escaped.unwrap_or(*byte));
        rest = after.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    decoded
}

/// The value of a hexadecimal digit.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Encodes everything but the unreserved characters of RFC 3986 and those of `kept`.
pub(crate) fn encode(bytes: &[u8], kept: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || kept.contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_once() {
        assert_eq!(decode("a%2Fb%252Fc+d").as_deref(), Ok("a/b%2Fc+d"));
        assert_eq!(decode("%C3%a9").as_deref(), Ok("é"));
        assert_eq!(decode("").as_deref(), Ok(""));
    }

    #[test]
    fn what_isnt_encoded_is_refused() {
        for text in ["%", "%2", "%zz", "%2x", "a%", "%+1"] {
            assert_eq!(decode(text), Err(Broken::Escape), "{text}");
        }
        assert_eq!(decode("%ff"), Err(Broken::Utf8));
        assert_eq!(decode("%00"), Err(Broken::Control));
        assert_eq!(decode("%0A"), Err(Broken::Control));
        assert_eq!(decode("%c2%85"), Err(Broken::Control));
    }

    #[test]
    fn a_lenient_reader_keeps_what_isnt_encoded() {
        assert_eq!(decode_leniently("%41%4%zz%"), b"A%4%zz%");
    }

    #[test]
    fn only_unreserved_and_kept_characters_stay() {
        assert_eq!(encode("aZ0-._~ /é%".as_bytes(), b"/"), "aZ0-._~%20/%C3%A9%25");
    }
}
