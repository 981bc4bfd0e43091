//! Asks for the rows of sources that come next, which lie anywhere in a table larger than the caches, while those of this one are
//! gone through: the processor only foresees the rest of a row that it has begun.

use crate::network::connect::{Delays, Rows, Weights};

/// Sources from one whose place in the table is asked for to the present one.
const PLACES_AHEAD: usize = 16;
/// The same for rows, where these are so short that a row is over before the next has come.
const SHORT_ROWS_AHEAD: usize = 6;
/// Synapses of a short row at most.
const SHORT: usize = 256;

/// The sources of a step, and their rows.
pub(super) struct Prefetch<'a> {
    rows: &'a Rows,
    sources: &'a [u32],
    rows_ahead: usize,
}

impl<'a> Prefetch<'a> {
    pub(super) fn new(rows: &'a Rows, sources: &'a [u32]) -> Self {
        let short = rows.targets.len() < SHORT * rows.first.len();
        Self { rows, sources, rows_ahead: if short { SHORT_ROWS_AHEAD } else { 1 } }
    }

    /// The row of each source, in turn.
    #[inline]
    pub(super) fn rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.sources.iter().enumerate().map(|(number, &source)| {
            self.ask(number);
            self.rows.row(source)
        })
    }

    /// Asks for what comes after source number `number`.
    #[inline]
    fn ask(&self, number: usize) {
        if let Some(&source) = self.sources.get(number + PLACES_AHEAD) {
            let place = source as usize;
            lines(self.rows.first.get(place..place + 1));
        }
        if let Some(&source) = self.sources.get(number + self.rows_ahead) {
            let row = self.rows.row(source);
            lines(self.rows.targets.get(row.clone()));
            if let Weights::Drawn(weights) = &self.rows.weights {
                lines(weights.get(row.clone()));
            }
            if let Delays::Drawn(delays) = &self.rows.delays {
                lines(delays.get(row));
            }
        }
    }
}

/// Asks for the cache lines of `values`.
#[inline]
fn lines<T>(values: Option<&[T]>) {
    const LINE: usize = 64;
    let Some(values) = values else { return };
    #[cfg(target_arch = "x86_64")]
    for place in (0..size_of_val(values)).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = values.as_ptr().cast::<i8>().wrapping_add(place);
        // SAFETY: a hint reads nothing and cannot fault, whatever the address; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, LINE);
}
