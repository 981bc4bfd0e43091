//! Counter-based random numbers: a number is a function of the seed, what it is for, and where it is used, so that no
//! network, order of building or number of threads changes what a synapse or a neuron draws.
//!
//! Philox 4x32 (Salmon, Moraes, Dror & Shaw 2011, SC'11, "Parallel random numbers: as easy as 1, 2, 3"): four words of 32 bits
//! for a counter of four words and a key of two. Ten rounds build networks; seven, which the authors find to pass BigCrush too,
//! drive neurons at every step.

use multiversion::multiversion;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// One block of Philox.
fn philox<const ROUNDS: usize>(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let a = u64::from(counter[0]) * u64::from(MULTIPLIERS[0]);
        let b = u64::from(counter[2]) * u64::from(MULTIPLIERS[1]);
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// What random numbers are drawn for; each use has numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Use {
    /// Who is connected with whom.
    Connections = 1,
    /// Weights of synapses.
    Weights = 2,
    /// Delays of synapses.
    Delays = 3,
    /// State and parameters of neurons.
    Neurons = 4,
    /// Spikes of independent Poisson drives, step by step.
    Drive = 5,
    /// Times of these spikes, event by event.
    Arrivals = 6,
    /// Spikes of source populations.
    Sources = 7,
}

/// The key of one use of one seed, for object number `object` (a projection, a population, a drive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u32; 2]);

impl Key {
    pub(crate) fn new(seed: u64, what: Use, object: u32) -> Self {
        let [a, b, _, _] = philox::<10>([seed as u32, (seed >> 32) as u32, what as u32, object], [0, 0]);
        Self([a, b])
    }

    /// A stream of numbers for element `index` (a neuron) of the object.
    pub(crate) fn stream(self, index: u64) -> Stream {
        Stream { key: self.0, index, block: 0, words: [0; STOCK], next: STOCK }
    }
}

/// Numbers drawn one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    key: [u32; 2],
    index: u64,
    /// Next block of Philox.
    block: u64,
    /// Words of the blocks before it.
    words: [u32; STOCK],
    next: usize,
}

/// Blocks of Philox that are drawn together, and their words.
const LANES: usize = 8;
const STOCK: usize = 4 * LANES;

impl Stream {
    /// Uniform over 32 bits.
    #[inline]
    pub(crate) fn word(&mut self) -> u32 {
        if self.next >= STOCK {
            stock(self.key, self.index, self.block, &mut self.words);
            self.block += LANES as u64;
            self.next = 0;
        }
        self.next += 1;
        self.words[self.next - 1]
    }

    /// Words that were drawn.
    pub(crate) fn drawn(&self) -> u64 {
        4 * self.block - (STOCK - self.next) as u64
    }

    /// Goes to where `drawn` words were drawn.
    pub(crate) fn skip_to(&mut self, drawn: u64) {
        (self.block, self.next) = (drawn / 4, STOCK);
        for _ in 0..drawn % 4 {
            self.word();
        }
    }

    /// Uniform in 0..n for n above 0, without bias (Lemire 2019).
    #[inline]
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let mut product = u64::from(self.word()) * u64::from(n);
        if (product as u32) < n {
            let least = n.wrapping_neg() % n;
            while (product as u32) < least {
                product = u64::from(self.word()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }

    /// Uniform in (0, 1], in steps of 2^-53.
    #[inline]
    pub(crate) fn uniform(&mut self) -> f64 {
        let bits = u64::from(self.word()) << 32 | u64::from(self.word());
        ((bits >> 11) + 1) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Exponential of mean 1.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Normal of mean 0 and standard deviation 1 (Box & Muller 1958).
    #[inline]
    pub(crate) fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// The words of [`LANES`] blocks of a stream from `block` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
fn stock(key: [u32; 2], index: u64, block: u64, words: &mut [u32; STOCK]) {
    let blocks: [u64; LANES] = std::array::from_fn(|lane| block + lane as u64);
    let (low, high) = (blocks.map(|block| block as u32), blocks.map(|block| (block >> 32) as u32));
    let counter = [low, high, [index as u32; LANES], [(index >> 32) as u32; LANES]];
    let counter = philox_lanes::<10, LANES>(counter, key);
    for (lane, words) in words.chunks_exact_mut(4).enumerate() {
        words.iter_mut().zip(&counter).for_each(|(word, part)| *word = part[lane]);
    }
}

/// Blocks of Philox side by side.
#[inline(always)]
fn philox_lanes<const ROUNDS: usize, const LANES: usize>(
    mut counter: [[u32; LANES]; 4],
    mut key: [u32; 2],
) -> [[u32; LANES]; 4] {
    for _ in 0..ROUNDS {
        let mut next = [[0u32; LANES]; 4];
        for lane in 0..LANES {
            let a = u64::from(counter[0][lane]) * u64::from(MULTIPLIERS[0]);
            let b = u64::from(counter[2][lane]) * u64::from(MULTIPLIERS[1]);
            next[0][lane] = (b >> 32) as u32 ^ counter[1][lane] ^ key[0];
            next[1][lane] = b as u32;
            next[2][lane] = (a >> 32) as u32 ^ counter[3][lane] ^ key[1];
            next[3][lane] = a as u32;
        }
        counter = next;
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// Neurons of a block of [`words`].
pub(crate) const BLOCK: usize = 64;

/// Fills a block of words, uniform over 32 bits, for the neurons `64 block ..` at `step`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2"))]
pub(crate) fn words(key: Key, block: u32, step: u64, words: &mut [u32; BLOCK]) {
    const LANES: usize = BLOCK / 4;
    let mut counter = [[0u32; LANES]; 4];
    for (lane, counter) in (0..).zip(&mut counter[0]) {
        *counter = block.wrapping_mul(LANES as u32).wrapping_add(lane);
    }
    counter[1] = [0; LANES];
    counter[2] = [step as u32; LANES];
    counter[3] = [(step >> 32) as u32; LANES];
    let counter = philox_lanes::<7, LANES>(counter, key.0);
    for (part, counter) in words.chunks_exact_mut(LANES).zip(&counter) {
        part.copy_from_slice(counter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors ship with Random123.
    #[test]
    fn philox_gives_the_known_answers() {
        let zero = philox::<10>([0; 4], [0; 2]);
        assert_eq!(zero, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = philox::<10>([u32::MAX; 4], [u32::MAX; 2]);
        assert_eq!(ones, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let seven = philox::<7>([0; 4], [0; 2]);
        assert_eq!(seven, [0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48]);
    }

    #[test]
    fn a_block_of_words_is_philox_of_each_counter() {
        let key = Key::new(7, Use::Drive, 3);
        let mut block = [0; BLOCK];
        words(key, 5, 1 << 40, &mut block);
        for lane in 0..16u32 {
            let expected = philox::<7>([5 * 16 + lane, 0, 0, 1 << 8], key.0);
            for (part, word) in expected.iter().enumerate() {
                assert_eq!(block[part * 16 + lane as usize], *word);
            }
        }
    }

    #[test]
    fn a_stream_goes_on_from_any_word() {
        let new = || Key::new(3, Use::Arrivals, 1).stream(5);
        let mut whole = new();
        let words: Vec<u32> = (0..20).map(|_| whole.word()).collect();
        for from in 0..20 {
            let mut stream = new();
            stream.skip_to(from);
            assert_eq!((stream.drawn(), stream.word()), (from, words[from as usize]));
        }
    }

    #[test]
    fn a_stream_is_philox_of_one_counter_after_the_other() {
        let key = Key::new(7, Use::Weights, 3);
        let mut stream = key.stream(5 << 32 | 2);
        for block in 0..20 {
            let words = [(); 4].map(|()| stream.word());
            assert_eq!(words, philox::<10>([block, 0, 2, 5], key.0), "{block}");
        }
    }

    #[test]
    fn draws_below_n_fall_evenly() {
        let mut stream = Key::new(1, Use::Connections, 0).stream(9);
        let mut counts = [0u32; 7];
        (0..70_000).for_each(|_| counts[stream.below(7) as usize] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 500), "{counts:?}");
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut stream = Key::new(1, Use::Weights, 0).stream(0);
        let draws: Vec<f64> = (0..100_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.012 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
