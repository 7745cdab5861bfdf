//! Messages of Amazon SNS: its certificate is fetched and kept, and its topic confirmed.

use axum::http::Request;
use jiff::Timestamp;
use nightjar_oidc::Http as _;
use nightjar_senders::sns::{self, Admission, Envelope, Kind as Sort};
use nightjar_senders::{Denied, Method};
use nightjar_store::{Collection, Document, Space};

use super::Proof;
use crate::app::App;
use crate::problem::{Kind, Problem};

pub(super) async fn prove(
    app: &App,
    space: &Space,
    document: &Document,
    topic: Option<&str>,
    body: &[u8],
) -> Result<Proof, Problem> {
    let envelope = match sns::read(body, &app.config.sns_authority()) {
        Ok(envelope) => envelope,
        Err(denied) => return Ok(Proof::Denied(denied)),
    };
    let certificate = certificate(app, &envelope).await?;
    let admitted = envelope.verify(&certificate, Timestamp::now());
    let admission = match admitted.and_then(|()| envelope.admit(topic)) {
        Ok(admission) => admission,
        Err(denied) => return Ok(Proof::Denied(denied)),
    };
    match envelope.kind() {
        // What was signed, and nothing that stood beside it.
        Sort::Notification => Ok(Proof::Signed(envelope.signed())),
        Sort::UnsubscribeConfirmation => {
            tracing::warn!(webhook = document.id, "its topic sends no more messages");
            Ok(Proof::Confirmed("the topic has unsubscribed this webhook"))
        }
        Sort::SubscriptionConfirmation => {
            if let Some(url) = envelope.subscribe_url() {
                fetch(app, url).await?;
            }
            match admission {
                Admission::Known => {}
                Admission::First => {
                    if let Some(denied) = keep_to(space, document, &envelope).await? {
                        return Ok(Proof::Denied(denied));
                    }
                }
            }
            Ok(Proof::Confirmed("the subscription is confirmed"))
        }
    }
}

/// Keeps a webhook to the first topic that it confirmed.
async fn keep_to(
    space: &Space,
    document: &Document,
    envelope: &Envelope,
) -> Result<Option<Denied>, Problem> {
    let topic = Some(envelope.topic().to_owned());
    let known = Method::Sns { topic }.to_string();
    let first = Method::Sns { topic: None }.to_string();
    let webhooks = space.documents(Collection::Webhook);
    let mut is_other = false;
    let keep = |document: &mut Document| {
        // Another one may have been faster.
        is_other = document.state != first && document.state != known;
        if !is_other {
            document.state.clone_from(&known);
        }
        Ok(())
    };
    webhooks.update(&document.id, Timestamp::now(), keep).await?;
    Ok(is_other.then_some(Denied::OtherTopic))
}

/// The certificate of a message; what lies at an address never changes, so it is fetched once.
async fn certificate(app: &App, envelope: &Envelope) -> Result<Vec<u8>, Problem> {
    let url = envelope.certificate_url();
    if let Some(known) = app.certificates.get(url) {
        return Ok(known);
    }
    let fetched = fetch(app, url).await?;
    app.certificates.keep(url, &fetched);
    Ok(fetched)
}

async fn fetch(app: &App, url: &str) -> Result<Vec<u8>, Problem> {
    let away = |reason: String| {
        tracing::warn!(reason, "Amazon SNS can't be asked");
        Problem::new(Kind::Unavailable, "Amazon SNS can't be asked at the moment; send it again")
    };
    let request = Request::get(url).body(Vec::new()).map_err(|error| away(error.to_string()))?;
    let answer = app.outward.send(request).await.map_err(|error| away(error.to_string()))?;
    if !answer.status().is_success() {
        return Err(away(format!("it answers {}", answer.status())));
    }
    Ok(answer.into_body())
}

/// Certificates that were fetched, by address.
#[derive(Default)]
pub(crate) struct Certificates(std::sync::Mutex<std::collections::BTreeMap<String, Vec<u8>>>);

/// How many are kept: AWS has a few dozen regions.
const KEPT: usize = 64;

impl Certificates {
    fn get(&self, url: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(url).cloned()
    }

    fn keep(&self, url: &str, pem: &[u8]) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(url.to_owned(), pem.to_vec());
    }
}
