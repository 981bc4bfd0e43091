//! Who takes part in a run: one process, or several ranks that send each other bytes.

/// Why a run that is shared out over ranks stopped.
#[derive(Debug, thiserror::Error)]
pub enum RankError {
    /// Only one rank takes part.
    #[error("rank {rank} was to hear from or tell another, but is alone")]
    Alone {
        /// The rank.
        rank: usize,
    },
    /// The other rank is gone.
    #[error("rank {other} is gone; take the run up again from its folder")]
    Gone {
        /// The other rank.
        other: usize,
    },
    /// The residual stream of another number of tokens.
    #[error(
        "rank {from} sent {rows} rows of a chunk of {expected} tokens; do all ranks run the same Synfire and model?"
    )]
    Rows {
        /// Who sent it.
        from: usize,
        /// Rows that came, those of sink tokens included.
        rows: usize,
        /// Tokens of the chunk.
        expected: usize,
    },
    /// What was sent to take part in does not parse.
    #[error(
        "rank {from} sent what this one does not understand ({source}); do all ranks run the same Synfire?"
    )]
    Foreign {
        /// Who sent it.
        from: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// A rank among others, numbered from 0. Messages between two ranks arrive in the order in which they were sent.
pub trait Ranks {
    /// The number of this rank.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Sends `message` to another rank, without waiting until it is received. At most [`IN_FLIGHT`] messages, and one more, to
    /// a rank may be on their way.
    ///
    /// # Errors
    /// [`RankError::Alone`], [`RankError::Gone`].
    fn send(&self, to: usize, message: &[u8]) -> Result<(), RankError>;

    /// Waits for the next message of another rank.
    ///
    /// # Errors
    /// [`RankError::Alone`], [`RankError::Gone`].
    fn receive(&self, from: usize) -> Result<Vec<u8>, RankError>;
}

/// Chunks that may be on their way from one rank to the next: one that it will take up, one in reserve.
pub const IN_FLIGHT: usize = 2;

/// The only rank.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn send(&self, _: usize, _: &[u8]) -> Result<(), RankError> {
        Err(RankError::Alone { rank: 0 })
    }

    fn receive(&self, _: usize) -> Result<Vec<u8>, RankError> {
        Err(RankError::Alone { rank: 0 })
    }
}
