use std::fmt;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use nightjar_access::{Identity, Role};
use nightjar_store::{Holder, Store};

use crate::call::Caller;
use crate::problem::{Kind, Problem};

/// What somebody shows to be let in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A key's token.
    Bearer(String),
    /// The secret of a session's cookie.
    Cookie(String),
    /// A signature that was verified, by the id of its key (the public contract's way).
    Signature(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Bearer(_) => "Bearer(***)",
            Self::Cookie(_) => "Cookie(***)",
            Self::Signature(_) => "Signature(***)",
        })
    }
}

/// The cookie's name. Browsers accept `__Host-` only from the host itself, by TLS, for all paths.
pub(crate) fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-nightjar" } else { "nightjar" }
}

impl Credential {
    /// What the headers show; a token outweighs a cookie.
    ///
    /// # Errors
    /// When `Authorization` is there and can't be used: it isn't ignored in favour of a cookie.
    pub(crate) fn of(headers: &HeaderMap, is_secure: bool) -> Result<Option<Self>, Problem> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        if let Some(value) = given.next() {
            let token = value.to_str().ok().and_then(bearer).filter(|_| given.next().is_none());
            let Some(token) = token else {
                return Err(unauthenticated());
            };
            return Ok(Some(Self::Bearer(token.to_owned())));
        }
        let name = cookie_name(is_secure);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        for pair in cookies.flat_map(|line| line.split(';')) {
            if let Some((key, secret)) = pair.trim().split_once('=')
                && key == name
                && is_plausible(secret)
            {
                return Ok(Some(Self::Cookie(secret.to_owned())));
            }
        }
        Ok(None)
    }

    /// Whose it is; `None` if it doesn't work (any more).
    pub(crate) async fn caller(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Caller>, Problem> {
        let holder = match self {
            Self::Bearer(token) => store.holder_of_token(token, now).await?,
            Self::Cookie(secret) => store.session(secret, now).await?.map(|session| Holder {
                // The audit trail names the session, not the key it was begun with.
                id: session.id,
                ..session.holder
            }),
            Self::Signature(key) => store.holder_of_key(key, now).await?.map(|(holder, _)| holder),
        };
        Ok(holder.and_then(|holder| self.held_by(holder)))
    }

    /// The caller, once it is known whose this is; `None` where the store holds something that no
    /// version wrote.
    pub(crate) fn held_by(&self, holder: Holder) -> Option<Caller> {
        let role: Role = holder.role.parse().ok()?;
        let space = holder.space.map(|space| space.as_str().to_owned());
        let identity = Identity::new(holder.id, role, space).ok()?;
        Some(Caller { identity, name: holder.name, credential: self.clone() })
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && is_plausible(token)).then_some(token)
}

/// Long enough for anything we issue, and nothing that could break a log or a query.
fn is_plausible(secret: &str) -> bool {
    (1..=512).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(crate) fn unauthenticated() -> Problem {
    Problem::new(Kind::Unauthenticated, "credentials are missing or don't work")
}
