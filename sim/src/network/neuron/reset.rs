//! Threshold and reset of integrate-and-fire neurons, after their potentials have moved.

use crate::network::flags::for_each_set;
use crate::network::random::BLOCK;

/// When a neuron fires and what follows; potentials from E_L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reset {
    pub(super) threshold: f64,
    pub(super) potential: f64,
    /// Steps of refractoriness.
    pub(super) refractory: i32,
}

impl Reset {
    /// Ends a step: lets neurons fire, if any of them has `reached` the threshold, and counts refractory steps down. Says whether
    /// `fired` was written. Few blocks have a spike in a step, so that the rest of the work is for those alone.
    #[inline(always)]
    pub(super) fn apply(
        &self,
        reached: bool,
        v: &mut [f64],
        refractory: &mut [i32],
        fired: &mut [u8],
    ) -> bool {
        if reached {
            fired.fill(0);
            let blocks = v.chunks_mut(BLOCK).zip(refractory.chunks_mut(BLOCK)).zip(fired.chunks_mut(BLOCK));
            for ((v, refractory), fired) in blocks {
                if v.iter().fold(0, |any, v| any | u64::from(*v >= self.threshold)) != 0 {
                    self.fire(v, refractory, fired);
                }
            }
        }
        refractory.iter_mut().for_each(|steps| *steps -= i32::from(*steps != 0));
        reached
    }

    #[inline(always)]
    fn fire(&self, v: &mut [f64], refractory: &mut [i32], fired: &mut [u8]) {
        for ((v, refractory), fired) in v.iter().zip(&*refractory).zip(&mut *fired) {
            *fired = u8::from((*refractory == 0) & (*v >= self.threshold));
        }
        for_each_set(fired, |neuron| {
            v[neuron] = self.potential;
            // This step is counted down too.
            refractory[neuron] = self.refractory + 1;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reaches_the_threshold_fires_unless_refractory() {
        let reset = Reset { threshold: 15.0, potential: -1.0, refractory: 3 };
        let mut v = vec![0.0; 2 * BLOCK + 1];
        let (mut refractory, mut fired) = (vec![0; v.len()], vec![7; v.len()]);
        (v[3], v[4], v[2 * BLOCK]) = (15.0, 16.0, 15.5);
        (refractory[4], refractory[5]) = (1, 2);
        assert!(reset.apply(true, &mut v, &mut refractory, &mut fired));
        let ones = |of: &[u8]| (0..of.len()).filter(|i| of[*i] == 1).collect::<Vec<_>>();
        assert_eq!(ones(&fired), [3, 2 * BLOCK]);
        assert_eq!((v[3], v[4], v[2 * BLOCK]), (-1.0, 16.0, -1.0));
        assert_eq!((refractory[3], refractory[4], refractory[5], refractory[6]), (3, 0, 1, 0));
        assert!(!reset.apply(false, &mut v, &mut refractory, &mut fired));
        assert_eq!(refractory[3], 2);
    }
}
