//! Which addresses are SNS's. The message says where its certificate is, so whoever writes the
//! message says it: this is what keeps us from fetching a stranger's certificate, or anything else
//! that our network can reach.

use crate::delivery::Delivery;

/// Partitions of AWS and the domain of their services. From the partitions' published metadata;
/// the isolated partitions reach no outside service, so they aren't here.
const PARTITIONS: [(&str, &str); 4] = [
    ("aws", "amazonaws.com"),
    ("aws-us-gov", "amazonaws.com"),
    ("aws-cn", "amazonaws.com.cn"),
    ("aws-eusc", "amazonaws.eu"),
];

/// Whose addresses and certificates count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// AWS's SNS, in every region.
    Aws,
    /// A stand-in for SNS: for tests, and for people who run one.
    Own {
        /// Where it is, without a path: `http://127.0.0.1:4566`.
        origin: String,
        /// The name that its certificate is made out to.
        certificate_name: String,
    },
}

impl Authority {
    /// The names that a certificate at this address may be made out to, if messages of the topic may
    /// have their certificate there.
    pub(super) fn certificate_names(&self, url: &str, topic: &str) -> Option<Vec<String>> {
        let (place, path) = self.place(url, topic)?;
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        let is_plain = path.bytes().all(is_fine) && !path.contains("..") && path.ends_with(".pem");
        is_plain.then(|| place.names())
    }

    /// Whether a GET of this address confirms a subscription to the topic, and does nothing else.
    pub(super) fn confirms(&self, url: &str, topic: &str) -> bool {
        let query = self.place(url, topic).and_then(|(_, path)| path.strip_prefix('?'));
        let Some(query) = query else { return false };
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:%&=".contains(&byte);
        let delivery = Delivery { headers: &[], query, body: b"" };
        let is = |name, value: &str| delivery.parameter(name).is_ok_and(|v| v == value.as_bytes());
        query.bytes().all(is_fine) && is("Action", "ConfirmSubscription") && is("TopicArn", topic)
    }

    /// Whose address it is, and what stands behind the slash after its host.
    fn place<'a>(&'a self, url: &'a str, topic: &str) -> Option<(Place<'a>, &'a str)> {
        match self {
            Self::Aws => {
                let (host, path) = url.strip_prefix("https://sns.")?.split_once('/')?;
                let partition = topic.split(':').nth(1)?;
                let (_, domain) = PARTITIONS.iter().find(|(name, _)| *name == partition)?;
                let region = host.strip_suffix(domain)?.strip_suffix('.')?;
                is_region(region).then_some((Place::Aws { region, domain }, path))
            }
            Self::Own { origin, certificate_name } => {
                let path = url.strip_prefix(origin.as_str())?.strip_prefix('/')?;
                Some((Place::Own(certificate_name), path))
            }
        }
    }
}

enum Place<'a> {
    Aws { region: &'a str, domain: &'a str },
    Own(&'a str),
}

impl Place<'_> {
    /// The names that SNS has its certificates made out to differ by the age of the region; they are
    /// those that AWS's SDK for Java asks for.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Own(name) => vec![(*name).to_owned()],
            Self::Aws { region, domain } => {
                let mut names = vec![
                    format!("sns.{domain}"),
                    format!("sns-{region}.{domain}"),
                    format!("sns-signing.{region}.{domain}"),
                    format!("sns.{region}.{domain}"),
                ];
                if region.starts_with("us-gov-") {
                    names.push(format!("sns-us-gov-west-1.{domain}"));
                }
                names
            }
        }
    }
}

/// `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`. It must not be looser: `sns.s3.amazonaws.com` and
/// `sns.s3-us-west-2.amazonaws.com` are addresses of whoever has the bucket `sns`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [area, words @ .., number] => {
            (2..=4).contains(&area.len())
                && is_word(area)
                && !words.is_empty()
                && words.iter().all(is_word)
                && (1..=2).contains(&number.len())
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        [] | [_] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alarms";

    #[test]
    fn certificates_lie_at_sns() {
        let is_fine =
            |url: &str, topic: &str| Authority::Aws.certificate_names(url, topic).is_some();
        assert!(is_fine(
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem",
            TOPIC
        ));
        let gov = TOPIC.replace("arn:aws:", "arn:aws-us-gov:");
        assert!(is_fine("https://sns.us-gov-east-1.amazonaws.com/a.pem", &gov));
        let china = TOPIC.replace("arn:aws:", "arn:aws-cn:");
        assert!(is_fine("https://sns.cn-north-1.amazonaws.com.cn/a.pem", &china));
        let europe = TOPIC.replace("arn:aws:", "arn:aws-eusc:");
        assert!(is_fine("https://sns.eusc-de-east-1.amazonaws.eu/a.pem", &europe));
        for (url, why) in [
            ("http://sns.us-east-1.amazonaws.com/a.pem", "no TLS"),
            ("HTTPS://sns.us-east-1.amazonaws.com/a.pem", "another way to write it"),
            ("https://SNS.us-east-1.amazonaws.com/a.pem", "another way to write it"),
            ("https://sns.us-east-1.amazonaws.com@evil.example/a.pem", "user information"),
            ("https://evil@sns.us-east-1.amazonaws.com/a.pem", "user information"),
            ("https://sns.us-east-1.amazonaws.com:443@evil.example/a.pem", "user information"),
            ("https://sns.us-east-1.amazonaws.com:8443/a.pem", "a port"),
            ("https://sns.us-east-1.amazonaws.com:443/a.pem", "a port"),
            ("https://sns.us-east-1.amazonaws.com.evil.example/a.pem", "below another domain"),
            ("https://evil.example/sns.us-east-1.amazonaws.com/a.pem", "a path"),
            ("https://evil.example#sns.us-east-1.amazonaws.com/a.pem", "a fragment"),
            ("https://evil-sns.us-east-1.amazonaws.com/a.pem", "another host"),
            ("https://sns.evil.example.amazonaws.com/a.pem", "dots in the region"),
            ("https://sns.s3.amazonaws.com/a.pem", "somebody's bucket"),
            ("https://sns.s3-us-west-2.amazonaws.com/a.pem", "somebody's bucket"),
            ("https://sns.amazonaws.com/a.pem", "no region"),
            ("https://sns.us-east-1.amazonaws.com./a.pem", "a dot at the end"),
            ("https://sns.us-east-1.amazonaws.com.cn/a.pem", "another partition"),
            ("https://sns.us-eаst-1.amazonaws.com/a.pem", "a Cyrillic letter"),
            ("https://sns.xn--us-est-1-8fg.amazonaws.com/a.pem", "the same in ASCII"),
            ("https://sns.us-east-1.amazonaws.com\\@evil.example/a.pem", "a backslash"),
            ("https://sns.us-east-1.amazonaws.com", "no path"),
            ("https://sns.us-east-1.amazonaws.com/a.crt", "no certificate"),
            ("https://sns.us-east-1.amazonaws.com/a.pem?x=.pem", "a query"),
            ("https://sns.us-east-1.amazonaws.com/a.pem#.pem", "a fragment"),
            ("https://sns.us-east-1.amazonaws.com/../a.pem", "a way up"),
            ("https://sns.us-east-1.amazonaws.com/%2e%2e/a.pem", "a way up, hidden"),
            ("https://sns.us-east-1.amazonaws.com/a\n.pem", "a line break"),
            (" https://sns.us-east-1.amazonaws.com/a.pem", "a space before"),
            ("https:///sns.us-east-1.amazonaws.com/a.pem", "no host"),
            ("", "nothing"),
        ] {
            assert!(!is_fine(url, TOPIC), "{why}: {url}");
        }
    }

    #[test]
    fn a_subscription_is_confirmed_at_sns_and_for_its_topic() {
        let base = "https://sns.us-east-1.amazonaws.com/";
        let right = format!("{base}?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336");
        assert!(Authority::Aws.confirms(&right, TOPIC));
        assert!(Authority::Aws.confirms(&right.replace("arn:aws", "arn%3Aaws"), TOPIC));
        for wrong in [
            right.replace("https", "http"),
            right.replace("sns.us", "evil.us"),
            right.replace("ConfirmSubscription", "DeleteTopic"),
            right.replace("alarms", "others"),
            right.replace("Token", "Action"),
            right.replace("/?", "/x?"),
            right.replace("Token", "#Token"),
            right.replace("Token=", "Token= "),
            base.to_owned(),
        ] {
            assert!(!Authority::Aws.confirms(&wrong, TOPIC), "{wrong}");
        }
    }

    #[test]
    fn a_stand_in_is_one_origin_and_one_name() {
        let own = Authority::Own {
            origin: "http://127.0.0.1:4566".to_owned(),
            certificate_name: "sns.test".to_owned(),
        };
        let names = own.certificate_names("http://127.0.0.1:4566/cert/a.pem", TOPIC);
        assert_eq!(names, Some(vec!["sns.test".to_owned()]));
        for url in [
            "http://127.0.0.1:45667/a.pem",
            "http://127.0.0.1:4566@evil/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem",
        ] {
            assert_eq!(own.certificate_names(url, TOPIC), None, "{url}");
        }
    }
}
