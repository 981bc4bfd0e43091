//! Every instruction set of this machine against plain 64-bit sums, on random shapes.

use super::*;
use proptest::prelude::*;

/// Weights `[rows, stride]` of which `outputs` columns are used, all of INT8.
fn weights() -> impl Strategy<Value = (Vec<i8>, usize, usize, usize)> {
    (1usize..140, 1usize..300, 0usize..70).prop_flat_map(|(rows, outputs, beyond)| {
        let stride = outputs + beyond;
        let values = prop::collection::vec(any::<i8>(), rows * stride);
        values.prop_map(move |values| (values, rows, outputs, stride))
    })
}

fn counts(n: usize) -> impl Strategy<Value = Vec<i8>> {
    prop::collection::vec(
        prop_oneof![2 => Just(0i8), 3 => -127i8..=127, 1 => Just(127i8), 1 => Just(-127i8)],
        n,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn events_sum_to_the_product_on_every_instruction_set(
        ((values, _, outputs, stride), counts) in weights().prop_flat_map(|w| { let rows = w.1; (Just(w), counts(rows)) }),
    ) {
        let active: Vec<Active> = (0u32..)
            .zip(&counts)
            .filter(|(_, count)| **count != 0)
            .map(|(row, count)| Active { row, count: *count })
            .collect();
        let expected: Vec<i64> = (0..outputs)
            .map(|o| counts.iter().enumerate().map(|(i, s)| i64::from(values[i * stride + o]) * i64::from(*s)).sum())
            .collect();
        for kernel in Kernel::available() {
            let mut acc = vec![-1; outputs];
            kernel.event(Rows { weights: &values, stride }, &active, &mut acc);
            prop_assert!(acc.iter().map(|a| i64::from(*a)).eq(expected.iter().copied()), "{:?}", kernel);
        }
    }

    #[test]
    fn packed_tiles_give_the_product_of_every_token_on_every_instruction_set(
        ((quads, tokens), beyond) in ((0usize..34, 0usize..16), 0usize..9),
        largest in prop_oneof![Just(0i8), Just(8), Just(9), Just(16), Just(32), Just(64), Just(65), 0i8..=127],
        extreme in prop::option::of(prop_oneof![Just(i8::MIN), Just(i8::MAX)]),
        seed in any::<u64>(),
    ) {
        use rand::{RngExt, SeedableRng};
        let mut rng = rand_pcg::Pcg64::seed_from_u64(seed);
        let rows: Vec<[i8; TILE_OUTPUTS]> = (0..quads * QUAD).map(|_| std::array::from_fn(|_| extreme.unwrap_or_else(|| rng.random()))).collect();
        let stride = quads * QUAD + beyond;
        // Extremes: all weights alike, and all counts of a token.
        let mut count = |token: usize| match extreme {
            Some(_) => if token.is_multiple_of(2) { largest } else { -largest },
            None => rng.random_range(-largest..=largest),
        };
        let counts: Vec<i8> = (0..tokens * stride).map(|place| count(place / stride)).collect();
        let of = |t: usize| &counts[t * stride..][..quads * QUAD];
        let sums: Vec<i32> = (0..tokens).map(|t| of(t).iter().map(|s| i32::from(*s)).sum()).collect();
        let largest = vec![largest.unsigned_abs(); tokens];
        let product = |t: usize, o: usize| -> i32 {
            of(t).iter().zip(&rows).map(|(s, row)| i32::from(*s) * i32::from(row[o])).sum()
        };
        let expected: Vec<[i32; TILE_OUTPUTS]> =
            (0..tokens).map(|t| std::array::from_fn(|o| product(t, o))).collect();
        for kernel in Kernel::available() {
            let mut tile = vec![[0; QUAD * TILE_OUTPUTS]; quads];
            for (quad, rows) in tile.iter_mut().zip(rows.as_chunks::<QUAD>().0) {
                kernel.pack(rows.each_ref(), quad);
            }
            let mut acc = vec![[-1; TILE_OUTPUTS]; tokens];
            kernel.multiply(&tile, TokenCounts { counts: &counts, stride, sums: &sums, largest: &largest }, &mut acc);
            prop_assert!(acc == expected, "{:?}", kernel);
        }
    }
}

#[test]
fn no_channel_is_active_in_silence() {
    for kernel in Kernel::available() {
        let mut acc = [7; 130];
        kernel.event(Rows { weights: &[], stride: 130 }, &[], &mut acc);
        assert_eq!(acc, [0; 130], "{kernel:?}");
    }
}
