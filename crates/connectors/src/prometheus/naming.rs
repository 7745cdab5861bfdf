//! Which labels name whom.

use nightjar_connect::BadConfig;
use nightjar_incident::signal::Owner;
use nightjar_topology::{EntityId, EntityKind};

use super::answer::Labels;
use super::batch::TAG;
use super::promql::is_label;

/// The most labels of one sort.
const MOST: usize = 8;

/// Labels that tell one histogram's series apart: nobody is called so.
const OF_HISTOGRAMS: [&str; 2] = ["le", "quantile"];

/// Labels that somebody gives names with, beside those of the table of metrics.
pub(super) struct Naming {
    /// Those that name what is scraped, or what its exporter watches.
    entities: Vec<String>,
    /// Those that name the machine it runs on.
    pub(super) hosts: Vec<String>,
}

impl Naming {
    /// # Errors
    /// When a text can't be the name of such a label.
    pub(super) fn new(entities: Vec<String>, hosts: Vec<String>) -> Result<Self, BadConfig> {
        for (field, labels) in [("entity_labels", &entities), ("host_labels", &hosts)] {
            if labels.len() > MOST {
                return Err(BadConfig::field(field, format!("at most {MOST} labels are expected")));
            }
            // Those with two underscores in front are the server's own.
            let is_fine = |label: &String| {
                is_label(label)
                    && !label.starts_with("__")
                    && !label.starts_with(TAG)
                    && !OF_HISTOGRAMS.contains(&label.as_str())
            };
            if !labels.iter().all(is_fine) {
                return Err(BadConfig::field(
                    field,
                    "this is no name of a label that names anybody",
                ));
            }
        }
        Ok(Self { entities, hosts })
    }

    /// The labels that name the owner of metrics, the most telling first. Labels of a target name what is scraped:
    /// whoever tells of many others isn't called like one of them.
    pub(super) fn labels(&self, owner: &'static Owner) -> Vec<&str> {
        let more = match owner.kind {
            EntityKind::Host if is_of_target(owner) => self.hosts.as_slice(),
            EntityKind::Host => &[],
            _ if owner.labels.contains(&"service") => self.entities.as_slice(),
            _ => &[],
        };
        let mut labels: Vec<&str> = Vec::new();
        for label in more.iter().map(String::as_str).chain(owner.labels.iter().copied()) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }

    /// The machine that labels name.
    pub(super) fn host(&self, labels: &Labels) -> Option<EntityId> {
        let label = |label: &String| labels.get(label).filter(|name| !name.is_empty());
        self.hosts.iter().find_map(label).and_then(|name| EntityId::new(name.clone()).ok())
    }
}

/// Whether an owner is what is scraped, or watched by what is scraped beside it: `job` and `instance` are of the
/// target, and what is told of many others has names of its own.
pub(super) fn is_of_target(owner: &Owner) -> bool {
    owner.labels.contains(&"job")
        || owner.kind == EntityKind::Host && owner.labels.contains(&"instance")
}

/// Who is meant by the value of a label that names entities.
pub(super) fn name_of(label: &str, value: &str) -> Option<EntityId> {
    let name = match label {
        // A target is named by its machine; the port is the exporter's.
        "instance" => host_of(value),
        // OpenTelemetry and the operator of Kubernetes put the namespace in front.
        "job" => value.rsplit('/').next().unwrap_or(value),
        _ => value,
    };
    EntityId::new(name).ok()
}

/// An address without its port.
pub(super) fn host_of(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            host.trim_start_matches('[').trim_end_matches(']')
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(label: &str, value: &str) -> String {
        name_of(label, value).unwrap().to_string()
    }

    #[test]
    fn names_are_taken_out_of_labels() {
        assert_eq!(named("instance", "10.0.0.7:9100"), "10.0.0.7");
        assert_eq!(named("instance", "[::1]:9100"), "::1");
        assert_eq!(named("instance", "https://shop.example"), "https://shop.example");
        assert_eq!(named("instance", "web-1"), "web-1");
        assert_eq!(named("job", "shop/cart"), "cart");
        assert_eq!(named("service_name", "shop/cart"), "shop/cart");
        assert_eq!(name_of("job", "shop/"), None);
    }
}
