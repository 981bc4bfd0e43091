//! Where ranks meet that share out a network: processes of which each has some partitions of the targets, with all synapses onto
//! them.
//!
//! A rank builds its own synapses only, so memory is shared out too. Ranks meet once while they build, and once a window: each tells
//! all others who fired. Rank 0 also hears of recorded values and of the state when it is saved. How bytes go from one to the other
//! is not known here; [`Alone`] is the one process that needs to tell nobody.

use super::observer::ObserverError;

/// Ranks, numbered from 0, that share out a network. All call the same methods in the same order.
pub trait Meeting {
    /// The number of this rank.
    fn rank(&self) -> usize;

    /// How many there are.
    fn ranks(&self) -> usize;

    /// What each rank brings, in order of the ranks, told to all.
    ///
    /// # Errors
    /// Ends the run.
    fn share(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError>;

    /// What each rank brings, in order of the ranks, told to rank 0; nothing on the others.
    ///
    /// # Errors
    /// Ends the run.
    fn gather(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError>;
}

/// The only rank.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Meeting for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn ranks(&self) -> usize {
        1
    }

    fn share(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError> {
        Ok(vec![own])
    }

    fn gather(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError> {
        Ok(vec![own])
    }
}
