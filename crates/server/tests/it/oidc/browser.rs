//! What a browser does of its own: cookies, redirects, forms.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode, Url};

pub(crate) struct Browser {
    client: Client,
    /// By origin and name. Paths don't matter here: no two cookies have the same name.
    jar: BTreeMap<(String, String), String>,
}

/// Where it came to stand.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) policy: String,
    pub(crate) body: String,
}

impl Page {
    /// The address that the page's form leads to.
    fn action(&self) -> Url {
        let at = ["action=\"", "action="].into_iter().find_map(|it| self.body.split_once(it));
        let (_, rest) = at.unwrap_or_else(|| panic!("no form: {}", self.body));
        self.url.join(&address(rest).replace("&amp;", "&")).unwrap()
    }
    /// What the form's hidden fields hold.
    fn hidden(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input type=").skip(1);
        let hidden = inputs.filter(|input| input.trim_start_matches('"').starts_with("hidden"));
        let field = |input: &str, name: &str| {
            let (_, rest) = input.split_once(&format!("{name}="))?;
            Some(word(rest.trim_start_matches('"')).to_owned())
        };
        hidden.filter_map(|input| Some((field(input, "name")?, field(input, "value")?))).collect()
    }
}

fn address(rest: &str) -> &str {
    rest.split(['"', ' ', '>']).next().unwrap_or_default()
}

/// An attribute's value, from behind its first quotation mark on.
fn word(rest: &str) -> &str {
    rest.split(['"', ' ', '>', '/']).next().unwrap_or_default()
}

impl Browser {
    pub(crate) fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, jar: BTreeMap::new() }
    }

    /// Takes the cookies of another browser.
    pub(crate) fn like(other: &Self) -> Self {
        Self { jar: other.jar.clone(), ..Self::new() }
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.jar.keys().map(|(_, name)| name.as_str()).collect()
    }

    pub(crate) async fn get(&mut self, url: &str) -> Page {
        let url: Url = url.parse().unwrap();
        self.follow(self.client.get(url.clone()), url, |_| false).await
    }

    /// One step: where it is sent to, unless it stays.
    pub(crate) async fn step(&mut self, url: &Url) -> Result<Url, Page> {
        self.send(self.client.get(url.clone()), url.clone()).await
    }

    /// Sends the form of a page, and goes where it leads; it stops before an address of that path.
    pub(crate) async fn submit(
        &mut self,
        page: &Page,
        more: &[(&str, &str)],
        before: &str,
    ) -> Page {
        let mut fields = page.hidden();
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let form: Url = Url::parse_with_params("http://form.example/", fields).unwrap();
        let request = self
            .client
            .post(page.action())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(form.query().unwrap_or_default().to_owned());
        self.follow(request, page.action(), |url| url.path() == before).await
    }

    async fn follow(
        &mut self,
        request: RequestBuilder,
        url: Url,
        stops: impl Fn(&Url) -> bool,
    ) -> Page {
        let mut at = match self.send(request, url).await {
            Ok(next) => next,
            Err(page) => return page,
        };
        for _ in 0..20 {
            if stops(&at) {
                let (status, policy, body) = (StatusCode::FOUND, String::new(), String::new());
                return Page { url: at, status, policy, body };
            }
            at = match self.step(&at).await {
                Ok(next) => next,
                Err(page) => return page,
            };
        }
        panic!("redirected in a circle: {at}");
    }

    async fn send(&mut self, request: RequestBuilder, url: Url) -> Result<Url, Page> {
        let origin = url.origin().ascii_serialization();
        let mine = self.jar.iter().filter(|((of, _), _)| *of == origin);
        let cookies: Vec<String> =
            mine.map(|((_, name), value)| format!("{name}={value}")).collect();
        let reply = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for cookie in reply.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = cookie.split_once('=').unwrap();
            let key = (origin.clone(), name.to_owned());
            match value {
                "" => self.jar.remove(&key),
                value => self.jar.insert(key, value.to_owned()),
            };
        }
        let header = |name| reply.headers().get(name).map_or("", |it| it.to_str().unwrap());
        if reply.status().is_redirection() {
            return Ok(url.join(header(LOCATION.as_str())).unwrap());
        }
        let (status, policy) = (reply.status(), header("content-security-policy").to_owned());
        Err(Page { url, status, policy, body: reply.text().await.unwrap() })
    }
}
