//! Rules that choose all partners alike.

use super::{Each, Ends, Synapse};
use crate::network::error::{KeyError, require};
use crate::network::random::{Key, Stream};
use std::ops::Range;

/// A checked rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Uniform {
    AllToAll,
    OneToOne,
    FixedProbability(f64),
    FixedIndegree(u32),
    FixedOutdegree(u32),
    FixedTotal(u64),
}

impl Uniform {
    pub(super) fn one_to_one(ends: Ends) -> Result<Self, KeyError> {
        let [sources, targets] = ends.sizes;
        let problem = format_args!("{sources} sources and {targets} targets");
        require(sources == targets, "one_to_one", problem, "give populations of one size")?;
        Ok(Self::OneToOne)
    }

    pub(super) fn fixed_probability(p: f64) -> Result<Self, KeyError> {
        let is_one = (0.0..=1.0).contains(&p);
        require(is_one, "fixed_probability", p, "give a probability from 0 to 1")?;
        Ok(Self::FixedProbability(p))
    }

    pub(super) fn fixed_indegree(n: u32, ends: Ends) -> Result<Self, KeyError> {
        partners("fixed_indegree", n, ends.sizes[0], ends)?;
        Ok(Self::FixedIndegree(n))
    }

    pub(super) fn fixed_outdegree(n: u32, ends: Ends) -> Result<Self, KeyError> {
        partners("fixed_outdegree", n, ends.sizes[1], ends)?;
        Ok(Self::FixedOutdegree(n))
    }

    pub(super) fn fixed_total(n: u64, allow_autapses: bool, ends: Ends) -> Result<Self, KeyError> {
        let plain = allow_autapses && ends.allow_multapses;
        require(plain, "fixed_total", n, "it allows autapses and multapses; leave both switched on")?;
        Ok(Self::FixedTotal(n))
    }

    pub(super) fn for_each(self, ends: Ends, key: Key, part: Range<u32>, each: Each<'_>) {
        let [sources, targets] = ends.sizes;
        match self {
            Self::AllToAll => {
                for target in part {
                    for source in (0..sources).filter(|source| ends.may(*source, target)) {
                        each(Synapse::plain(source, target, u64::from(target)));
                    }
                }
            }
            Self::OneToOne => {
                for target in part.filter(|target| ends.may(*target, *target)) {
                    each(Synapse::plain(target, target, u64::from(target)));
                }
            }
            Self::FixedProbability(p) => {
                for target in part {
                    for source in Chosen::new(p, sources, key.stream(u64::from(target))) {
                        if ends.may(source, target) {
                            each(Synapse::plain(source, target, u64::from(target)));
                        }
                    }
                }
            }
            Self::FixedIndegree(n) => {
                let mut draw = Draw::new(ends, sources);
                for target in part {
                    let mut stream = key.stream(u64::from(target));
                    draw.each(n, ends.not_itself.then_some(target), &mut stream, |source| {
                        each(Synapse::plain(source, target, u64::from(target)));
                    });
                }
            }
            Self::FixedOutdegree(n) => {
                let mut draw = Draw::new(ends, targets);
                for source in 0..sources {
                    let mut stream = key.stream(u64::from(source));
                    // Targets elsewhere are gone through too, so that weights do not depend on the partition.
                    draw.each(n, ends.not_itself.then_some(source), &mut stream, |target| {
                        each(Synapse::plain(source, target, u64::from(source)));
                    });
                }
            }
            Self::FixedTotal(total) => {
                let mut stream = key.stream(u64::MAX);
                let mut degrees = vec![0u32; part.len()];
                for _ in 0..total {
                    let target = stream.below(targets);
                    if part.contains(&target) {
                        degrees[(target - part.start) as usize] += 1;
                    }
                }
                for (target, degree) in part.zip(degrees) {
                    let mut stream = key.stream(u64::from(target));
                    for _ in 0..degree {
                        let source = stream.below(sources);
                        each(Synapse::plain(source, target, u64::from(target)));
                    }
                }
            }
        }
    }
}

/// Checks that `n` partners can be drawn from `of`.
fn partners(key: &str, n: u32, of: u32, ends: Ends) -> Result<(), KeyError> {
    let most = if ends.allow_multapses { u32::MAX } else { of - u32::from(ends.not_itself) };
    require(n <= most && (n == 0 || of > 0), key, n, &format!("there are {most} different neurons"))?;
    let alone = n > 0 && ends.not_itself && of == 1;
    require(!alone, key, n, "a single neuron has no other to be connected with; allow autapses")
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
    fn new(ends: Ends, n: u32) -> Self {
        let drawn = (!ends.allow_multapses).then(|| vec![false; n as usize]);
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
