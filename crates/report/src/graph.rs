//! The relevant part of the topology: cause, path of the fault, blast radius, neighbours.

mod layout;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use askama::filters::HtmlSafe;
use nightjar_incident::Hypothesis;
use nightjar_topology::{EntityId, RelationKind, Topology};

use crate::text::shortened;

/// More nodes than this are no picture any more; the text says how many were left out.
const MOST_NODES: usize = 22;
const NODE_WIDTH: f64 = 152.0;
const NODE_HEIGHT: f64 = 48.0;
const LAYER_HEIGHT: f64 = 96.0;
const MARGIN: f64 = 10.0;
/// Characters of a name that fit into a node.
const NAME_LENGTH: usize = 20;

/// A drawing, ready to be written.
#[derive(Clone, Debug, Template)]
#[template(path = "graph.html")]
pub(crate) struct Graph {
    width: String,
    height: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    pub(crate) description: String,
    pub(crate) left_out: usize,
}

impl HtmlSafe for Graph {}

#[derive(Clone, Debug)]
struct Node {
    x: String,
    y: String,
    text_x: String,
    name_y: String,
    role_y: String,
    class: &'static str,
    name: String,
    role: String,
    full: String,
    /// Where the word "alert" stands, if one fired here.
    alert: Option<Badge>,
}

#[derive(Clone, Debug)]
struct Badge {
    x: String,
    y: String,
    text_x: String,
    text_y: String,
}

#[derive(Clone, Debug)]
struct Edge {
    path: String,
    class: &'static str,
    full: String,
}

/// What is to be shown.
pub(crate) struct Scene<'a> {
    pub(crate) topology: &'a Topology,
    /// The claimed causes, or the strongest lead.
    pub(crate) causes: Vec<&'a Hypothesis>,
    /// What the causes are called: `cause` or `lead`.
    pub(crate) cause_word: &'static str,
    pub(crate) alerting: &'a [EntityId],
    pub(crate) suffering: Option<&'a EntityId>,
    pub(crate) blast_radius: &'a [(EntityId, usize)],
}

/// Draws the scene; `None` where one name says as much as a picture.
pub(crate) fn draw(scene: &Scene<'_>) -> Option<Graph> {
    let (ids, left_out) = chosen(scene);
    if ids.len() < 2 {
        return None;
    }
    let index: BTreeMap<&EntityId, usize> =
        ids.iter().enumerate().map(|(index, id)| (*id, index)).collect();
    let mut relations: Vec<(usize, usize, RelationKind)> = Vec::new();
    for relation in scene.topology.relations() {
        let ends = index.get(&relation.from).zip(index.get(&relation.to));
        if let Some((&from, &to)) = ends {
            // Reading and writing the same table is one line.
            if !relations.iter().any(|r| (r.0, r.1) == (from, to)) {
                relations.push((from, to, relation.kind));
            }
        }
    }
    let pairs: Vec<(usize, usize)> = relations.iter().map(|r| (r.0, r.1)).collect();
    let layout = layout::layered(ids.len(), &pairs, &spine(scene, &index));
    let travels = travelled(scene);
    let edges = relations.iter().zip(&layout.bends).filter_map(|(&(from, to, kind), bends)| {
        let (a, b) = (layout.nodes.get(from)?, layout.nodes.get(to)?);
        let (from, to) = (*ids.get(from)?, *ids.get(to)?);
        let is_with = travels.contains(&(from, to));
        let is_travelled = is_with || travels.contains(&(to, from));
        Some(Edge {
            path: curve(*a, bends, *b),
            class: if is_with {
                "edge travelled with"
            } else if is_travelled {
                "edge travelled against"
            } else if kind.is_request() {
                "edge"
            } else {
                "edge loose"
            },
            full: format!(
                "{from} {} {to}{}",
                kind.label(),
                if is_travelled { "; the fault travels along it" } else { "" }
            ),
        })
    });
    let nodes = ids.iter().zip(&layout.nodes).map(|(id, place)| {
        let (class, words) = role(scene, id);
        let is_alerting = scene.alerting.contains(id);
        let kind = scene.topology.kind(id).label();
        let role = if words.is_empty() { kind.to_owned() } else { format!("{kind} · {words}") };
        let (x, y) = (MARGIN + place.across, top(place.layer));
        Node {
            x: number(x - NODE_WIDTH / 2.0),
            y: number(y),
            text_x: number(x),
            name_y: number(y + 20.0),
            role_y: number(y + 37.0),
            class,
            name: shortened(id.as_str(), NAME_LENGTH),
            full: format!("{id}: {role}{}", if is_alerting { ", alert" } else { "" }),
            alert: is_alerting.then(|| Badge {
                x: number(x + NODE_WIDTH / 2.0 - 42.0),
                y: number(y - 8.0),
                text_x: number(x + NODE_WIDTH / 2.0 - 23.0),
                text_y: number(y + 3.5),
            }),
            role: shortened(&role, 26),
        }
    });
    let (nodes, edges) = (nodes.collect(), edges.collect());
    Some(Graph {
        width: number(layout.width + 2.0 * MARGIN),
        height: number(
            layout.layers as f64 * LAYER_HEIGHT - (LAYER_HEIGHT - NODE_HEIGHT) + 2.0 * MARGIN,
        ),
        nodes,
        edges,
        description: description(scene, left_out),
        left_out,
    })
}

/// The nodes on the way of the first cause's fault; a second way would cross the first.
fn spine(scene: &Scene<'_>, index: &BTreeMap<&EntityId, usize>) -> BTreeSet<usize> {
    let first = scene.causes.first();
    let on_the_way = first.into_iter().flat_map(|cause| cause.path.iter().chain([&cause.entity]));
    on_the_way.filter_map(|id| index.get(id).copied()).collect()
}

/// What is shown: what matters most comes first until the picture is full.
fn chosen<'a>(scene: &Scene<'a>) -> (Vec<&'a EntityId>, usize) {
    let known = |id: &EntityId| scene.topology.entity(id).map(|entity| &entity.id);
    let mut wanted: Vec<&EntityId> = Vec::new();
    for cause in &scene.causes {
        wanted.extend(known(&cause.entity));
        wanted.extend(cause.peer.as_ref().and_then(known));
        wanted.extend(cause.path.iter().filter_map(known));
    }
    wanted.extend(scene.suffering.and_then(known));
    wanted.extend(scene.alerting.iter().filter_map(known));
    let core: Vec<&EntityId> = wanted.clone();
    wanted.extend(scene.blast_radius.iter().filter_map(|(id, _)| known(id)));
    for cause in &scene.causes {
        let near = scene.topology.neighbourhood(&cause.entity, 1);
        wanted.extend(near.iter().filter_map(|(id, _)| known(id)));
    }
    let mut seen = BTreeSet::new();
    wanted.retain(|id| seen.insert(*id));
    // What else the way depends on is good to know and no part of the story: all of it or none.
    let beside = core.iter().flat_map(|id| scene.topology.dependencies(id));
    let mut beside: Vec<&EntityId> = beside.filter_map(|relation| known(&relation.to)).collect();
    beside.retain(|id| seen.insert(*id));
    if wanted.len() + beside.len() <= MOST_NODES {
        wanted.extend(beside);
    }
    let left_out = wanted.len().saturating_sub(MOST_NODES);
    wanted.truncate(MOST_NODES);
    (wanted, left_out)
}

/// The steps the fault takes, each from where it is to where it goes.
fn travelled<'a>(scene: &Scene<'a>) -> BTreeSet<(&'a EntityId, &'a EntityId)> {
    let mut pairs = BTreeSet::new();
    for cause in &scene.causes {
        for pair in cause.path.windows(2) {
            if let [here, next] = pair {
                pairs.insert((here, next));
            }
        }
        if let Some(peer) = &cause.peer {
            pairs.insert((&cause.entity, peer));
        }
    }
    pairs
}

fn role(scene: &Scene<'_>, id: &EntityId) -> (&'static str, &'static str) {
    if scene.causes.iter().any(|cause| &cause.entity == id) {
        return ("node cause", scene.cause_word);
    }
    let is_on_path = scene.causes.iter().any(|cause| cause.path.contains(id));
    if scene.suffering == Some(id) {
        return ("node path", "users feel it");
    }
    if is_on_path {
        return ("node path", "on the path");
    }
    if scene.blast_radius.iter().any(|(reached, _)| reached == id) {
        return ("node reached", "in reach");
    }
    ("node", "")
}

fn description(scene: &Scene<'_>, left_out: usize) -> String {
    let mut text = String::from("Callers stand above what they depend on. ");
    for cause in &scene.causes {
        let path: Vec<&str> = cause.path.iter().map(EntityId::as_str).collect();
        let row = cause.fault_mode.row();
        text.push_str(&format!("The {} is {} ({}). ", scene.cause_word, cause.entity, row.name));
        if path.len() > 1 {
            text.push_str(&format!("The fault travels {}. ", path.join(" → ")));
        }
    }
    match scene.blast_radius.len() {
        0 => {}
        1 => text.push_str("One entity is in its reach. "),
        several => text.push_str(&format!("{several} entities are in its reach. ")),
    }
    if left_out > 0 {
        text.push_str(&format!("{left_out} more are not drawn."));
    }
    text.trim_end().to_owned()
}

fn top(layer: usize) -> f64 {
    MARGIN + layer as f64 * LAYER_HEIGHT
}

/// A curve from the lower side of the upper node to the upper side of the lower one, through its
/// bends; within one layer or upwards it leaves at the nearer side.
fn curve(from: layout::Place, bends: &[layout::Place], to: layout::Place) -> String {
    let is_down = to.layer >= from.layer;
    let side = |place: layout::Place, is_start: bool| {
        let is_bottom = is_start == is_down;
        (MARGIN + place.across, top(place.layer) + if is_bottom { NODE_HEIGHT } else { 0.0 })
    };
    let mut points = vec![side(from, true)];
    for bend in bends {
        let (x, y) = (MARGIN + bend.across, top(bend.layer));
        if is_down {
            points.extend([(x, y), (x, y + NODE_HEIGHT)]);
        } else {
            points.extend([(x, y + NODE_HEIGHT), (x, y)]);
        }
    }
    points.push(side(to, false));
    let mut path = String::new();
    let mut before: Option<(f64, f64)> = None;
    for (x, y) in points {
        path.push_str(&match before {
            None => format!("M{} {}", number(x), number(y)),
            Some((x0, y0)) => {
                let middle = f64::midpoint(y0, y);
                format!(
                    "C{} {} {} {} {} {}",
                    number(x0),
                    number(middle),
                    number(x),
                    number(middle),
                    number(x),
                    number(y)
                )
            }
        });
        before = Some((x, y));
    }
    path
}

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
