use std::collections::BTreeMap;

use crate::body::fold;

/// Names of what an alert is about, most specific first, each once.
#[derive(Default)]
pub(crate) struct Names {
    names: Vec<String>,
    /// How many didn't fit any more.
    pub(crate) left_out: usize,
}

/// Names that one alert keeps. An alert about more entities than this is about none of them in
/// particular, and each is compared with all before it.
const MOST: usize = 100;

impl Names {
    /// Adds a name; an ARN, a resource of Azure or an address also adds its last part.
    pub(crate) fn add(&mut self, name: &str) {
        let name = name.trim();
        // `*` and the like stand in tags for "any"; they name nothing.
        if !name.chars().any(char::is_alphanumeric) {
            return;
        }
        self.push(name);
        if let Some(tail) = tail(name) {
            self.push(tail);
        }
    }

    pub(crate) fn add_all(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            self.add(&name);
        }
    }

    /// Adds what labels, tags or dimensions name.
    pub(crate) fn add_labels(&mut self, labels: &BTreeMap<String, String>) {
        self.add_all(in_labels(labels));
    }

    /// The most specific name.
    pub(crate) fn first(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.names
    }

    fn push(&mut self, name: &str) {
        if self.names.len() >= MOST {
            self.left_out += 1;
        } else if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

/// Labels that name an entity, folded, the most specific first. What only groups (cluster,
/// namespace, region, account, environment) isn't here: an alert about a service isn't about its
/// region.
const NAMING: [&str; 41] = [
    "entity",
    "pod",
    "podname",
    "kubepod",
    "functionname",
    "function",
    "faasname",
    "tablename",
    "table",
    "queuename",
    "queue",
    "queueurl",
    "topicname",
    "topic",
    "bucketname",
    "bucket",
    "dbinstanceidentifier",
    "dbclusteridentifier",
    "dbinstance",
    "database",
    "cacheclusterid",
    "statemachinearn",
    "loadbalancer",
    "apiname",
    "resourcearn",
    "resource",
    "servicename",
    "service",
    "appkubernetesioname",
    "application",
    "app",
    "deployment",
    "kubedeployment",
    "statefulset",
    "workload",
    "instanceid",
    "hostname",
    "host",
    "nodename",
    "node",
    "instance",
];

/// The names in labels, most specific first.
fn in_labels(labels: &BTreeMap<String, String>) -> Vec<String> {
    let folded: Vec<(String, &String)> =
        labels.iter().map(|(key, value)| (fold(key), value)).collect();
    let mut names = Vec::new();
    for wanted in NAMING {
        for (key, value) in &folded {
            if key == wanted {
                names.push((*value).clone());
            }
        }
    }
    names
}

/// The last part of an ARN, of a resource of Azure or of the address of a queue; `None` for other
/// names.
fn tail(name: &str) -> Option<&str> {
    let tail = if name.starts_with("arn:") {
        let resource = name.splitn(6, ':').nth(5)?;
        let parts: Vec<&str> = resource.split([':', '/']).filter(|part| !part.is_empty()).collect();
        // Behind the name of a function stands its version, behind a table its index or stream,
        // behind a load balancer a number: there the name is not the last part.
        match parts.as_slice() {
            ["function" | "table", name, ..] => *name,
            ["loadbalancer", "app" | "net" | "gwy", name, ..] => *name,
            [.., last] => *last,
            [] => return None,
        }
    } else if name.starts_with("https://sqs.") || name.starts_with("/subscriptions/") {
        name.rsplit('/').find(|part| !part.is_empty())?
    } else if let Some(balancer) = name.strip_prefix("app/").or(name.strip_prefix("net/")) {
        balancer.split('/').next()?
    } else {
        return None;
    };
    (!tail.is_empty()).then_some(tail)
}

/// The host of an address: `shop.example` in `https://user@shop.example:8443/cart`.
pub(crate) fn host(address: &str) -> Option<&str> {
    let (_, behind) = address.split_once("://")?;
    let authority = behind.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_an_arn_is_the_name_and_not_its_version() {
        let tail_of = |arn| tail(arn).unwrap_or_default();
        assert_eq!(tail_of("arn:aws:dynamodb:eu-west-1:1:table/payments/index/by-day"), "payments");
        assert_eq!(tail_of("arn:aws:lambda:eu-west-1:1:function:pay:prod"), "pay");
        assert_eq!(tail_of("arn:aws:sqs:eu-west-1:1:orders"), "orders");
        assert_eq!(tail_of("arn:aws:ecs:eu-west-1:1:service/shop/cart"), "cart");
        assert_eq!(tail_of("app/front/50dc6c495c0c9188"), "front");
        assert_eq!(tail_of("https://sqs.eu-west-1.amazonaws.com/1/orders"), "orders");
        assert_eq!(
            tail_of("/subscriptions/1/resourcegroups/r/providers/microsoft.web/sites/cart"),
            "cart"
        );
        assert_eq!(tail("arn:aws"), None);
        assert_eq!(tail("checkout"), None);
    }

    #[test]
    fn the_host_of_an_address_comes_without_port_and_user() {
        assert_eq!(host("https://me@shop.example:8443/cart?x=1"), Some("shop.example"));
        assert_eq!(host("http://[::1]:80/"), Some("::1"));
        assert_eq!(host("shop.example"), None);
        assert_eq!(host("https:///cart"), None);
    }

    #[test]
    fn labels_name_the_most_specific_first_and_any_name_once() {
        let labels =
            [("host", "web-1"), ("ServiceName", "cart"), ("pod", "cart-1"), ("app", "cart")];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut names = Names::default();
        names.add_labels(&BTreeMap::from(labels));
        names.add("*");
        assert_eq!(names.into_vec(), ["cart-1", "cart", "web-1"]);
    }
}
