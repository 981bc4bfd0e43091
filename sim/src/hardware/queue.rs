//! The event queue: a radix heap over integer times, stable and without comparisons.
//!
//! A simulation never schedules into its past, so its queue may be monotone. Bucket b > 0 holds the events whose time
//! first differs from the time of the last event taken in bit b - 1, counted from the lowest; bucket 0 those of that very
//! time (R. Ahuja, K. Mehlhorn, J. Orlin, R. Tarjan, J. ACM 37(2), 1990). Taking from an empty bucket 0 spreads the lowest
//! bucket in use over those below it, so that an event moves at most 64 times and in practice two or three, always to the
//! end of an array: the cost is that of writing it, where a binary heap compares and swaps along log2(n) places.
//!
//! Events of one time come out in the order in which they went in: they always share a bucket, and moving keeps order.

/// Buckets of a 64-bit time.
const BUCKETS: usize = 65;

/// Events in the order of their times.
#[derive(Debug, Clone)]
pub struct RadixQueue<T> {
    buckets: Vec<Vec<(u64, T)>>,
    /// Events of bucket 0 that were taken already.
    taken: usize,
    /// Time of the last event taken.
    last: u64,
    len: usize,
}

impl<T> Default for RadixQueue<T> {
    fn default() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| Vec::new()).collect(), taken: 0, last: 0, len: 0 }
    }
}

impl<T: Copy> RadixQueue<T> {
    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Schedules an event; one before the last event taken happens at once.
    pub fn push(&mut self, time: u64, event: T) {
        let time = time.max(self.last);
        self.buckets[bucket(time, self.last)].push((time, event));
        self.len += 1;
    }

    /// Takes the earliest event.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        if self.taken == self.buckets[0].len() {
            self.buckets[0].clear();
            self.taken = 0;
            let lowest = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            self.last = self.buckets[lowest].iter().map(|(time, _)| *time).min()?;
            let (below, from) = self.buckets.split_at_mut(lowest);
            for (time, event) in from.first_mut()?.drain(..) {
                below[bucket(time, self.last)].push((time, event));
            }
        }
        let next = self.buckets[0].get(self.taken).copied();
        self.taken += 1;
        self.len -= 1;
        next
    }
}

/// Where an event of `time` belongs: 0 for the last time taken, else the place of the highest bit that differs.
fn bucket(time: u64, last: u64) -> usize {
    (u64::BITS - (time ^ last).leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::RadixQueue;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    proptest! {
        #[test]
        fn events_come_out_as_from_a_stable_binary_heap(steps in prop::collection::vec((0_u64..40, 0_usize..4), 1..300)) {
            let mut queue = RadixQueue::default();
            let mut heap = BinaryHeap::new();
            let (mut now, mut number) = (0, 0_u32);
            for (ahead, pops) in steps {
                let time = now + ahead * ahead;
                queue.push(time, number);
                heap.push(Reverse((time, number)));
                number += 1;
                for _ in 0..pops {
                    let expected = heap.pop().map(|Reverse(event)| event);
                    prop_assert_eq!(queue.pop(), expected);
                    now = expected.map_or(now, |(time, _)| time);
                }
                prop_assert_eq!(queue.len(), heap.len());
            }
            while let Some(Reverse(event)) = heap.pop() {
                prop_assert_eq!(queue.pop(), Some(event));
            }
            prop_assert_eq!(queue.pop(), None);
            prop_assert!(queue.is_empty());
        }
    }

    #[test]
    fn an_event_of_the_past_happens_at_once() {
        let mut queue = RadixQueue::default();
        queue.push(7, 'a');
        assert_eq!(queue.pop(), Some((7, 'a')));
        queue.push(3, 'b');
        assert_eq!(queue.pop(), Some((7, 'b')));
    }
}
