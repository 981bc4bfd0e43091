//! Who is connected with whom: each rule as the sequence of its synapses, which can be gone through more than once.

use super::CheckedProjection;
use crate::network::description::Rule;
use crate::network::random::{Key, Stream, Use};
use std::ops::Range;

/// Goes through the synapses of a projection onto the targets of `part`: source, target, and the number of the element whose
/// streams draw weight and delay. Synapses of a source come in order of their targets, except for fixed out-degrees and pairs.
pub(super) fn for_each(
    projection: &CheckedProjection,
    key: Key,
    sizes: [u32; 2],
    part: Range<u32>,
    synapse: &mut dyn FnMut(Synapse),
) {
    let [sources, targets] = sizes;
    let itself = (projection.source == projection.target && !projection.allow_autapses).then_some(());
    match &projection.rule {
        Rule::AllToAll => {
            for target in part {
                for source in (0..sources).filter(|source| itself.is_none() || *source != target) {
                    synapse(Synapse { source, target, element: u64::from(target) });
                }
            }
        }
        Rule::OneToOne => {
            for target in part.filter(|_| itself.is_none()) {
                synapse(Synapse { source: target, target, element: u64::from(target) });
            }
        }
        Rule::FixedProbability(p) => {
            for target in part {
                for source in Chosen::new(*p, sources, key.stream(u64::from(target))) {
                    if itself.is_none() || source != target {
                        synapse(Synapse { source, target, element: u64::from(target) });
                    }
                }
            }
        }
        Rule::FixedIndegree(n) => {
            let mut draw = Draw::new(projection, sources);
            for target in part {
                let mut stream = key.stream(u64::from(target));
                draw.each(*n, itself.map(|()| target), &mut stream, |source| {
                    synapse(Synapse { source, target, element: u64::from(target) });
                });
            }
        }
        Rule::FixedOutdegree(n) => {
            let mut draw = Draw::new(projection, targets);
            for source in 0..sources {
                let mut stream = key.stream(u64::from(source));
                // Targets elsewhere are gone through too, so that weights do not depend on the partition.
                draw.each(*n, itself.map(|()| source), &mut stream, |target| {
                    synapse(Synapse { source, target, element: u64::from(source) });
                });
            }
        }
        Rule::FixedTotal(total) => {
            let mut stream = key.stream(u64::MAX);
            let mut degrees = vec![0u32; part.len()];
            for _ in 0..*total {
                let target = stream.below(targets);
                if part.contains(&target) {
                    degrees[(target - part.start) as usize] += 1;
                }
            }
            for (target, degree) in part.zip(degrees) {
                let mut stream = key.stream(u64::from(target));
                for _ in 0..degree {
                    let source = stream.below(sources);
                    synapse(Synapse { source, target, element: u64::from(target) });
                }
            }
        }
        Rule::Pairs(pairs) => {
            for (number, [source, target]) in pairs.iter().enumerate() {
                synapse(Synapse { source: *source, target: *target, element: number as u64 });
            }
        }
    }
}

/// A synapse before it has a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Synapse {
    pub(super) source: u32,
    pub(super) target: u32,
    /// Whose stream draws its weight and delay; synapses of one element follow each other.
    pub(super) element: u64,
}

/// The streams of a projection.
pub(super) fn key(seed: u64, what: Use, projection: u32) -> Key {
    Key::new(seed, what, projection)
}

/// Each of 0..n with probability p, by the gaps between them, which are geometric.
struct Chosen {
    p: f64,
    next: f64,
    n: f64,
    stream: Stream,
}

impl Chosen {
    fn new(p: f64, n: u32, stream: Stream) -> Self {
        let mut chosen = Self { p, next: -1.0, n: f64::from(n), stream };
        chosen.move_on();
        chosen
    }

    fn move_on(&mut self) {
        let gap = if self.p >= 1.0 { 0.0 } else { (self.stream.uniform().ln() / (-self.p).ln_1p()).floor() };
        // With p = 0 the gap is infinite, or 0 / 0 for the one draw of 1.
        self.next = if self.p > 0.0 { self.next + 1.0 + gap } else { self.n };
    }
}

impl Iterator for Chosen {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let chosen = (self.next < self.n).then_some(self.next as u32)?;
        self.move_on();
        Some(chosen)
    }
}

/// Draws partners uniformly, with or without repetition.
struct Draw {
    n: u32,
    /// Which were drawn, where none may be drawn twice.
    drawn: Option<Vec<bool>>,
    chosen: Vec<u32>,
}

impl Draw {
    fn new(projection: &CheckedProjection, n: u32) -> Self {
        let drawn = (!projection.allow_multapses).then(|| vec![false; n as usize]);
        Self { n, drawn, chosen: Vec::new() }
    }

    fn each(&mut self, degree: u32, itself: Option<u32>, stream: &mut Stream, mut partner: impl FnMut(u32)) {
        let Some(drawn) = &mut self.drawn else {
            for _ in 0..degree {
                let mut other = stream.below(self.n);
                while Some(other) == itself {
                    other = stream.below(self.n);
                }
                partner(other);
            }
            return;
        };
        // With more than half of all partners it is quicker to draw those that are left out.
        let others = self.n - u32::from(itself.is_some());
        let invert = degree > others / 2;
        let draws = if invert { others - degree } else { degree };
        self.chosen.clear();
        while self.chosen.len() < draws as usize {
            let other = stream.below(self.n);
            if Some(other) != itself && !drawn[other as usize] {
                drawn[other as usize] = true;
                self.chosen.push(other);
            }
        }
        if invert {
            (0..self.n)
                .filter(|other| Some(*other) != itself && !drawn[*other as usize])
                .for_each(&mut partner);
        } else {
            self.chosen.iter().copied().for_each(&mut partner);
        }
        self.chosen.iter().for_each(|other| drawn[*other as usize] = false);
    }
}
