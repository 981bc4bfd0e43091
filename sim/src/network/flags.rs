//! Flags of neurons: a byte each, 1 where a neuron fires.

/// Calls `each` with the places of the flags that are set, in ascending order; eight flags are looked at in one.
#[inline(always)]
pub(crate) fn for_each_set(flags: &[u8], mut each: impl FnMut(usize)) {
    let (words, rest) = flags.as_chunks::<8>();
    for (word, flags) in words.iter().enumerate() {
        let mut left = u64::from_le_bytes(*flags);
        while left != 0 {
            each(8 * word + (left.trailing_zeros() / 8) as usize);
            left &= left - 1;
        }
    }
    for (place, _) in rest.iter().enumerate().filter(|(_, flag)| **flag != 0) {
        each(8 * words.len() + place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_flag_that_is_set_is_called_once_in_order(set in prop::collection::vec(any::<bool>(), 0..200)) {
            let flags: Vec<u8> = set.iter().map(|set| u8::from(*set)).collect();
            let mut found = Vec::new();
            for_each_set(&flags, |place| found.push(place));
            prop_assert_eq!(found, (0..set.len()).filter(|place| set[*place]).collect::<Vec<_>>());
        }
    }
}
