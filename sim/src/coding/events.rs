//! The spikes of a coded vector, one by one in order of time.
//!
//! A coding turns a count into a bit pattern (bitwise codings) or a pile of unit spikes (rate codings). Silent neurons
//! are left out at the start; rate codings also drop a neuron once its pile is spent, so walking costs one visit a spike.

use super::{Coding, SpikeCode};

/// One spike of a coded vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spike {
    /// Virtual time step, from 0.
    pub step: u32,
    /// Neuron (channel) of the vector, from 0.
    pub neuron: u32,
    /// 1 for an excitatory spike, -1 for an inhibitory one.
    pub sign: i8,
    /// Weight of the step: a power of two, negative at the first step of the two's complement.
    pub weight: i32,
}

impl Spike {
    /// Sign times weight: what the spike adds to its neuron's count.
    #[must_use]
    pub fn value(&self) -> i32 {
        i32::from(self.sign).wrapping_mul(self.weight)
    }
}

#[derive(Debug, Clone, Copy)]
struct Active {
    neuron: u32,
    sign: i8,
    /// Bits still to fire (bitwise codings), or unit spikes still to fire (rate codings).
    left: u32,
}

/// Iterator over the spikes of a [`SpikeCode`].
#[derive(Debug, Clone)]
pub struct Spikes {
    coding: Coding,
    steps: u32,
    step: u32,
    next: usize,
    active: Vec<Active>,
}

impl Spikes {
    pub(super) fn new(code: &SpikeCode<'_>) -> Self {
        let left = |s: i32| match code.coding {
            Coding::Binary | Coding::Bitwise => s.abs_diff(code.zero_point()),
            Coding::Ternary | Coding::BitwiseSigned => s.unsigned_abs(),
            Coding::TwosComplement => code.pattern(s),
        };
        let signed = matches!(code.coding, Coding::Ternary | Coding::BitwiseSigned);
        let active = (0u32..)
            .zip(code.counts())
            .map(|(neuron, s)| Active { neuron, sign: if signed && *s < 0 { -1 } else { 1 }, left: left(*s) })
            .filter(|a| a.left != 0)
            .collect();
        Self { coding: code.coding, steps: code.steps(), step: 0, next: 0, active }
    }

    fn weight(&self) -> i32 {
        match self.coding {
            Coding::Binary | Coding::Ternary => 1,
            Coding::Bitwise | Coding::BitwiseSigned => 1i32.wrapping_shl(self.steps - 1 - self.step),
            Coding::TwosComplement if self.step == 0 => (-1i32).wrapping_shl(self.steps - 1),
            Coding::TwosComplement => 1i32.wrapping_shl(self.steps - 1 - self.step),
        }
    }

    fn end_step(&mut self) {
        if matches!(self.coding, Coding::Binary | Coding::Ternary) {
            self.active.retain(|a| a.left != 0);
        }
        self.step += 1;
        self.next = 0;
    }
}

impl Iterator for Spikes {
    type Item = Spike;

    fn next(&mut self) -> Option<Spike> {
        while self.step < self.steps {
            let rate = matches!(self.coding, Coding::Binary | Coding::Ternary);
            let bit = if rate { 0 } else { self.steps - 1 - self.step };
            while let Some(active) = self.active.get_mut(self.next) {
                self.next += 1;
                let fires = if rate { active.left > 0 } else { active.left >> bit & 1 == 1 };
                if fires {
                    if rate {
                        active.left -= 1;
                    }
                    let (neuron, sign) = (active.neuron, active.sign);
                    return Some(Spike { step: self.step, neuron, sign, weight: self.weight() });
                }
            }
            self.end_step();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = Vec<i32>> {
        let count = prop_oneof![6 => -8i32..=8, 2 => -300i32..=300, 1 => -3000i32..=3000];
        prop::collection::vec(count, 0..80)
    }

    #[test]
    fn twos_complement_starts_with_the_negative_weight() {
        let train = Coding::TwosComplement.encode(&[-3, 2]);
        let spikes: Vec<_> = train.spikes().map(|s| (s.step, s.neuron, s.value())).collect();
        assert_eq!((train.steps(), spikes), (3, vec![(0, 0, -4), (1, 1, 2), (2, 0, 1)]));
    }

    #[test]
    fn silence_takes_the_steps_of_the_definition() {
        let steps: Vec<u32> = Coding::ALL.iter().map(|c| c.encode(&[0, 0]).steps()).collect();
        assert_eq!(steps, [0, 0, 1, 1, 2]);
        assert!(Coding::ALL.iter().all(|c| c.encode(&[0, 0]).spikes().next().is_none()));
    }

    #[test]
    fn unsigned_codings_move_negative_counts_by_a_zero_point() {
        let train = Coding::Binary.encode(&[-2, 1]);
        assert_eq!((train.zero_point(), train.steps(), train.spike_count()), (-2, 3, 3));
        assert_eq!(Coding::Binary.encode(&[2, 1]).zero_point(), 0);
    }

    proptest! {
        #[test]
        fn every_coding_decodes_to_the_counts_it_encoded(counts in counts()) {
            for coding in Coding::ALL {
                let train = coding.encode(&counts);
                prop_assert_eq!(train.decode(train.spikes()), counts.clone(), "{}", coding);
            }
        }

        #[test]
        fn spikes_are_counted_without_walking_and_come_in_order_of_time(counts in counts()) {
            for coding in Coding::ALL {
                let train = coding.encode(&counts);
                let spikes: Vec<_> = train.spikes().collect();
                prop_assert_eq!(train.spike_count(), spikes.len() as u64);
                prop_assert!(spikes.windows(2).all(|p| (p[0].step, p[0].neuron) < (p[1].step, p[1].neuron)));
                prop_assert!(spikes.iter().all(|s| s.step < train.steps()));
            }
        }

        #[test]
        fn bitwise_codings_use_one_step_less_only_if_the_counts_fit(top in 1i32..100_000) {
            let steps = Coding::BitwiseSigned.encode(&[-top]).steps();
            prop_assert!(top < 1 << steps && top >= 1 << (steps - 1));
            prop_assert_eq!(Coding::TwosComplement.encode(&[top]).steps(), (steps + 1).max(2));
        }
    }
}
