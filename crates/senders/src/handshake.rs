//! CloudEvents' handshake: a sender asks whether an address wants its events before it sends any.

use crate::delivery::Delivery;

/// The headers that answer an `OPTIONS` request of a CloudEvents sender, to be sent with status 200;
/// `None` if it asks nothing, or says no name of its own.
///
/// We agree to any sender: whether what it sends then is taken is for [`crate::verify`] to say. The
/// caller answers only for addresses that there are. The answer allows the rate that the request
/// names, and `most_per_minute` at most.
///
/// The address that a request may name to be answered later (`WebHook-Request-Callback`) is left
/// alone: it is a stranger's, and answering at once is as good.
#[must_use]
pub fn handshake(
    delivery: &Delivery<'_>,
    most_per_minute: u32,
) -> Option<Vec<(&'static str, String)>> {
    let origin = text(delivery, "WebHook-Request-Origin")?;
    // A DNS name, with which the answer can't be made to say anything else.
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if origin.len() > 253 || !origin.bytes().all(is_fine) {
        return None;
    }
    let most = most_per_minute.max(1);
    let asked = text(delivery, "WebHook-Request-Rate").and_then(|rate| rate.parse().ok());
    let rate = asked.unwrap_or(most).clamp(1, most);
    Some(vec![
        ("Allow", "POST".to_owned()),
        ("WebHook-Allowed-Origin", origin.to_owned()),
        ("WebHook-Allowed-Rate", rate.to_string()),
    ])
}

fn text<'a>(delivery: &Delivery<'a>, name: &str) -> Option<&'a str> {
    delivery.header(name).ok().and_then(|value| std::str::from_utf8(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &[u8])]) -> Option<Vec<(&'static str, String)>> {
        handshake(&Delivery { headers, query: "", body: b"" }, 600)
    }

    #[test]
    fn the_origin_is_allowed_and_the_rate_bounded() {
        let asked: (&str, &[u8]) = ("webhook-request-origin", b"eventgrid.azure.net");
        let allowing = |rate: &str| {
            Some(vec![
                ("Allow", "POST".to_owned()),
                ("WebHook-Allowed-Origin", "eventgrid.azure.net".to_owned()),
                ("WebHook-Allowed-Rate", rate.to_owned()),
            ])
        };
        assert_eq!(answer(&[asked]), allowing("600"));
        for (rate, allowed) in [("120", "120"), ("100000", "600"), ("0", "1"), ("*", "600")] {
            let rate = ("WebHook-Request-Rate", rate.as_bytes());
            assert_eq!(answer(&[asked, rate]), allowing(allowed));
        }
    }

    #[test]
    fn nobody_gets_a_line_of_their_own_into_the_answer() {
        let name = "WebHook-Request-Origin";
        for origin in ["", "a b", "a\r\nSet-Cookie: x", "é", "*"] {
            assert_eq!(answer(&[(name, origin.as_bytes())]), None, "{origin}");
        }
        assert_eq!(answer(&[(name, b"\xff")]), None);
        assert_eq!(answer(&[(name, b"a"), (name, b"b")]), None);
        assert_eq!(answer(&[]), None);
    }
}
