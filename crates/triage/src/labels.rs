use std::collections::BTreeSet;

use nightjar_incident::Alert;

use crate::policy::Policy;

/// A kind of label that tells where something runs.
struct Row {
    /// As people read it.
    name: &'static str,
    /// Label names, folded (lower case, letters and digits only).
    keys: &'static [&'static str],
    same: fn(&Policy) -> f64,
    other: fn(&Policy) -> f64,
}

const NOTHING: fn(&Policy) -> f64 = |_| 0.0;

const ROWS: [Row; 4] = [
    Row {
        name: "environment",
        keys: &["env", "environment", "uenvironment", "stage", "deploymentenvironment"],
        same: |policy| policy.same_environment,
        other: |policy| policy.other_environment,
    },
    Row {
        name: "region",
        keys: &["region", "awsregion", "cloudregion"],
        same: |policy| policy.same_region,
        other: |policy| policy.other_region,
    },
    Row {
        name: "cluster",
        keys: &["cluster", "clustername", "kubecluster", "kubeclustername", "k8sclustername"],
        same: |policy| policy.same_cluster,
        other: |policy| policy.other_cluster,
    },
    Row {
        name: "namespace",
        keys: &["namespace", "kubenamespace", "k8snamespacename"],
        same: |policy| policy.same_namespace,
        other: NOTHING,
    },
];

const SERVICE: Row = Row {
    name: "service",
    keys: &["service", "servicename", "app", "application", "appkubernetesioname"],
    same: |policy| policy.same_service,
    other: NOTHING,
};

/// Where an alert, or all alerts of an incident, say they run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Places {
    rows: [BTreeSet<String>; ROWS.len()],
    services: BTreeSet<String>,
}

impl Places {
    pub(crate) fn of(alert: &Alert) -> Self {
        let mut places = Self::default();
        places.add(alert);
        places
    }

    /// Adds what an alert's labels say.
    pub(crate) fn add(&mut self, alert: &Alert) {
        for (key, value) in &alert.labels {
            // CloudWatch's own `namespace` is the name of a product.
            if value.is_empty() || value.contains('/') {
                continue;
            }
            let folded: String =
                key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            let rows = ROWS.iter().zip(&mut self.rows).chain([(&SERVICE, &mut self.services)]);
            for (row, values) in rows {
                // A region's display name can't be compared with an id.
                let is_name_of_place = row.name == "region" && value.contains(' ');
                if row.keys.contains(&folded.as_str()) && !is_name_of_place {
                    values.insert(plain(&value.to_lowercase()).to_owned());
                }
            }
        }
    }
}

/// What shared and differing labels weigh, and how each reads. The service counts only where the
/// topology couldn't compare the entities: otherwise it would be counted twice.
pub(crate) fn weigh(
    ours: &Places,
    theirs: &Places,
    located: bool,
    policy: &Policy,
) -> Vec<(f64, String)> {
    let services = (!located).then_some((&SERVICE, (&ours.services, &theirs.services)));
    let mut found = Vec::new();
    for (row, (ours, theirs)) in ROWS.iter().zip(ours.rows.iter().zip(&theirs.rows)).chain(services)
    {
        let name = row.name;
        if let Some(value) = ours.intersection(theirs).next() {
            found.push(((row.same)(policy), format!("same {name} {value}")));
        } else if let (Some(our), Some(their)) = (ours.first(), theirs.first()) {
            found.push(((row.other)(policy), format!("{name} {our}, not {their}")));
        }
    }
    found.retain(|(weight, _)| *weight != 0.0);
    found
}

/// One word per environment.
fn plain(value: &str) -> &str {
    match value {
        "prod" | "prd" | "live" => "production",
        "stage" | "stg" => "staging",
        "dev" => "development",
        other => other,
    }
}
