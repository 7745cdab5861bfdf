//! Who is there and who depends on whom: the call graph, computed there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, Window};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::ask::{Client, Sql, Whole};
use super::peers::{ATTRIBUTES, Attributes, ROLE, peer};
use super::tables::{ENTITY, Found, Table};
use super::traces::LOT;
use crate::limits::Allowance;
use crate::sample::WHOLE;

/// How far back is looked for entities and calls: what hasn't said a word for so long is gone.
const BACK: SignedDuration = SignedDuration::from_hours(3);

/// Spans that are joined with their parents at most; beyond it a sample of traces tells as much.
const JOINED: u64 = 1_000_000;

/// Rows of the call graph that are read at most.
const CALLS: usize = 20_000;

/// Entity, its namespace, version and environment, hosts and other names.
type Described = (String, String, String, String, Vec<String>, Vec<String>);

/// Caller, its role, attributes of the peer, callee, its role, calls.
type Called = (String, String, Attributes, String, String, Whole);

pub(super) async fn answer(
    client: &Client,
    found: &Found,
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Answer, Error> {
    let from = query.window.to.saturating_sub(BACK).unwrap_or(query.window.from);
    let window = Window { from: from.min(query.window.from), to: query.window.to };
    let tables = found.all();
    if tables.is_empty() {
        // The error names what is missing.
        found.traces()?;
    }
    let mut graph = Graph::default();
    let described = described(&tables, window);
    let mut told = vec![described.told()];
    for row in client.rows::<Described>(&described, allowance).await? {
        graph.describe(row);
    }
    let mut notes = Vec::new();
    if let Ok(traces) = found.traces() {
        let (calls, share) = calls(client, &traces, window, allowance).await?;
        told.push(calls.told());
        let rows: Vec<Called> = client.rows(&calls, allowance).await?;
        if share < WHOLE {
            let percent = f64::from(share) / 10_000.0;
            notes.push(format!("calls are those of {percent:.1} % of all traces"));
        }
        if rows.len() >= CALLS {
            notes.push(format!("the {CALLS} most frequent calls are told"));
        }
        rows.into_iter().for_each(|row| graph.call(row));
    }
    let whole = graph.topology();
    let wanted = |id: &EntityId| query.entities.is_empty() || query.entities.contains(id);
    let near: BTreeSet<&EntityId> = whole
        .relations()
        .filter(|relation| wanted(&relation.from) || wanted(&relation.to))
        .flat_map(|relation| [&relation.from, &relation.to])
        .collect();
    let is_in = |entity: &&Entity| wanted(&entity.id) || near.contains(&entity.id);
    let all = whole.entities().filter(is_in).count();
    let mut topology = Topology::default();
    // Those asked for come before their neighbours.
    let mut chosen: Vec<&Entity> = whole.entities().filter(is_in).collect();
    chosen.sort_by_key(|entity| !wanted(&entity.id));
    chosen.into_iter().take(query.limit).for_each(|entity| topology.add(entity.clone()));
    for relation in whole.relations() {
        if topology.entity(&relation.from).is_some() && topology.entity(&relation.to).is_some() {
            topology.relate(relation.clone());
        }
    }
    let truncated =
        (all > query.limit).then(|| format!("cut here: {} of {all} entities", query.limit));
    let content = Content::Inventory(topology);
    Ok(Answer { query: told.join("; "), content, truncated, notes })
}

/// Who wrote anything, and what is known of them.
fn described(tables: &[(Table, &'static str)], window: Window) -> Sql {
    let each = tables.iter().map(|(table, column)| {
        format!(
            "SELECT {ENTITY} AS entity, ResourceAttributes AS told FROM {} WHERE {}
             GROUP BY entity, told",
            table.named,
            table.when(column)
        )
    });
    let text = format!(
        "SELECT entity, max(told['service.namespace']), max(told['service.version']),
                max(if(told['deployment.environment.name'] != '', told['deployment.environment.name'],
                       told['deployment.environment'])),
                groupUniqArray(16)(if(told['k8s.node.name'] != '', told['k8s.node.name'],
                                      if(told['k8s.pod.name'] != '' OR told['container.id'] != '', '',
                                         told['host.name']))),
                arrayFlatten([groupUniqArray(32)(told['k8s.pod.name']),
                              groupUniqArray(8)(told['k8s.deployment.name']),
                              groupUniqArray(8)(told['container.name']),
                              groupUniqArray(8)(if(position(told['service.instance.id'], ':') > 0,
                                                   told['service.instance.id'], ''))])
         FROM ({}) WHERE entity != '' GROUP BY entity ORDER BY entity LIMIT 20000",
        each.collect::<Vec<_>>().join(" UNION ALL ")
    );
    Sql::new(&text).within(window)
}

/// The query for calls, and the share of traces it looks at, in millionths.
async fn calls(
    client: &Client,
    table: &Table,
    window: Window,
    allowance: &mut Allowance,
) -> Result<(Sql, u32), Error> {
    let (named, when) = (&table.named, table.when("Timestamp"));
    let count = Sql::new(&format!("SELECT count() FROM {named} WHERE {when}")).within(window);
    let count: Vec<(Whole,)> = client.rows(&count, allowance).await?;
    let count = count.first().map_or(0, |(count,)| count.count());
    let share = u32::try_from(JOINED * u64::from(WHOLE) / count.max(JOINED)).unwrap_or(WHOLE);
    let some = format!("FROM {named} WHERE {when} AND TraceId != '' AND {LOT} < {share}");
    // What waits for nobody and calls nobody is left out before the join.
    let text = format!(
        "SELECT caller, role, peer, callee, how, count() AS calls FROM
            (SELECT TraceId, SpanId, {ENTITY} AS caller, {ROLE} AS role,
                    {ATTRIBUTES} AS peer {some}) AS p
         LEFT JOIN
            (SELECT TraceId, ParentSpanId, {ENTITY} AS callee, {ROLE} AS how {some} AND ParentSpanId != '') AS c
         ON p.TraceId = c.TraceId AND p.SpanId = c.ParentSpanId
         WHERE (callee != '' AND callee != caller) OR role IN ('CLIENT', 'PRODUCER', 'CONSUMER')
         GROUP BY caller, role, peer, callee, how ORDER BY calls DESC, caller, callee, peer LIMIT {CALLS}"
    );
    Ok((Sql::new(&text).within(window), share))
}

/// What rows tell, until all have come.
#[derive(Default)]
struct Graph {
    owners: BTreeMap<EntityId, Entity>,
    relations: BTreeSet<Relation>,
    /// Peers by the name their callers have for them, and where calls to them arrived.
    peers: BTreeMap<EntityId, (Entity, BTreeSet<EntityId>)>,
    /// Who called a peer without a span that answers, and what for.
    unanswered: BTreeMap<(EntityId, EntityId), BTreeSet<RelationKind>>,
}

impl Graph {
    fn describe(&mut self, row: Described) {
        let (name, namespace, version, environment, hosts, aliases) = row;
        let Ok(id) = EntityId::new(name) else { return };
        let mut entity = Entity::new(id.clone(), EntityKind::Service);
        for (key, value) in [
            ("service.namespace", namespace),
            ("service.version", version),
            ("deployment.environment.name", environment),
        ] {
            if !value.is_empty() {
                entity.attributes.insert(key.to_owned(), value);
            }
        }
        let is_other =
            |alias: &String| alias != id.as_str() && EntityId::new(alias.clone()).is_ok();
        entity.aliases = aliases.into_iter().filter(is_other).collect();
        for host in hosts {
            match EntityId::new(host) {
                // Its metrics are told under the machine's own name.
                Ok(host) if host == id => entity.kind = EntityKind::Host,
                Ok(host) => {
                    let kind = RelationKind::RunsOn;
                    self.relations.insert(Relation { from: id.clone(), to: host, kind });
                }
                Err(_) => {}
            }
        }
        self.owners.insert(id, entity);
    }

    fn call(&mut self, row: Called) {
        let (caller, role, attributes, callee, how, _) = row;
        let Ok(caller) = EntityId::new(caller) else { return };
        let callee = EntityId::new(callee).ok().filter(|callee| *callee != caller);
        let peer = peer(&role, "", &attributes).filter(|peer| peer.id != caller);
        let is_queue = role == "PRODUCER" || how == "CONSUMER";
        if let (Some(callee), false) = (&callee, is_queue || role == "CONSUMER") {
            let kind = RelationKind::Calls;
            self.relations.insert(Relation { from: caller.clone(), to: callee.clone(), kind });
        }
        let Some(peer) = peer else { return };
        let id = peer.id.clone();
        let known = self.peers.entry(id.clone()).or_insert((peer.entity(), BTreeSet::new()));
        let kind = peer.relation;
        match (kind, callee) {
            (RelationKind::Publishes | RelationKind::Consumes, callee) => {
                // Whoever goes on with the message got it there, whether it says so or not.
                if let Some(callee) = callee.filter(|_| kind == RelationKind::Publishes) {
                    let kind = RelationKind::Consumes;
                    self.relations.insert(Relation { from: callee, to: id.clone(), kind });
                }
                self.relations.insert(Relation { from: caller, to: id, kind });
            }
            (_, Some(callee)) => {
                known.1.insert(callee);
            }
            (_, None) => {
                self.unanswered.entry((caller, id)).or_default().insert(kind);
            }
        }
    }

    fn topology(self) -> Topology {
        let mut topology = Topology::default();
        let mut other_names: BTreeMap<EntityId, EntityId> = BTreeMap::new();
        for (id, (peer, arrived)) in self.peers {
            let mut arrived = arrived.into_iter();
            match (arrived.next(), arrived.next()) {
                // Calls to it arrive at one entity alone: it is another name of that.
                (Some(real), None) if !self.owners.contains_key(&id) => {
                    let mut entity = Entity::new(real.clone(), EntityKind::Unknown);
                    entity.aliases =
                        [id.as_str().to_owned()].into_iter().chain(peer.aliases).collect();
                    topology.add(entity);
                    other_names.insert(id, real);
                }
                // A load balancer or a shared address stands for nobody in particular.
                (Some(_), Some(_)) => {}
                (_, _) => topology.add(peer),
            }
        }
        for ((from, to), kinds) in self.unanswered {
            let to = other_names.get(&to).unwrap_or(&to).clone();
            // One that answers elsewhere, and several names behind one address, are known by their spans.
            if from != to && topology.entity(&to).is_some() {
                topology.relate(Relation { from, to, kind: strongest(&kinds) });
            }
        }
        // Whoever writes spans is described better by itself than by those who call it.
        self.owners.into_values().for_each(|owner| topology.add(owner));
        for relation in self.relations {
            let host = (relation.kind == RelationKind::RunsOn).then(|| relation.to.clone());
            topology.relate(relation);
            if let Some(host) = host.filter(|host| topology.kind(host) == EntityKind::Unknown) {
                topology.add(Entity::new(host, EntityKind::Host));
            }
        }
        topology
    }
}

/// One relation for all that a caller does with a peer.
fn strongest(kinds: &BTreeSet<RelationKind>) -> RelationKind {
    if kinds.iter().all(|kind| *kind == RelationKind::Reads) {
        RelationKind::Reads
    } else if kinds.contains(&RelationKind::Writes) {
        RelationKind::Writes
    } else {
        RelationKind::Calls
    }
}
