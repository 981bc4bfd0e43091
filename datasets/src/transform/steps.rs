//! Values in steps of equal length, only those that are not zero.

/// What arrives in each step, as indices into a shape and values.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// Time at which the first step starts, in seconds.
    pub start_s: f64,
    /// Length of a step in seconds.
    pub dt_s: f64,
    /// Where each step starts among the events, and the end of the last.
    offsets: Vec<usize>,
    /// Index and value of every event, step by step, ascending within each.
    events: Vec<(u32, f32)>,
}

impl Steps {
    /// No steps yet, from `start_s` in steps of `dt_s` seconds.
    #[must_use]
    pub fn new(start_s: f64, dt_s: f64) -> Self {
        Self { start_s, dt_s, offsets: vec![0], events: Vec::new() }
    }

    /// All values of every step, `size` a step, one behind the other; the first step starts at 0 s. Values that do not
    /// fill a step are left out.
    #[must_use]
    pub fn from_values(dt_s: f64, size: usize, values: &[f32]) -> Self {
        let mut steps = Self::new(0.0, dt_s);
        for step in values.chunks_exact(size.max(1)) {
            steps.push((0..).zip(step.iter().copied()).filter(|(_, value)| *value != 0.0));
        }
        steps
    }

    /// Adds a step of some events: index and value. Events of the same index add up.
    pub fn push(&mut self, events: impl IntoIterator<Item = (u32, f32)>) {
        let first = self.events.len();
        self.events.extend(events);
        let step = &mut self.events[first..];
        if !step.is_sorted_by_key(|(index, _)| *index) {
            step.sort_by_key(|(index, _)| *index);
        }
        let mut kept = first;
        for at in first..self.events.len() {
            if kept > first && self.events[kept - 1].0 == self.events[at].0 {
                self.events[kept - 1].1 += self.events[at].1;
            } else {
                self.events[kept] = self.events[at];
                kept += 1;
            }
        }
        self.events.truncate(kept);
        self.offsets.push(kept);
    }

    /// Number of steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Indices and values of one step, ascending. None beyond the last.
    #[must_use]
    pub fn step(&self, step: usize) -> &[(u32, f32)] {
        match (self.offsets.get(step), self.offsets.get(step + 1)) {
            (Some(&from), Some(&to)) => &self.events[from..to],
            _ => &[],
        }
    }

    /// Values that are not zero, over all steps.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// Time at which a step starts, in seconds.
    #[must_use]
    pub fn time_s(&self, step: usize) -> f64 {
        self.start_s + step as f64 * self.dt_s
    }

    /// Time at which the last step ends, in seconds.
    #[must_use]
    pub fn stop_s(&self) -> f64 {
        self.time_s(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_index_add_up_and_indices_ascend() {
        let mut steps = Steps::new(1.0, 0.5);
        steps.push([(3, 1.0), (1, 2.0), (3, 0.5)]);
        steps.push([]);
        assert_eq!(
            (steps.step(0), steps.step(1), steps.step(2)),
            (&[(1, 2.0), (3, 1.5)][..], &[][..], &[][..])
        );
        assert_eq!((steps.len(), steps.events(), steps.time_s(1), steps.stop_s()), (2, 2, 1.5, 2.0));
    }
}
