//! Nodes in layers from callers down to what they depend on (after Sugiyama, Tagawa, Toda 1981).
//!
//! Cycles are broken by walking depth first, long edges are led through the layers between, and
//! each layer is ordered by the mean position of its neighbours. Deterministic: ties keep the
//! order of the input.

use std::collections::{BTreeMap, BTreeSet};

/// Where something stands: layer, and position of its centre across the layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) layer: usize,
    pub(super) across: f64,
}

/// The places of all nodes, and the bends of all edges in the order of the input.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) nodes: Vec<Place>,
    /// For each edge its bends in layers between, from the upper end to the lower one.
    pub(super) bends: Vec<Vec<Place>>,
    pub(super) layers: usize,
    pub(super) width: f64,
}

/// How many times the layers are swept to lessen crossings; more changes little (Gansner 1993).
const SWEEPS: usize = 8;
/// Room for a node and for an edge that passes through a layer.
pub(super) const NODE_ROOM: f64 = 168.0;
const PASSAGE_ROOM: f64 = 26.0;

/// Lays out `count` nodes; edges lead from the one that depends to the one depended on.
///
/// The nodes of the spine stand first in their layers and straight above one another: a reader
/// finds the way of the fault at the left edge, also where the screen is narrow.
pub(super) fn layered(count: usize, edges: &[(usize, usize)], spine: &BTreeSet<usize>) -> Layout {
    let upward = back_edges(count, edges);
    let downward: Vec<(usize, usize)> = edges
        .iter()
        .enumerate()
        .map(|(index, &(a, b))| if upward.contains(&index) { (b, a) } else { (a, b) })
        .collect();
    let rank = ranks(count, &downward);
    let layers = rank.iter().max().map_or(0, |most| most + 1);

    // Items are the nodes, then the passages of long edges.
    let mut layer_of = rank.clone();
    let mut links: Vec<(usize, usize)> = Vec::new();
    let mut passages: Vec<Vec<usize>> = Vec::new();
    for &(a, b) in &downward {
        let (top, bottom) = (at(&rank, a), at(&rank, b));
        let mut through = Vec::new();
        let mut above = a;
        for layer in top + 1..bottom {
            let item = layer_of.len();
            layer_of.push(layer);
            links.push((above, item));
            through.push(item);
            above = item;
        }
        if a != b {
            links.push((above, b));
        }
        passages.push(through);
    }
    let mut spine = spine.clone();
    for (&(a, b), through) in downward.iter().zip(&passages) {
        if spine.contains(&a) && spine.contains(&b) {
            spine.extend(through);
        }
    }
    let order = ordered(&layer_of, &links, layers, &spine);
    let (across, width) = spread(&order, count, &links, &spine);
    let place = |item: usize| Place { layer: at(&layer_of, item), across: atf(&across, item) };
    Layout {
        nodes: (0..count).map(place).collect(),
        bends: passages
            .iter()
            .zip(edges.iter().enumerate())
            .map(|(through, (index, _))| {
                let mut bends: Vec<Place> = through.iter().map(|&item| place(item)).collect();
                if upward.contains(&index) {
                    bends.reverse();
                }
                bends
            })
            .collect(),
        layers,
        width,
    }
}

fn at(values: &[usize], index: usize) -> usize {
    values.get(index).copied().unwrap_or_default()
}

fn atf(values: &[f64], index: usize) -> f64 {
    values.get(index).copied().unwrap_or_default()
}

/// The edges that close a cycle, found by walking depth first without recursion.
fn back_edges(count: usize, edges: &[(usize, usize)]) -> BTreeSet<usize> {
    let mut out: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    let mut is_entered = vec![false; count];
    for (index, &(a, b)) in edges.iter().enumerate() {
        if let Some(list) = out.get_mut(a) {
            list.push((index, b));
        }
        if let Some(entered) = is_entered.get_mut(b) {
            *entered = true;
        }
    }
    // Roots first, so that a cycle is broken at its far end.
    let roots = (0..count).filter(|&n| !is_entered.get(n).copied().unwrap_or_default());
    let starts: Vec<usize> = roots.chain(0..count).collect();
    let mut state = vec![0_u8; count];
    let mut found = BTreeSet::new();
    for start in starts {
        let mut stack = vec![(start, 0_usize)];
        while let Some((node, next)) = stack.pop() {
            if next == 0 && state.get(node) != Some(&0) {
                continue;
            }
            if let Some(state) = state.get_mut(node) {
                *state = 1;
            }
            match out.get(node).and_then(|list| list.get(next)) {
                None => {
                    if let Some(state) = state.get_mut(node) {
                        *state = 2;
                    }
                }
                Some(&(index, to)) => {
                    stack.push((node, next + 1));
                    match state.get(to) {
                        Some(1) => {
                            found.insert(index);
                        }
                        Some(0) => stack.push((to, 0)),
                        Some(_) | None => {}
                    }
                }
            }
        }
    }
    found
}

/// The longest way down from a node nothing leads to; free of cycles by now.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut rank = vec![0_usize; count];
    for _ in 0..count {
        let mut is_changed = false;
        for &(a, b) in edges {
            if a == b {
                continue;
            }
            let below = at(&rank, a) + 1;
            if let Some(rank) = rank.get_mut(b)
                && *rank < below
                && below < count
            {
                *rank = below;
                is_changed = true;
            }
        }
        if !is_changed {
            break;
        }
    }
    rank
}

/// The items of each layer in an order with few crossings.
fn ordered(
    layer_of: &[usize],
    links: &[(usize, usize)],
    layers: usize,
    spine: &BTreeSet<usize>,
) -> Vec<Vec<usize>> {
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); layers];
    for (item, &layer) in layer_of.iter().enumerate() {
        if let Some(row) = order.get_mut(layer) {
            row.push(item);
        }
    }
    for row in &mut order {
        row.sort_by_key(|item| !spine.contains(item));
    }
    for sweep in 0..SWEEPS {
        let is_down = sweep % 2 == 0;
        let rows: Vec<usize> = if is_down {
            (1..layers).collect()
        } else {
            (0..layers.saturating_sub(1)).rev().collect()
        };
        for row in rows {
            let mut position: BTreeMap<usize, f64> = BTreeMap::new();
            for line in &order {
                for (index, &item) in line.iter().enumerate() {
                    position.insert(item, index as f64);
                }
            }
            let weight = |item: usize| {
                let neighbours = links.iter().filter_map(|&(a, b)| match (is_down, a, b) {
                    (true, a, b) if b == item => position.get(&a).copied(),
                    (false, a, b) if a == item => position.get(&b).copied(),
                    (true | false, _, _) => None,
                });
                let (sum, count) = neighbours.fold((0.0, 0.0), |(s, c), p| (s + p, c + 1.0));
                let own = position.get(&item).copied().unwrap_or_default();
                if count > 0.0 { sum / count } else { own }
            };
            if let Some(line) = order.get_mut(row) {
                let mut keyed: Vec<(f64, usize)> =
                    line.iter().map(|&item| (weight(item), item)).collect();
                keyed.sort_by(|a, b| {
                    let is_off = |item: &usize| !spine.contains(item);
                    is_off(&a.1).cmp(&is_off(&b.1)).then(a.0.total_cmp(&b.0))
                });
                *line = keyed.into_iter().map(|(_, item)| item).collect();
            }
        }
    }
    order
}

/// Positions across: as near to the neighbours as order and room allow.
fn spread(
    order: &[Vec<usize>],
    count: usize,
    links: &[(usize, usize)],
    spine: &BTreeSet<usize>,
) -> (Vec<f64>, f64) {
    let room = |item: usize| if item < count { NODE_ROOM } else { PASSAGE_ROOM };
    let items: usize = order.iter().map(Vec::len).sum();
    let mut across = vec![0.0; items];
    let place = |across: &mut Vec<f64>, line: &[usize], wish: &dyn Fn(usize) -> f64| {
        // Left to right each item takes its wish or the next free place; then the whole row is
        // shifted so that the mean of what it missed is nil. A row with a part of the spine stays.
        let mut edge = f64::NEG_INFINITY;
        let mut missed = 0.0;
        let mut placed = Vec::new();
        for &item in line {
            let wanted = if spine.contains(&item) { 0.0 } else { wish(item) };
            let half = room(item) / 2.0;
            let centre = wanted.max(edge + half);
            edge = centre + half;
            missed += centre - wanted;
            placed.push((item, centre));
        }
        let is_held = line.iter().any(|item| spine.contains(item));
        let shift = if placed.is_empty() || is_held { 0.0 } else { missed / placed.len() as f64 };
        for (item, centre) in placed {
            if let Some(slot) = across.get_mut(item) {
                *slot = centre - shift;
            }
        }
    };
    for line in order {
        place(&mut across, line, &|_| 0.0);
    }
    for sweep in 0..SWEEPS {
        let lines: Vec<&Vec<usize>> =
            if sweep % 2 == 0 { order.iter().collect() } else { order.iter().rev().collect() };
        for line in lines {
            let now = across.clone();
            // Down by the callers, up by what is called; the last sweep goes up, so that a chain
            // of callers stands straight above.
            let is_down = sweep % 2 == 0;
            let wish = |item: usize| {
                let near = links.iter().filter_map(|&(a, b)| match is_down {
                    true if b == item => Some(atf(&now, a)),
                    false if a == item => Some(atf(&now, b)),
                    true | false => None,
                });
                let (sum, count) = near.fold((0.0, 0.0), |(s, c), p| (s + p, c + 1.0));
                if count > 0.0 { sum / count } else { atf(&now, item) }
            };
            place(&mut across, line, &wish);
        }
    }
    let left = (0..items).map(|i| atf(&across, i) - room(i) / 2.0);
    let left = left.fold(f64::INFINITY, f64::min);
    let right = (0..items).map(|i| atf(&across, i) + room(i) / 2.0);
    let right = right.fold(f64::NEG_INFINITY, f64::max);
    if items == 0 {
        return (across, 0.0);
    }
    (across.iter().map(|x| x - left).collect(), right - left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn callers_stand_above_what_they_call() {
        let layout = layered(4, &[(0, 1), (1, 2), (0, 2), (3, 2)], &BTreeSet::new());
        let layers: Vec<usize> = layout.nodes.iter().map(|place| place.layer).collect();
        assert_eq!(layers, [0, 1, 2, 0]);
        assert_eq!(layout.bends[2].len(), 1, "the long edge bends in the layer it passes");
    }

    proptest! {
        /// Cycles, loops and doubled edges included: every node gets a place of its own.
        #[test]
        fn nodes_never_overlap(
            count in 1_usize..12,
            edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..30),
            spine in proptest::collection::vec(0_usize..12, 0..4),
        ) {
            let edges: Vec<_> = edges.into_iter().map(|(a, b)| (a % count, b % count)).collect();
            let spine: BTreeSet<usize> = spine.into_iter().map(|node| node % count).collect();
            let layout = layered(count, &edges, &spine);
            prop_assert_eq!(layout.bends.len(), edges.len());
            for (i, a) in layout.nodes.iter().enumerate() {
                prop_assert!(a.across >= NODE_ROOM / 2.0 - 1e-6);
                prop_assert!(a.across <= layout.width - NODE_ROOM / 2.0 + 1e-6);
                for b in layout.nodes.iter().skip(i + 1) {
                    let apart = (a.across - b.across).abs() >= NODE_ROOM - 1e-6;
                    prop_assert!(a.layer != b.layer || apart, "{:?} {:?}", a, b);
                }
            }
        }
    }
}
