//! A barrier for threads that meet many thousand times a second: it spins a little before it gives way.

use std::sync::atomic::{AtomicU32, Ordering};

/// Rounds of spinning before a thread lets others run.
const SPINS: u32 = 1 << 12;

/// Where `threads` threads wait for each other.
#[derive(Debug)]
pub(super) struct Barrier {
    threads: u32,
    arrived: AtomicU32,
    meeting: AtomicU32,
}

impl Barrier {
    pub(super) fn new(threads: u32) -> Self {
        Self { threads, arrived: AtomicU32::new(0), meeting: AtomicU32::new(0) }
    }

    /// Waits until all threads are here.
    pub(super) fn wait(&self) {
        let meeting = self.meeting.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.meeting.store(meeting.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.meeting.load(Ordering::Acquire) == meeting {
            spins += 1;
            if spins < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
    }
}
