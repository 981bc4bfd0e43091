//! What travels along an edge in one step: all values, and which are not zero.

/// Values of one node's output.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signal {
    /// Every value.
    pub(super) values: Vec<f32>,
    /// Indices of those that are not zero, ascending.
    pub(super) active: Vec<u32>,
}

impl Signal {
    /// Zeros.
    pub(super) fn zeros(size: usize) -> Self {
        Self { values: vec![0.0; size], active: Vec::new() }
    }

    /// Sets all values to zero.
    pub(super) fn clear(&mut self) {
        for index in self.active.drain(..) {
            self.values[index as usize] = 0.0;
        }
    }

    /// Finds which values are not zero, after they were written directly.
    pub(super) fn rescan(&mut self) {
        self.active.clear();
        self.active
            .extend((0..).zip(&self.values).filter(|(_, value)| **value != 0.0).map(|(index, _)| index));
    }

    /// Takes the values of another signal of the same size.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.clear();
        for &index in &other.active {
            self.values[index as usize] = other.values[index as usize];
        }
        self.active.extend_from_slice(&other.active);
    }

    /// The values that are not zero, with their indices, ascending.
    pub(super) fn events(&self) -> impl Iterator<Item = (usize, f32)> {
        self.active.iter().map(|&index| (index as usize, self.values[index as usize]))
    }

    /// Whether every value is -1, 0 or 1, so that a weight is added and not multiplied.
    pub(super) fn is_ternary(&self) -> bool {
        self.events().all(|(_, value)| value.abs() == 1.0)
    }
}
