//! Events a second through the radix queue, beside a binary heap and beside memory itself: `event_queue [PENDING]...`.
//!
//! The hold model: a queue of so many pending events, from which one is taken and another put in a random time later.
//! The bound is copying as many events (24 bytes each) from one array to another, once: a queue writes and reads each at
//! least once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Instant;
use synfire_sim::hardware::queue::RadixQueue;

const HOLDS: u64 = 4_000_000;

/// A time ahead, from 1 to 2^20, by a linear congruential generator.
fn ahead(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    1 + (*state >> 44)
}

fn rate(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    HOLDS as f64 / start.elapsed().as_secs_f64()
}

fn main() {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if arguments.is_empty() { vec![100, 1_000, 10_000, 100_000, 1_000_000] } else { arguments };
    for pending in sizes {
        let mut state = 1;
        let mut radix = RadixQueue::default();
        let mut heap = BinaryHeap::new();
        for number in 0..pending {
            let time = ahead(&mut state);
            radix.push(time, number);
            heap.push(Reverse((time, number)));
        }
        let radix_hz = rate(|| {
            let mut state = 2;
            for number in 0..HOLDS {
                let Some((time, event)) = radix.pop() else { return };
                radix.push(time + ahead(&mut state), black_box(event) ^ number);
            }
        });
        let heap_hz = rate(|| {
            let mut state = 2;
            for number in 0..HOLDS {
                let Some(Reverse((time, event))) = heap.pop() else { return };
                heap.push(Reverse((time + ahead(&mut state), black_box(event) ^ number)));
            }
        });
        let from = vec![[1_u64; 3]; pending as usize];
        let mut to = vec![[0_u64; 3]; pending as usize];
        let memory_hz = rate(|| {
            for _ in 0..HOLDS / pending {
                to.copy_from_slice(black_box(&from));
                black_box(&mut to);
            }
        });
        println!(
            "{}",
            serde_json::json!({
                "pending": pending, "radix_hz": radix_hz, "binary_heap_hz": heap_hz, "memory_hz": memory_hz,
                "times_faster_than_heap": radix_hz / heap_hz,
            })
        );
    }
}
