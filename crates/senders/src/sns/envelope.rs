//! What SNS puts around a message, and which of it counts.

use base64::Engine;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::address::Authority;
use super::certificate;
use crate::denied::{Denied, Part};
use crate::method::is_topic;
use crate::moment;
use crate::signature::BASE64;

/// How long after its time a message may arrive. SNS tries a web address again for at most an hour,
/// whatever the topic's delivery policy says, and its time stays that of the first try.
const OLDEST: SignedDuration = SignedDuration::from_mins(60 + 5);

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody published something.
    Notification,
    /// The topic asks whether our address wants its messages.
    SubscriptionConfirmation,
    /// The topic tells that our address gets no more messages. It brings an address that would undo
    /// that; we offer no way to it, since somebody unsubscribed us on purpose.
    UnsubscribeConfirmation,
}

/// How a message is signed; its topic decides which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// RSA with SHA-1: the default. Nobody can make a second message for a signature that there is,
    /// even with SHA-1; a topic can be set to the other all the same.
    One,
    /// RSA with SHA-256.
    Two,
}

/// Whether a message's topic is the webhook's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is.
    Known,
    /// The webhook has none, and this is a topic that asks to be confirmed: it becomes the webhook's
    /// once that is done.
    First,
}

/// A message of SNS. Its addresses are SNS's, and nothing else of it is to be believed before
/// [`verify`](Self::verify).
#[derive(Clone, Debug)]
pub struct Envelope {
    kind: Kind,
    message_id: String,
    topic: String,
    subject: Option<String>,
    message: String,
    /// As it was signed.
    timestamp: String,
    sent_at: Timestamp,
    token: Option<String>,
    subscribe_url: Option<String>,
    certificate_url: String,
    certificate_names: Vec<String>,
    version: Version,
    signature: Vec<u8>,
}

/// A field that comes twice makes the body unreadable: which one was signed couldn't be told.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields {
    r#type: Option<String>,
    message_id: Option<String>,
    topic_arn: Option<String>,
    subject: Option<String>,
    message: Option<String>,
    timestamp: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
}

/// Reads a message of SNS from the body of a request, whatever the request says its type is (SNS
/// says `text/plain`), and checks where its addresses lead.
///
/// # Errors
/// When it is none, lacks something, or has an address that isn't the authority's.
pub fn read(body: &[u8], authority: &Authority) -> Result<Envelope, Denied> {
    let expected = "a message of SNS as it sends them with raw message delivery off";
    let fields: Fields = serde_json::from_slice(body)
        .map_err(|_| Denied::Malformed { part: Part::Body, expected })?;
    let kind = match need("Type", fields.r#type)?.as_str() {
        "Notification" => Kind::Notification,
        "SubscriptionConfirmation" => Kind::SubscriptionConfirmation,
        "UnsubscribeConfirmation" => Kind::UnsubscribeConfirmation,
        _ => return Err(malformed("Type", "a kind of message that SNS sends")),
    };
    let topic = need("TopicArn", fields.topic_arn)?;
    if !is_topic(&topic) {
        return Err(malformed("TopicArn", "the ARN of a topic"));
    }
    let certificate_url = need("SigningCertURL", fields.signing_cert_url)?;
    let certificate_names = authority
        .certificate_names(&certificate_url, &topic)
        .ok_or(Denied::Address(Part::Field("SigningCertURL")))?;
    let [token, subscribe_url] = match kind {
        Kind::Notification => [None, None],
        Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => {
            [Some(need("Token", fields.token)?), Some(need("SubscribeURL", fields.subscribe_url)?)]
        }
    };
    if subscribe_url.as_ref().is_some_and(|url| !authority.confirms(url, &topic)) {
        return Err(Denied::Address(Part::Field("SubscribeURL")));
    }
    let version = match need("SignatureVersion", fields.signature_version)?.as_str() {
        "1" => Version::One,
        "2" => Version::Two,
        _ => return Err(malformed("SignatureVersion", "1 or 2")),
    };
    let signature = BASE64
        .decode(need("Signature", fields.signature)?)
        .map_err(|_| malformed("Signature", "base64"))?;
    let timestamp = need("Timestamp", fields.timestamp)?;
    Ok(Envelope {
        kind,
        message_id: need("MessageId", fields.message_id)?,
        topic,
        subject: fields.subject,
        message: need("Message", fields.message)?,
        sent_at: moment::read(timestamp.as_bytes(), || Part::Field("Timestamp"))?,
        timestamp,
        token,
        subscribe_url,
        certificate_url,
        certificate_names,
        version,
        signature,
    })
}

impl Envelope {
    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The ARN of its topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Where its certificate is: in PEM, for a plain GET that follows no redirection. What lies at
    /// one address never changes, so it can be kept.
    #[must_use]
    pub fn certificate_url(&self) -> &str {
        &self.certificate_url
    }

    /// Where a plain GET says that we want the topic's messages, if that is what it asks.
    #[must_use]
    pub fn subscribe_url(&self) -> Option<&str> {
        match self.kind {
            Kind::SubscriptionConfirmation => self.subscribe_url.as_deref(),
            Kind::Notification | Kind::UnsubscribeConfirmation => None,
        }
    }

    /// Whether SNS signed it, and not too long ago. `pem` is what lies at
    /// [`certificate_url`](Self::certificate_url).
    ///
    /// # Errors
    /// When it didn't, or the certificate isn't one that can tell.
    pub fn verify(&self, pem: &[u8], now: Timestamp) -> Result<(), Denied> {
        moment::check(self.sent_at, OLDEST, now)?;
        let text = self.canonical();
        let names = &self.certificate_names;
        certificate::verify(pem, names, now, self.version, text.as_bytes(), &self.signature)
    }

    /// Whether its topic is the webhook's; `topic` is the one that the webhook has, if any. To be
    /// asked of a verified message.
    ///
    /// # Errors
    /// When it isn't, or when the webhook has none and this doesn't ask to be confirmed.
    pub fn admit(&self, topic: Option<&str>) -> Result<Admission, Denied> {
        match (topic, self.kind) {
            (Some(topic), _) if topic == self.topic => Ok(Admission::Known),
            (Some(_), _) => Err(Denied::OtherTopic),
            (None, Kind::SubscriptionConfirmation) => Ok(Admission::First),
            (None, Kind::Notification | Kind::UnsubscribeConfirmation) => Err(Denied::NoTopic),
        }
    }

    /// The message again as JSON, with the signed fields and no others. This is what is to be read
    /// on as an alert, not the body: everything else in that can be somebody else's.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        let mut fields = json!({
            "Type": self.type_name(),
            "MessageId": self.message_id,
            "TopicArn": self.topic,
            "Message": self.message,
            "Timestamp": self.timestamp,
        });
        if let (Some(fields), Some(subject)) = (fields.as_object_mut(), &self.subject) {
            fields.insert("Subject".to_owned(), subject.as_str().into());
        }
        fields.to_string().into_bytes()
    }

    fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Notification => "Notification",
            Kind::SubscriptionConfirmation => "SubscriptionConfirmation",
            Kind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }

    /// What is signed: names and values, each on a line, in the order of the names. A notification
    /// has no `SubscribeURL` and `Token`, the others no `Subject`.
    fn canonical(&self) -> String {
        let is_notification = self.kind == Kind::Notification;
        let subject = self.subject.as_deref().filter(|_| is_notification);
        let lines = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(&self.message_id)),
            ("Subject", subject),
            ("SubscribeURL", self.subscribe_url.as_deref()),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_deref()),
            ("TopicArn", Some(&self.topic)),
            ("Type", Some(self.type_name())),
        ];
        let mut text = String::new();
        for (name, value) in lines {
            if let Some(value) = value {
                text.extend([name, "\n", value, "\n"]);
            }
        }
        text
    }
}

fn need(name: &'static str, value: Option<String>) -> Result<String, Denied> {
    value.ok_or(Denied::Missing(Part::Field(name)))
}

fn malformed(name: &'static str, expected: &'static str) -> Denied {
    Denied::Malformed { part: Part::Field(name), expected }
}
