//! Whom a span speaks to, by its attributes: by the rules that hold for every source of traces.

use std::collections::BTreeMap;

use nightjar_otlp::{Names, Peer, Role};
use nightjar_topology::Topology;

/// The part that a span has in a call, in capitals and without the prefix of older exporters.
pub(super) const ROLE: &str = "upper(replaceOne(toString(SpanKind), 'SPAN_KIND_', ''))";

/// The attributes that tell whom a span speaks to, of those that call somebody: of addresses their host, of
/// statements their first word, so that there aren't as many as there are calls.
pub(super) const ATTRIBUTES: &str = "mapApply(
    (key, value) -> (toString(key), multiIf(
        key IN ('db.query.text', 'db.statement', 'db.query.summary'), splitByChar(' ', trimLeft(value))[1],
        key IN ('url.full', 'http.url'),
            concat('http://', extract(value, '^[A-Za-z0-9+.-]+://(?:[^/?#@]*@)?([^/?#]+)')),
        value)),
    mapFilter(
        (key, value) -> value != '' AND SpanKind IN ('Client', 'Producer', 'Consumer', 'SPAN_KIND_CLIENT',
                                                     'SPAN_KIND_PRODUCER', 'SPAN_KIND_CONSUMER')
            AND key IN ('nightjar.peer', 'service.peer.name', 'peer.service', 'server.address', 'server.port',
                        'net.peer.name', 'net.peer.port', 'http.host', 'url.full', 'http.url',
                        'network.peer.address', 'network.peer.port', 'net.sock.peer.addr',
                        'net.sock.peer.port', 'net.peer.ip', 'db.system.name', 'db.system', 'db.namespace',
                        'db.name', 'db.operation.name', 'db.operation', 'db.query.summary', 'db.query.text',
                        'db.statement', 'messaging.system', 'messaging.destination.name',
                        'messaging.destination', 'aws.s3.bucket', 'faas.invoked_name',
                        'aws.dynamodb.table_names'),
        SpanAttributes))";

/// What [`ATTRIBUTES`] gives.
pub(super) type Attributes = BTreeMap<String, String>;

/// Whom a span of that role speaks to; nobody, if it doesn't say or doesn't call.
pub(super) fn peer(role: &str, operation: &str, attributes: &Attributes) -> Option<Peer> {
    let unknown = Topology::default();
    let found = Names::new(&unknown).peer(attributes, operation, Role::of_word(role));
    // A name that can't be an id names nobody.
    found.ok().flatten()
}
