//! From attributes to entities.

use std::collections::BTreeMap;

use nightjar_topology::{EntityId, Topology};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::{ENTITY, PEER, attributes};

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
pub(crate) struct Names<'a> {
    topology: &'a Topology,
    /// Names met before, since a look into the topology goes through all aliases.
    known: BTreeMap<String, EntityId>,
}

/// What `Names` remembers at most; names beyond it are looked up each time.
const MOST_KNOWN: usize = 100_000;

impl<'a> Names<'a> {
    pub(crate) fn new(topology: &'a Topology) -> Self {
        Self { topology, known: BTreeMap::new() }
    }

    /// Whose telemetry this is, by the resource, else by the attributes of the piece itself.
    pub(super) fn entity(
        &mut self,
        resource: Option<&Resource>,
        own: &[KeyValue],
    ) -> Result<EntityId, String> {
        let of_resource = resource.map_or(&[][..], |resource| resource.attributes.as_slice());
        for attributes in [of_resource, own] {
            if let Some(id) = attributes::find(attributes, ENTITY) {
                return exact(ENTITY, id);
            }
            for key in NAMING {
                let name = attributes::find(attributes, key);
                // What an SDK says when nobody gave the service a name.
                let name = name.filter(|n| !n.is_empty() && !n.starts_with("unknown_service"));
                if let Some(name) = name {
                    return self.resolve(key, name);
                }
            }
        }
        Err(format!("an attribute that names an entity ({ENTITY}, {}, …) expected", NAMING[0]))
    }

    /// The other end. `server.address` is the remote end only for the side that calls.
    pub(super) fn peer(
        &mut self,
        own: &[KeyValue],
        scope: &[KeyValue],
        calls: bool,
    ) -> Result<Option<EntityId>, String> {
        if let Some(id) = attributes::find(own, PEER).or_else(|| attributes::find(scope, PEER)) {
            return exact(PEER, id).map(Some);
        }
        let keys = if calls { &["peer.service", "server.address"][..] } else { &["peer.service"] };
        for key in keys {
            if let Some(name) = attributes::find(own, key).filter(|name| !name.is_empty()) {
                return self.resolve(key, name).map(Some);
            }
        }
        Ok(None)
    }

    /// The entity of the topology that goes by this name, else one by the name itself.
    fn resolve(&mut self, key: &str, name: String) -> Result<EntityId, String> {
        if let Some(id) = self.known.get(&name) {
            return Ok(id.clone());
        }
        let id = match self.topology.resolve(&name) {
            Some(entity) => entity.id.clone(),
            None => exact(key, name.clone())?,
        };
        if self.known.len() < MOST_KNOWN {
            self.known.insert(name, id.clone());
        }
        Ok(id)
    }
}

fn exact(key: &str, id: String) -> Result<EntityId, String> {
    EntityId::new(id).map_err(|invalid| format!("{key}: {invalid}"))
}
