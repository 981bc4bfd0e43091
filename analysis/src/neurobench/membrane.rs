//! Membrane updates, what arrives told apart from mere decay.

/// Updates of membrane potentials, in exact integers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MembraneUpdates {
    /// Membranes set at the first step: one for each neuron.
    pub first: u64,
    /// Membranes that changed at a later step and had received a spike or current, or were reset.
    pub event: u64,
    /// Membranes that changed at a later step without any: they leaked.
    pub decay: u64,
}

impl MembraneUpdates {
    /// One step of neurons: `before` and `after` are their membranes (of the same length), `driven` tells which received input
    /// or were reset. At the first step `before` is `None`.
    pub fn observe(&mut self, before: Option<&[f32]>, after: &[f32], driven: &[bool]) {
        let Some(before) = before else {
            self.first += after.len() as u64;
            return;
        };
        for ((before, after), driven) in before.iter().zip(after).zip(driven) {
            match (before != after, driven) {
                (true, true) => self.event += 1,
                (true, false) => self.decay += 1,
                (false, _) => {}
            }
        }
    }

    /// NeuroBench's figure: all of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.first + self.event + self.decay
    }
}
