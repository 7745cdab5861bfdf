use std::collections::BTreeSet;

use nightjar_incident::{Alert, Incident};

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

/// What shared and differing labels weigh, and how each reads. The service counts only where the
/// topology couldn't compare the entities: otherwise it would be counted twice.
pub(crate) fn weigh(
    alert: &Alert,
    incident: &Incident,
    located: bool,
    policy: &Policy,
) -> Vec<(f64, String)> {
    let service = (!located).then_some(SERVICE);
    let mut found = Vec::new();
    for row in ROWS.iter().chain(service.iter()) {
        let ours = values(alert, row);
        let mut theirs = BTreeSet::new();
        for other in &incident.alerts {
            theirs.append(&mut values(other, row));
        }
        let name = row.name;
        if let Some(value) = ours.intersection(&theirs).next() {
            found.push(((row.same)(policy), format!("same {name} {value}")));
        } else if let (Some(our), Some(their)) = (ours.first(), theirs.first()) {
            found.push(((row.other)(policy), format!("{name} {our}, not {their}")));
        }
    }
    found.retain(|(weight, _)| *weight != 0.0);
    found
}

fn values(alert: &Alert, row: &Row) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for (key, value) in &alert.labels {
        let folded: String =
            key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        // CloudWatch's own `namespace` is the name of a product; a region's display name can't be
        // compared with an id.
        let is_name_of_place = row.name == "region" && value.contains(' ');
        if value.is_empty() || value.contains('/') || is_name_of_place {
            continue;
        }
        if row.keys.contains(&folded.as_str()) {
            values.insert(plain(&value.to_lowercase()).to_owned());
        }
    }
    values
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
