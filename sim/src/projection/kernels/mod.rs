//! Integer kernels of the two engines, one file for each instruction set, chosen at run time.
//!
//! Both kernels sum the products of INT8 weights and spike counts in -127..=127 over the channels of one group. Sums wrap, so
//! every instruction set gives the integers of [`portable`], the safe twin that the tests compare with.
//!
//! ```text
//! event      acc[o]    = sum over active channels i of W[i, o] s[i]          one token, weights read where they lie
//! collapsed  acc[t, o] = sum over channels i of W[i, o] s[t, i]              many tokens, weights packed once
//! ```

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

/// Outputs of a packed tile.
pub(super) const TILE_OUTPUTS: usize = 64;
/// Channels that the packed order keeps together.
pub(super) const QUAD: usize = 4;

/// Largest count that the kernels take; what is beyond is added apart.
pub(super) const LARGEST: i32 = 127;

/// An active channel of a token: its row of the group, and its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) row: u32,
    pub(super) count: i8,
}

/// Rows of weights, `stride` apart: the channels of a group, from the first output of a block on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) weights: &'a [i8],
    pub(super) stride: usize,
}

impl<'a> Rows<'a> {
    /// The first `outputs` weights of a row.
    pub(super) fn row(&self, row: usize, outputs: usize) -> &'a [i8] {
        &self.weights[row * self.stride..][..outputs]
    }
}

/// Counts `[tokens, stride]` of a group, padded with zeros to whole quads, with their sum and their largest magnitude by token.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenCounts<'a> {
    pub(super) counts: &'a [i8],
    pub(super) stride: usize,
    pub(super) sums: &'a [i32],
    pub(super) largest: &'a [u8],
}

impl<'a> TokenCounts<'a> {
    /// The counts of token `t` in the first `quads` quads.
    fn of(&self, t: usize, quads: usize) -> &'a [i8] {
        &self.counts[t * self.stride..][..quads * QUAD]
    }
}

/// Bytes that memory hands over at once.
pub(super) const LINE: usize = 64;

/// Asks for the line of the first of `weights`, which are needed soon: memory is slow to start on rows that lie far apart.
#[inline]
pub(super) fn prefetch(weights: &[i8]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint that reads nothing; every x86-64 has it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(weights.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = weights;
}

/// The kernels of an instruction set that this machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kernel(InstructionSet);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InstructionSet {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Kernel {
    /// The fastest of this machine.
    pub(super) fn best() -> Self {
        Self::available().last().unwrap_or(Self(InstructionSet::Portable))
    }

    /// All that this machine can run, the fastest last.
    pub(super) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let sets = [
            (InstructionSet::Portable, true),
            (InstructionSet::Avx2, is_x86_feature_detected!("avx2")),
            (
                InstructionSet::Vnni,
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni"),
            ),
        ];
        #[cfg(target_arch = "aarch64")]
        let sets = [
            (InstructionSet::Portable, true),
            (InstructionSet::Neon, std::arch::is_aarch64_feature_detected!("neon")),
        ];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let sets = [(InstructionSet::Portable, true)];
        sets.into_iter().filter(|(_, there)| *there).map(|(set, _)| Self(set))
    }

    /// Writes the sums over the `active` channels to `acc`, one an output.
    ///
    /// # Panics
    /// If an active row does not have as many weights as there are outputs.
    pub(super) fn event(self, rows: Rows<'_>, active: &[Active], acc: &mut [i32]) {
        let last = active.iter().map(|a| a.row).max().unwrap_or(0) as usize;
        assert!(
            active.is_empty() || last * rows.stride + acc.len() <= rows.weights.len(),
            "row {last} of outputs"
        );
        match self.0 {
            InstructionSet::Portable => portable::event(rows, active, acc),
            // SAFETY: the set was found on this machine, and every active row holds a weight for each output.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::event(rows, active, acc) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Vnni => unsafe { vnni::event(rows, active, acc) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { neon::event(rows, active, acc) },
        }
    }

    /// Packs four rows of [`TILE_OUTPUTS`] weights into the order that [`Self::multiply`] of the same set reads.
    pub(super) fn pack(self, rows: [&[i8; TILE_OUTPUTS]; QUAD], quad: &mut [i8; QUAD * TILE_OUTPUTS]) {
        match self.0 {
            InstructionSet::Portable => portable::pack(rows, quad),
            // SAFETY: the set was found on this machine.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::pack(rows, quad) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Vnni => unsafe { vnni::pack(rows, quad) },
            // NEON reads the portable order.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => portable::pack(rows, quad),
        }
    }

    /// Writes the sums of every token over the channels of a packed `tile` to `acc`, `[tokens, TILE_OUTPUTS]`.
    ///
    /// # Panics
    /// If there are fewer counts than the tile has channels, or no sum or largest count for a token.
    pub(super) fn multiply(
        self,
        tile: &[[i8; QUAD * TILE_OUTPUTS]],
        counts: TokenCounts<'_>,
        acc: &mut [[i32; TILE_OUTPUTS]],
    ) {
        let needed = acc.len().saturating_sub(1) * counts.stride + tile.len() * QUAD;
        assert!(acc.is_empty() || counts.counts.len() >= needed, "a count for each channel and token");
        assert!(counts.sums.len() >= acc.len(), "a sum for each token");
        assert!(counts.largest.len() >= acc.len(), "a largest count for each token");
        match self.0 {
            InstructionSet::Portable => portable::multiply(tile, counts, acc),
            // SAFETY: the set was found on this machine, and there is a count for every token and packed channel.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { avx2::multiply(tile, counts, acc) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Vnni => unsafe { vnni::multiply(tile, counts, acc) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => unsafe { neon::multiply(tile, counts, acc) },
        }
    }
}

#[cfg(test)]
mod tests;
