use openidconnect::url::Url;
use openidconnect::{ClientId, EndSessionUrl, LogoutRequest, PostLogoutRedirectUrl};

/// Bytes of an ID token that still goes into an address: with what else stands there it fits into the
/// 8 KiB that servers read.
const LONGEST_HINT: usize = 6 << 10;

/// Where to send the browser so that the provider signs the person out as well (RP-Initiated Logout),
/// and back to `back`, which the provider has to know. None where `end_session` isn't an address.
pub fn sign_out_address(
    end_session: &str,
    client_id: &str,
    id_token: &str,
    back: &str,
) -> Option<String> {
    let end_session = EndSessionUrl::new(end_session.to_owned()).ok()?;
    let back = PostLogoutRedirectUrl::new(back.to_owned()).ok()?;
    let request = LogoutRequest::from(end_session)
        .set_client_id(ClientId::new(client_id.to_owned()))
        .set_post_logout_redirect_uri(back);
    let mut url: Url = request.http_get_url();
    if id_token.len() <= LONGEST_HINT {
        url.query_pairs_mut().append_pair("id_token_hint", id_token);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_is_told_whom_to_sign_out_and_where_to_send_them() {
        let of = |token| {
            sign_out_address(
                "https://a.example/end?x=1",
                "us",
                token,
                "https://b.example/signed-out",
            )
        };
        assert_eq!(
            of("h.p.s").unwrap(),
            "https://a.example/end?x=1&client_id=us\
             &post_logout_redirect_uri=https%3A%2F%2Fb.example%2Fsigned-out&id_token_hint=h.p.s"
        );
        assert!(!of(&"x".repeat(9000)).unwrap().contains("hint"));
        assert_eq!(sign_out_address("no", "us", "t", "https://b.example/"), None);
    }
}
