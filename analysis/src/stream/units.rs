//! Numbers of units as they come, and their places in order of appearance.

use std::collections::HashMap;

/// Unit numbers from 0 to here are looked up in a list, others in a hash map.
const LISTED: usize = 1 << 20;

/// No unit yet.
const UNSEEN: u32 = u32::MAX;

/// Gives each unit the next free place at its first spike.
#[derive(Debug, Default)]
pub(super) struct Units {
    ids: Vec<i64>,
    listed: Vec<u32>,
    others: HashMap<i64, u32>,
}

impl Units {
    /// The place of a unit.
    #[inline]
    pub(super) fn place(&mut self, id: i64) -> u32 {
        match usize::try_from(id) {
            Ok(number) if number < LISTED => {
                if number >= self.listed.len() {
                    self.listed.resize(number + 1, UNSEEN);
                }
                if self.listed[number] == UNSEEN {
                    self.listed[number] = self.ids.len() as u32;
                    self.ids.push(id);
                }
                self.listed[number]
            }
            _ => *self.others.entry(id).or_insert_with(|| {
                self.ids.push(id);
                self.ids.len() as u32 - 1
            }),
        }
    }

    /// Number of units so far.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The units by number: their numbers and their places.
    pub(super) fn sorted(&self) -> (Vec<i64>, Vec<usize>) {
        let mut places: Vec<usize> = (0..self.ids.len()).collect();
        places.sort_unstable_by_key(|&place| self.ids[place]);
        (places.iter().map(|&place| self.ids[place]).collect(), places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_keep_their_place_whatever_their_number() {
        let mut units = Units::default();
        let ids = [7, -3, 1 << 40, 7, -3, 0];
        assert_eq!(ids.map(|id| units.place(id)), [0, 1, 2, 0, 1, 3]);
        assert_eq!(units.sorted(), (vec![-3, 0, 7, 1 << 40], vec![1, 3, 0, 2]));
    }
}
