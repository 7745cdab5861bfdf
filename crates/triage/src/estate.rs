use nightjar_topology::Topology;

use crate::graph::Graph;
use crate::index::Index;
use crate::words::Vocabulary;

/// A topology prepared for triage: its names indexed, its words counted, its relations laid out
/// for walks. Made once per topology and shared between desks.
#[derive(Clone, Debug, PartialEq)]
pub struct Estate {
    topology: Topology,
    pub(crate) graph: Graph,
    pub(crate) index: Index,
    pub(crate) vocabulary: Vocabulary,
}

impl Estate {
    /// Prepares a topology.
    pub fn new(topology: Topology) -> Self {
        let graph = Graph::new(&topology);
        let index = Index::new(&topology, &graph);
        let vocabulary = Vocabulary::of(&topology);
        Self { topology, graph, index, vocabulary }
    }

    /// What it was made of.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }
}
