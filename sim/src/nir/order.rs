//! In which order nodes are computed, and which edges deliver a step later.

/// Edges by index of their nodes, in the order of computation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Every node, each after those it hears of in the same step.
    pub(super) nodes: Vec<usize>,
    /// For each edge, whether it delivers a step later.
    pub(super) late: Vec<bool>,
}

/// Orders nodes; the search starts at `first`. `has_memory` tells neurons and integrators.
///
/// A depth-first search finds the edges that lead back to a node whose search is not over: those that close loops. One
/// that comes from a node without memory with one edge in and one out hands its delay to the edge into that node.
pub(super) fn order(first: usize, has_memory: &[bool], edges: &[(usize, usize)]) -> Order {
    let count = has_memory.len();
    let mut leaving = vec![Vec::new(); count];
    let mut arriving = vec![Vec::new(); count];
    for (edge, &(from, to)) in edges.iter().enumerate() {
        leaving[from].push(edge);
        arriving[to].push(edge);
    }
    let mut late = vec![false; edges.len()];
    let mut nodes = Vec::with_capacity(count);
    #[derive(Clone, Copy, PartialEq)]
    enum Search {
        Ahead,
        Open,
        Over,
    }
    let mut search = vec![Search::Ahead; count];
    for start in std::iter::once(first).chain(0..count) {
        if search[start] != Search::Ahead {
            continue;
        }
        search[start] = Search::Open;
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let Some(&edge) = leaving[*node].get(*next) else {
                search[*node] = Search::Over;
                nodes.push(*node);
                path.pop();
                continue;
            };
            *next += 1;
            let to = edges[edge].1;
            match search[to] {
                Search::Ahead => {
                    search[to] = Search::Open;
                    path.push((to, 0));
                }
                Search::Open => late[edge] = true,
                Search::Over => {}
            }
        }
    }
    // Moving a delay only changes the order of nodes that it is moved over.
    let mut moved = false;
    for edge in 0..edges.len() {
        let mut at = edge;
        while late[at] && !has_memory[edges[at].0] {
            let node = edges[at].0;
            let ([before], [_]) = (&arriving[node][..], &leaving[node][..]) else { break };
            if late[*before] {
                break;
            }
            late[at] = false;
            late[*before] = true;
            at = *before;
            moved = true;
            // Round a whole loop without memory: any of its edges may be the late one.
            if at == edge {
                break;
            }
        }
    }
    if moved {
        return Order { nodes: sorted(&late, &leaving, &arriving, edges), late };
    }
    nodes.reverse();
    Order { nodes, late }
}

/// Nodes in order of the edges that are not late (Kahn 1962), those without order by index.
fn sorted(
    late: &[bool],
    leaving: &[Vec<usize>],
    arriving: &[Vec<usize>],
    edges: &[(usize, usize)],
) -> Vec<usize> {
    let mut waits: Vec<usize> =
        arriving.iter().map(|arriving| arriving.iter().filter(|edge| !late[**edge]).count()).collect();
    let mut ready: std::collections::BTreeSet<usize> =
        (0..waits.len()).filter(|node| waits[*node] == 0).collect();
    let mut nodes = Vec::with_capacity(waits.len());
    while let Some(node) = ready.pop_first() {
        nodes.push(node);
        for &edge in leaving[node].iter().filter(|edge| !late[**edge]) {
            let to = edges[edge].1;
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.insert(to);
            }
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn recurrent_weights_hear_the_spikes_of_the_step_before() {
        // 0 input, 1 neuron, 2 recurrent weights, 3 output.
        let found = order(0, &[false, true, false, false], &[(0, 1), (2, 1), (1, 3), (1, 2)]);
        assert_eq!(found.late, [false, false, false, true]);
        let place = |node| found.nodes.iter().position(|n| *n == node);
        assert!(place(2) < place(1) && place(0) < place(1) && place(1) < place(3), "{found:?}");
    }

    #[test]
    fn a_neuron_that_feeds_itself_hears_itself_a_step_later() {
        let found = order(0, &[false, true], &[(0, 1), (1, 1)]);
        assert_eq!(found, Order { nodes: vec![0, 1], late: vec![false, true] });
    }

    #[test]
    fn a_loop_without_memory_has_one_late_edge() {
        let edges = [(0, 1), (1, 2), (2, 0)];
        let found = order(0, &[false; 3], &edges);
        assert_eq!(found.late.iter().filter(|late| **late).count(), 1);
        let late = found.late.iter().position(|late| *late).unwrap_or_default();
        let (from, to) = edges[late];
        assert_eq!((found.nodes[2], found.nodes[0]), (from, to));
    }

    proptest! {
        #[test]
        fn every_node_comes_once_and_after_all_that_it_hears_of_in_the_same_step(
            memory in prop::collection::vec(any::<bool>(), 1..12),
            edges in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..30),
        ) {
            let count = memory.len();
            let edges: Vec<_> = edges.iter().map(|(a, b)| (a.index(count), b.index(count))).collect();
            let found = order(0, &memory, &edges);
            let mut once = found.nodes.clone();
            once.sort_unstable();
            prop_assert_eq!(once, (0..count).collect::<Vec<_>>());
            for ((from, to), late) in edges.iter().zip(&found.late) {
                let place = |node| found.nodes.iter().position(|n| *n == node);
                prop_assert!(*late || place(*from) < place(*to));
            }
        }
    }
}
