//! From attributes to entities.

use std::collections::BTreeMap;

use nightjar_topology::{EntityId, Topology};
use opentelemetry_proto::tonic::common::v1::KeyValue;

use crate::attributes::{self, Attributes};
use crate::peer::{self, Peer, Role};
use crate::{ENTITY, PEER};

/// Attributes that name an entity, the most telling first.
const NAMING: [&str; 12] = [
    "service.name",
    "faas.name",
    "k8s.pod.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "container.name",
    "k8s.node.name",
    "host.name",
    "aws.ecs.task.family",
    "host.id",
    "cloud.resource_id",
];

/// Knows which entity a name in telemetry speaks of.
pub struct Names<'a> {
    topology: &'a Topology,
    /// Names met before, since a look into the topology goes through all aliases.
    known: BTreeMap<String, Option<EntityId>>,
}

/// What `Names` remembers at most; names beyond it are looked up each time.
const MOST_KNOWN: usize = 100_000;

impl<'a> Names<'a> {
    /// Names are looked up in this topology, ids first, then aliases; what it doesn't know names an
    /// entity of its own.
    pub fn new(topology: &'a Topology) -> Self {
        Self { topology, known: BTreeMap::new() }
    }

    /// Whose telemetry this is, by the resource, else by the attributes of the piece itself.
    ///
    /// # Errors
    ///
    /// No attribute names anybody, or the name can't be an id.
    pub fn entity(
        &mut self,
        resource: &(impl Attributes + ?Sized),
        own: &(impl Attributes + ?Sized),
    ) -> Result<EntityId, String> {
        if let Some(found) = self.named(resource).or_else(|| self.named(own)) {
            return found;
        }
        Err(format!("an attribute that names an entity ({ENTITY}, {}, …) expected", NAMING[0]))
    }

    fn named(
        &mut self,
        attributes: &(impl Attributes + ?Sized),
    ) -> Option<Result<EntityId, String>> {
        if let Some(id) = attributes.text(ENTITY) {
            return Some(exact(ENTITY, id));
        }
        for key in NAMING {
            // What an SDK says when nobody gave the service a name.
            let name = attributes.text(key);
            let name = name.filter(|n| !n.is_empty() && !n.starts_with("unknown_service"));
            if let Some(name) = name {
                return Some(self.resolve(key, name));
            }
        }
        None
    }

    /// Whom a span speaks to, by its attributes, its own name and its part in the call.
    ///
    /// # Errors
    ///
    /// The name can't be an id.
    pub fn peer(
        &mut self,
        own: &(impl Attributes + ?Sized),
        operation: &str,
        role: Role,
    ) -> Result<Option<Peer>, String> {
        if let Some(id) = own.text(PEER) {
            return exact(PEER, id).map(|id| Some(peer::described(id, own, operation, role)));
        }
        let Some(called) = peer::called(own, role) else { return Ok(None) };
        let known = called.names.iter().find_map(|name| self.lookup(name));
        let id = match (known, called.names.into_iter().next()) {
            (Some(id), _) => id,
            (None, Some(name)) => exact(called.key, name)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(peer::described(id, own, operation, role)))
    }

    /// The other end of what a metric measures. `calls`: whether it is measured by the side that
    /// calls, as `http.client.request.duration` is.
    pub(crate) fn peer_of_metric(
        &mut self,
        own: &[KeyValue],
        scope: &[KeyValue],
        calls: bool,
    ) -> Result<Option<EntityId>, String> {
        if let Some(id) = attributes::find(own, PEER).or_else(|| attributes::find(scope, PEER)) {
            return exact(PEER, id).map(Some);
        }
        let role = if calls { Role::Client } else { Role::Internal };
        Ok(self.peer(own, "", role)?.map(|peer| peer.id))
    }

    /// The entity of the topology that goes by this name, else one by the name itself.
    pub(crate) fn resolve(&mut self, key: &str, name: String) -> Result<EntityId, String> {
        match self.lookup(&name) {
            Some(id) => Ok(id),
            None => exact(key, name),
        }
    }

    fn lookup(&mut self, name: &str) -> Option<EntityId> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let id = self.topology.resolve(name).map(|entity| entity.id.clone());
        if self.known.len() < MOST_KNOWN {
            self.known.insert(name.to_owned(), id.clone());
        }
        id
    }
}

fn exact(key: &str, id: String) -> Result<EntityId, String> {
    EntityId::new(id).map_err(|invalid| format!("{key}: {invalid}"))
}
