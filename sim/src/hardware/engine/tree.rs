//! The least of a fixed number of times, kept in a tree of comparisons.
//!
//! Changing one time compares its way up, log2(n) steps without a branch on data; a heap would move entries as well.

/// Times of n contestants; infinity for those that have none.
#[derive(Debug, Clone)]
pub(crate) struct WinnerTree {
    /// Number of leaves, a power of two.
    leaves: usize,
    times: Vec<f64>,
    /// `winners[1]` is the winner of all; the leaves stand at `leaves..`.
    winners: Vec<u32>,
}

impl WinnerTree {
    /// A tree of `count` contestants, none with a time.
    pub(crate) fn new(count: usize) -> Self {
        let leaves = count.next_power_of_two().max(2);
        let mut winners = vec![0; 2 * leaves];
        for (i, winner) in winners.iter_mut().skip(leaves).enumerate() {
            *winner = i as u32;
        }
        for node in (1..leaves).rev() {
            winners[node] = winners[2 * node];
        }
        Self { leaves, times: vec![f64::INFINITY; leaves], winners }
    }

    /// Gives a contestant a time.
    pub(crate) fn set(&mut self, contestant: usize, time: f64) {
        self.times[contestant] = time;
        let mut node = (self.leaves + contestant) / 2;
        while node > 0 {
            let (a, b) = (self.winners[2 * node], self.winners[2 * node + 1]);
            let winner = if self.times[b as usize] < self.times[a as usize] { b } else { a };
            self.winners[node] = winner;
            node /= 2;
        }
    }

    /// The contestant with the least time, the first of equals; `None` if none has one.
    pub(crate) fn least(&self) -> Option<(usize, f64)> {
        let winner = self.winners[1] as usize;
        Some((winner, self.times[winner])).filter(|(_, time)| time.is_finite())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::WinnerTree;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_least_is_what_a_scan_finds(sets in prop::collection::vec((0_usize..13, 0_u8..9), 1..60)) {
            let mut tree = WinnerTree::new(13);
            let mut times = [f64::INFINITY; 13];
            for (contestant, time) in sets {
                let time = if time == 8 { f64::INFINITY } else { f64::from(time) };
                times[contestant] = time;
                tree.set(contestant, time);
                let least = times.iter().copied().fold(f64::INFINITY, f64::min);
                let first = times.iter().position(|t| *t == least).unwrap();
                prop_assert_eq!(tree.least(), least.is_finite().then_some((first, least)));
            }
        }
    }
}
