//! The state of linear attention with gates, one key-value head of size K, in chunks of tokens:
//!
//! ```text
//! S_t = diag(g_t) S_{t-1} + k_t^T v_t        o_t = q_t S_t
//! ```
//!
//! Token after token, S (`[K, K]`, more than the nearest cache) is gone through once to move it on and once for each query. In
//! chunks (Yang, Wang, Shen, Panda & Kim 2024, "Gated linear attention transformers with hardware-efficient training",
//! section 4) it stands still for [`CHUNK`] tokens. With S_0 at the start of the chunk, F_t the product of the gates up to t,
//! and D_ts = k_s times the gates after s up to t, all elementwise,
//!
//! ```text
//! o_t = (q_t F_t) S_0 + sum_{s <= t} (q_t . D_ts) v_s        S_0 <- diag(F) S_0 + D^T V    at the end of the chunk
//! ```
//!
//! which are two products of matrices. The factors F and D are kept by multiplying with each gate, as the recurrence does, and
//! not as quotients of exponentials, so none overflows, whatever the gates are. A chunk ends after every [`CHUNK`] tokens of
//! the text, also when the text comes in pieces: what lies between is part of the state, and no bit depends on the pieces.

use crate::error::SimError;
use crate::state::LayerState;
use multiversion::multiversion;

/// Tokens that S stands still for.
const CHUNK: usize = 16;
/// Rows and columns of a product that are summed side by side, in registers.
const ROWS: usize = 6;
const COLUMNS: usize = 16;

/// What a layer remembers: its key-value heads.
#[derive(Debug, Clone)]
pub(super) struct LinearState {
    size: usize,
    heads: Vec<HeadState>,
}

/// What a key-value head remembers.
#[derive(Debug, Clone)]
pub(super) struct HeadState {
    size: usize,
    /// S before the chunk, `[K, K]`.
    matrix: Vec<f32>,
    /// F, `[K]`.
    forget: Vec<f32>,
    /// D, `[tokens of the chunk, K]`.
    keys: Vec<f32>,
    /// V, `[tokens of the chunk, K]`.
    values: Vec<f32>,
}

/// What a key-value head is given, feature maps and the scale of queries applied.
#[derive(Debug, Default)]
pub(super) struct HeadInput {
    /// g, `[tokens, K]`.
    pub(super) gates: Vec<f32>,
    /// `[tokens, K]`.
    pub(super) keys: Vec<f32>,
    /// `[tokens, K]`.
    pub(super) values: Vec<f32>,
    /// `[tokens, query heads, K]`.
    pub(super) queries: Vec<f32>,
}

/// Queries against a chunk: the rows of a product with S_0 and V one below the other.
#[derive(Debug, Default)]
struct Questions {
    /// q F, `[queries, K]`.
    to_matrix: Vec<f32>,
    /// q . D, `[queries, CHUNK]`, zero for tokens to come.
    to_values: Vec<f32>,
}

impl LinearState {
    pub(super) fn new(kv_heads: usize, size: usize) -> Self {
        Self { size, heads: vec![HeadState::new(size); kv_heads] }
    }

    pub(super) fn heads_mut(&mut self) -> &mut [HeadState] {
        &mut self.heads
    }

    pub(super) fn save(&self, into: &mut LayerState) {
        let (heads, size, tokens) =
            (self.heads.len(), self.size, self.heads.first().map_or(0, HeadState::tokens));
        let all = |of: fn(&HeadState) -> &[f32]| self.heads.iter().flat_map(of).copied().collect::<Vec<_>>();
        into.put("linear.state", &[heads, size, size], all(|head| &head.matrix));
        into.put("linear.forget", &[heads, size], all(|head| &head.forget));
        into.put("linear.keys", &[heads, tokens, size], all(|head| &head.keys));
        into.put("linear.values", &[heads, tokens, size], all(|head| &head.values));
    }

    pub(super) fn restore(saved: &LayerState, kv_heads: usize, size: usize) -> Result<Self, SimError> {
        let tokens = match saved.shape("linear.keys")? {
            [_, tokens, _] if *tokens < CHUNK => *tokens,
            _ => CHUNK - 1,
        };
        let matrices = saved.get("linear.state", &[kv_heads, size, size])?;
        let forget = saved.get("linear.forget", &[kv_heads, size])?;
        let keys = saved.get("linear.keys", &[kv_heads, tokens, size])?;
        let values = saved.get("linear.values", &[kv_heads, tokens, size])?;
        let of = |numbers: &[f32], head: usize| {
            let length = numbers.len() / kv_heads;
            numbers[head * length..(head + 1) * length].to_vec()
        };
        let head = |head| HeadState {
            size,
            matrix: of(matrices, head),
            forget: of(forget, head),
            keys: of(keys, head),
            values: of(values, head),
        };
        Ok(Self { size, heads: (0..kv_heads).map(head).collect() })
    }
}

impl HeadState {
    fn new(size: usize) -> Self {
        let (keys, values) = (Vec::new(), Vec::new());
        Self { size, matrix: vec![0.0; size * size], forget: vec![1.0; size], keys, values }
    }

    /// Each query against the state after its token: `[tokens, query heads, K]`.
    pub(super) fn read_as_it_moves(&mut self, input: &HeadInput) -> Vec<f32> {
        let mut out = vec![0.0; input.queries.len()];
        let of_token = input.queries.len() / input.tokens(self.size).max(1);
        let mut questions = Questions::default();
        let mut answered = 0;
        for (token, queries) in input.queries.chunks_exact(of_token.max(1)).enumerate() {
            self.remember(input, token);
            questions.ask(self, queries);
            if self.tokens() == CHUNK || (token + 1) * of_token == input.queries.len() {
                let asked = questions.to_matrix.len();
                self.answer(&mut questions, &mut out[answered..answered + asked]);
                answered += asked;
            }
            self.end_full_chunk();
        }
        out
    }

    /// All queries against the state after the last token: `[tokens, query heads, K]`.
    pub(super) fn read_at_the_end(&mut self, input: &HeadInput) -> Vec<f32> {
        for token in 0..input.tokens(self.size) {
            self.remember(input, token);
            self.end_full_chunk();
        }
        let mut out = vec![0.0; input.queries.len()];
        let mut questions = Questions::default();
        questions.ask(self, &input.queries);
        self.answer(&mut questions, &mut out);
        out
    }

    /// Tokens of the chunk so far.
    fn tokens(&self) -> usize {
        self.keys.len() / self.size
    }

    fn remember(&mut self, input: &HeadInput, token: usize) {
        let own = token * self.size..(token + 1) * self.size;
        let gates = &input.gates[own.clone()];
        for decaying in self.keys.chunks_exact_mut(self.size) {
            decaying.iter_mut().zip(gates).for_each(|(d, g)| *d *= g);
        }
        self.forget.iter_mut().zip(gates).for_each(|(f, g)| *f *= g);
        self.keys.extend_from_slice(&input.keys[own.clone()]);
        self.values.extend_from_slice(&input.values[own]);
    }

    /// Adds the products of the questions to `out` and forgets the questions.
    fn answer(&self, questions: &mut Questions, out: &mut [f32]) {
        add_product(&questions.to_matrix, self.size, &self.matrix, out);
        add_product(&questions.to_values, CHUNK, &self.values, out);
        questions.to_matrix.clear();
        questions.to_values.clear();
    }

    fn end_full_chunk(&mut self) {
        if self.tokens() < CHUNK {
            return;
        }
        for (row, f) in self.matrix.chunks_exact_mut(self.size).zip(&mut self.forget) {
            row.iter_mut().for_each(|s| *s *= *f);
            *f = 1.0;
        }
        let mut across = vec![0.0; self.keys.len()];
        for (token, key) in self.keys.chunks_exact(self.size).enumerate() {
            across.iter_mut().skip(token).step_by(CHUNK).zip(key).for_each(|(a, k)| *a = *k);
        }
        add_product(&across, CHUNK, &self.values, &mut self.matrix);
        self.keys.clear();
        self.values.clear();
    }
}

impl HeadInput {
    fn tokens(&self, size: usize) -> usize {
        self.keys.len() / size
    }
}

impl Questions {
    fn ask(&mut self, state: &HeadState, queries: &[f32]) {
        for query in queries.chunks_exact(state.size) {
            self.to_matrix.extend(query.iter().zip(&state.forget).map(|(q, f)| q * f));
            let scores = state.keys.chunks_exact(state.size).map(|key| dot(query, key));
            self.to_values.extend(scores.chain(std::iter::repeat(0.0)).take(CHUNK));
        }
    }
}

/// The sum of products, in sixteen sums side by side.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; COLUMNS];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<COLUMNS>(), b.as_chunks::<COLUMNS>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// `out[r, j] += sum_i a[r, i] b[i, j]` with `a` `[rows, inner]`; inner rows that `b` lacks count as zeros. Each sum runs over i
/// in order, however many rows there are.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn add_product(a: &[f32], inner: usize, b: &[f32], out: &mut [f32]) {
    let rows = a.len() / inner.max(1);
    let width = out.len() / rows.max(1);
    for column in (0..width).step_by(COLUMNS) {
        for row in (0..rows).step_by(ROWS) {
            let (a, out) = (&a[row * inner..], &mut out[row * width + column..]);
            let b = b.get(column..).unwrap_or_default();
            let height = ROWS.min(rows - row);
            match (width - column >= COLUMNS, height) {
                (true, 1) => add_tile::<1>(a, inner, b, width, out),
                (true, 2) => add_tile::<2>(a, inner, b, width, out),
                (true, 3) => add_tile::<3>(a, inner, b, width, out),
                (true, 4) => add_tile::<4>(a, inner, b, width, out),
                (true, 5) => add_tile::<5>(a, inner, b, width, out),
                (true, _) => add_tile::<ROWS>(a, inner, b, width, out),
                (false, _) => {
                    for (a, out) in a.chunks_exact(inner).zip(out.chunks_mut(width)).take(height) {
                        add_edge(a, b, width, &mut out[..width - column]);
                    }
                }
            }
        }
    }
}

/// A tile of R rows and [`COLUMNS`] columns.
#[inline(always)]
fn add_tile<const R: usize>(a: &[f32], inner: usize, b: &[f32], width: usize, out: &mut [f32]) {
    let mut sums = [[0.0; COLUMNS]; R];
    for (row, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&out[row * width..][..COLUMNS]);
    }
    let a: [&[f32]; R] = std::array::from_fn(|row| &a[row * inner..][..inner]);
    for (i, b) in (0..inner).zip(b.chunks(width)) {
        let Some(b) = b.first_chunk::<COLUMNS>() else { break };
        for (a, sums) in a.iter().zip(&mut sums) {
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a[i] * b;
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        out[row * width..][..COLUMNS].copy_from_slice(sums);
    }
}

/// Columns that fill no tile.
#[inline(always)]
fn add_edge(a: &[f32], b: &[f32], width: usize, out: &mut [f32]) {
    for (a, b) in a.iter().zip(b.chunks(width)) {
        for (sum, b) in out.iter_mut().zip(b) {
            *sum += a * b;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The recurrence in double precision, token after token: S and what each query reads.
    fn recurrence(input: &HeadInput, size: usize, heads: usize) -> (Vec<f64>, Vec<f64>) {
        let mut state = vec![0.0f64; size * size];
        let mut out = Vec::new();
        for token in 0..input.keys.len() / size {
            let at = |numbers: &[f32], i: usize| f64::from(numbers[token * size + i]);
            for i in 0..size {
                for j in 0..size {
                    let s = &mut state[i * size + j];
                    *s = at(&input.gates, i) * *s + at(&input.keys, i) * at(&input.values, j);
                }
            }
            for head in 0..heads {
                let query = &input.queries[(token * heads + head) * size..][..size];
                out.extend(
                    (0..size)
                        .map(|j| (0..size).map(|i| f64::from(query[i]) * state[i * size + j]).sum::<f64>()),
                );
            }
        }
        (state, out)
    }

    fn inputs() -> impl Strategy<Value = (HeadInput, usize, usize)> {
        let shape = (1..=70usize, 1..=4usize, prop_oneof![Just(3usize), Just(16), Just(32), Just(40)]);
        shape.prop_flat_map(|(tokens, heads, size)| {
            let n = tokens * size;
            // Gates of 0 and of 1, and far below the least exponent of a chunk's product, are among them.
            let gate = prop_oneof![Just(0.0f32), Just(1.0), 1e-30f32..1e-20, 0.0f32..1.0];
            let gates = prop::collection::vec(gate, n);
            let keys = prop::collection::vec(0.0f32..2.0, n);
            let values = prop::collection::vec(-2.0f32..2.0, n);
            let queries = prop::collection::vec(0.0f32..1.0, n * heads);
            (gates, keys, values, queries).prop_map(move |(gates, keys, values, queries)| {
                (HeadInput { gates, keys, values, queries }, size, heads)
            })
        })
    }

    fn piece(input: &HeadInput, tokens: std::ops::Range<usize>, size: usize, heads: usize) -> HeadInput {
        let cut = |numbers: &[f32], width: usize| numbers[tokens.start * width..tokens.end * width].to_vec();
        HeadInput {
            gates: cut(&input.gates, size),
            keys: cut(&input.keys, size),
            values: cut(&input.values, size),
            queries: cut(&input.queries, size * heads),
        }
    }

    proptest! {
        #[test]
        fn chunks_give_what_the_recurrence_gives((input, size, heads) in inputs()) {
            let (_, wanted) = recurrence(&input, size, heads);
            let got = HeadState::new(size).read_as_it_moves(&input);
            for (got, wanted) in got.iter().zip(&wanted) {
                prop_assert!((f64::from(*got) - wanted).abs() < 1e-4 * (1.0 + wanted.abs()), "{got} {wanted}");
            }
            let at_the_end = HeadState::new(size).read_at_the_end(&input);
            let last = at_the_end.len() - size * heads;
            for (a, b) in at_the_end[last..].iter().zip(&wanted[last..]) {
                prop_assert!((f64::from(*a) - b).abs() < 1e-4 * (1.0 + b.abs()), "{a} {b}");
            }
        }

        #[test]
        fn no_bit_depends_on_the_pieces_of_the_text(
            (input, size, heads) in inputs(),
            cuts in prop::collection::vec(0.0f64..1.0, 0..6),
        ) {
            let tokens = input.tokens(size);
            let whole = HeadState::new(size).read_as_it_moves(&input);
            let mut ends: Vec<usize> = cuts.iter().map(|cut| (cut * tokens as f64) as usize).collect();
            ends.push(tokens);
            ends.sort_unstable();
            let (mut state, mut out, mut from) = (LinearState::new(1, size), Vec::new(), 0);
            for end in ends {
                out.extend(state.heads_mut()[0].read_as_it_moves(&piece(&input, from..end, size, heads)));
                let mut saved = LayerState::new(0, end as u32);
                state.save(&mut saved);
                state = LinearState::restore(&saved, 1, size).map_err(|e| TestCaseError::fail(e.to_string()))?;
                from = end;
            }
            let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&out), bits(&whole));
        }
    }
}
