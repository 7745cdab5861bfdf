//! The native API: one file per resource, with its types and their translation from the domain.

mod alert;
mod alerts;
mod audit;
mod capsules;
mod causes;
mod changes;
mod checkpoints;
mod connections;
mod connectors;
mod deliveries;
mod events;
mod evidence;
mod feedback;
mod incident;
mod incidents;
mod investigations;
mod journal;
mod keys;
mod observations;
mod plan;
mod redaction;
mod rules;
mod sessions;
mod sign_in_links;
mod sign_in_settings;
mod spaces;
mod stream;
mod subscriptions;
mod tasks;
mod topology;
mod usage;
mod verify;
mod webhooks;
mod whoami;

use crate::routes::Routes;

/// All of them, in the order of the description.
pub(crate) fn routes(routes: Routes) -> Routes {
    let all = [
        whoami::routes,
        spaces::routes,
        redaction::routes,
        rules::routes,
        usage::routes,
        keys::routes,
        sign_in_links::routes,
        sign_in_settings::routes,
        sessions::routes,
        capsules::routes,
        connections::routes,
        connectors::routes,
        webhooks::routes,
        deliveries::routes,
        changes::routes,
        subscriptions::routes,
        events::routes,
        investigations::routes,
        tasks::routes,
        incidents::routes,
        alerts::routes,
        evidence::routes,
        feedback::routes,
        journal::routes,
        checkpoints::routes,
        audit::routes,
    ];
    all.into_iter().fold(routes, |routes, more| more(routes))
}

pub(crate) use whoami::{redeem, set_cookie, until};
