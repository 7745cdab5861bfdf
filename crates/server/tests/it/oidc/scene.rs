//! A service on a socket, a space of it, and the provider that its people sign in with.

use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_server::Config;
use nightjar_store::{NewKey, NewSpace, Space};
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::provider::Provider;
use crate::socket::Listening;

pub(crate) const CALLBACK: &str = "/sign-in/oidc/callback";

pub(crate) struct Scene {
    pub(crate) service: Listening,
    pub(crate) base: String,
    pub(crate) provider: Provider,
    pub(crate) space: Space,
    pub(crate) administrator: String,
}

impl Scene {
    /// With the provider, its client `nightjar`, and the groups of the tests mapped.
    pub(crate) async fn new() -> Option<Self> {
        Self::with("").await
    }

    pub(crate) async fn with(mode: &str) -> Option<Self> {
        let allow_loopback_providers = true;
        let config = Config { allow_loopback_providers, rate_limits: false, ..Config::default() };
        let service = Listening::new(config).await;
        let base = format!("http://{}", service.address);
        let provider = Provider::start(&base, mode)?;
        let (store, now) = (&service.store, Timestamp::now());
        let new = NewSpace { name: "ops".to_owned(), ..NewSpace::default() };
        let space = store.create_space(new, None, now).await.unwrap().into_inner().id;
        let space = store.space(&space).await.unwrap();
        let new = NewKey {
            role: "administrator".to_owned(),
            space: None,
            name: "of a test".to_owned(),
            expires_at: None,
        };
        let administrator = store.issue_key(new, None, now).await.unwrap().into_inner().token;
        let scene = Self { service, base, provider, space, administrator };
        assert_eq!(scene.configure("nightjar", json!({})).await.0, 200);
        Some(scene)
    }

    pub(crate) async fn configure(&self, client: &str, more: Value) -> (u16, Value) {
        let mut body = json!({
            "issuer_url": self.provider.issuer,
            "client_id": client,
            "client_secret": format!("the secret of {client}"),
            "scopes": ["profile", "groups"],
            "roles": [
                { "group": "everyone", "role": "viewer" },
                { "group": "platform-admins", "role": "administrator" },
                { "group": "on-call", "role": "operator" },
            ],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.api(Method::PUT, &format!("/api/v1/spaces/{}/sign-in", self.space.id()), &body).await
    }

    pub(crate) async fn api(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = Client::new().request(method, format!("{}{path}", self.base));
        let request = request.bearer_auth(&self.administrator);
        let reply = request.json(body).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap_or_default())
    }

    pub(crate) fn begin_url(&self) -> String {
        self.begin_url_of(self.space.id())
    }

    pub(crate) fn begin_url_of(&self, space: &SpaceId) -> String {
        format!("{}/sign-in/oidc/{space}", self.base)
    }

    /// Goes to the provider's first page.
    pub(crate) async fn off(&self, browser: &mut Browser) -> Page {
        let page = browser.get(&self.begin_url()).await;
        assert!(page.url.as_str().starts_with(&self.provider.issuer), "{} {}", page.url, page.body);
        page
    }

    /// The same by an authorization address that somebody changed on the way.
    pub(crate) async fn off_by(&self, browser: &mut Browser, change: impl Fn(&mut Url)) -> Page {
        let begin = self.begin_url().parse().unwrap();
        let Ok(mut url) = browser.step(&begin).await else { panic!("it isn't sent off") };
        change(&mut url);
        browser.get(url.as_str()).await
    }

    /// Signs in at the provider, and stands before the way back.
    pub(crate) async fn on_the_way_back(
        &self,
        browser: &mut Browser,
        page: &Page,
        who: &str,
    ) -> Url {
        let fields = [("login", who), ("password", "any")];
        let consent = browser.submit(page, &fields, CALLBACK).await;
        let back = match consent.url.path() {
            CALLBACK => consent,
            _ => browser.submit(&consent, &[], CALLBACK).await,
        };
        assert_eq!(back.url.path(), CALLBACK, "{}", back.body);
        back.url
    }

    /// The whole way.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, who: &str) -> Page {
        let page = self.off(browser).await;
        let back = self.on_the_way_back(browser, &page, who).await;
        browser.get(back.as_str()).await
    }

    /// Whose the browser's session is; its role.
    pub(crate) async fn who(&self, browser: &mut Browser) -> Option<(String, String)> {
        let page = browser.get(&format!("{}/api/v1/session", self.base)).await;
        let said: Value = serde_json::from_str(&page.body).unwrap();
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        Some((text("name")?, text("role")?))
    }

    pub(crate) async fn role(&self, who: &str) -> (u16, String) {
        let mut browser = Browser::new();
        let page = self.sign_in(&mut browser, who).await;
        let role = self.who(&mut browser).await.map(|(_, role)| role).unwrap_or_default();
        (page.status.as_u16(), role)
    }
}

/// Changes one parameter of an address.
pub(crate) fn set(url: &mut Url, name: &str, value: &str) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut query = url.query_pairs_mut();
    query.clear();
    for (key, old) in pairs {
        let value = if key == name { value } else { &old };
        query.append_pair(&key, value);
    }
}
