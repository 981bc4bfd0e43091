//! Ranks that are processes started by `mpirun` or `srun`, on one machine or many.
//!
//! Messages are sent buffered, so that a rank computes on while its chunk is under way. Who waits looks for a message and
//! sleeps in between, and leaves its cores to the others meanwhile: MPI itself would wait at full speed. That is what ranks do that
//! share out a network, for they meet many thousand times a second.

use super::ranks::{IN_FLIGHT, RankError, Ranks};
use crate::sim::network::{Meeting, ObserverError};
use mpi::Threading;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Source};
use std::cell::RefCell;
use std::time::Duration;

/// Bytes that MPI needs to buffer a message, beside the message; Open MPI and MPICH take fewer than 200.
const OVERHEAD: usize = 1024;
/// Bytes of the largest buffer that MPI takes.
const LARGEST_BUFFER: usize = i32::MAX as usize;
/// Bytes sent in one go.
const PIECE: usize = 1 << 28;
/// How long to sleep between two looks for a message, at first and at most.
const SLEEPS: (Duration, Duration) = (Duration::from_micros(20), Duration::from_millis(1));

/// The ranks of an MPI job.
pub struct World {
    world: SimpleCommunicator,
    /// MPI itself, and the largest message that its buffer was made for. Dropped after the communicator: it ends MPI.
    universe: RefCell<(Universe, usize)>,
}

impl World {
    /// Takes part in the MPI job that started this process; `None` if none did.
    #[must_use]
    pub fn join() -> Option<Self> {
        started_by_mpi().then_some(())?;
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        Some(Self { world: universe.world(), universe: RefCell::new((universe, 0)) })
    }

    /// Ends all ranks at once.
    pub fn abort(&self) -> ! {
        self.world.abort(1)
    }
}

/// Whether `mpirun`, `mpiexec` or `srun` started this process as a rank: Open MPI, MPICH and Slurm say so in these variables.
fn started_by_mpi() -> bool {
    ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE"].iter().any(|name| std::env::var_os(name).is_some())
}

impl Ranks for World {
    fn rank(&self) -> usize {
        self.world.rank().unsigned_abs() as usize
    }

    fn size(&self) -> usize {
        self.world.size().unsigned_abs() as usize
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), RankError> {
        let mut universe = self.universe.borrow_mut();
        if universe.1 < message.len() || universe.1 == 0 {
            // To replace the buffer waits until all in it are sent.
            let room = (message.len() + OVERHEAD).saturating_mul(self.size() + 2 * (IN_FLIGHT + 1));
            universe.0.set_buffer_size(room.min(LARGEST_BUFFER));
            universe.1 = message.len().max(1);
        }
        let to = i32::try_from(to).map_err(|_| RankError::Gone { other: to })?;
        self.world.process_at_rank(to).buffered_send(message);
        Ok(())
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, RankError> {
        let from = i32::try_from(from).map_err(|_| RankError::Gone { other: from })?;
        let source = self.world.process_at_rank(from);
        let mut sleep = SLEEPS.0;
        while source.immediate_probe().is_none() {
            std::thread::sleep(sleep);
            sleep = SLEEPS.1.min(sleep * 2);
        }
        Ok(source.receive_vec().0)
    }
}

impl Meeting for World {
    fn rank(&self) -> usize {
        Ranks::rank(self)
    }

    fn ranks(&self) -> usize {
        self.size()
    }

    fn share(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError> {
        let length = i32::try_from(own.len())?;
        let mut lengths = vec![0i32; self.size()];
        self.world.all_gather_into(&length, &mut lengths[..]);
        let mut end = 0i32;
        let mut starts = Vec::new();
        for length in &lengths {
            starts.push(end);
            end = end.checked_add(*length).ok_or("more than 2 GiB in one meeting")?;
        }
        let mut bytes = vec![0u8; end as usize];
        let mut all = PartitionMut::new(&mut bytes[..], &lengths[..], &starts[..]);
        self.world.all_gather_varcount_into(&own[..], &mut all);
        let of = |(start, length): (&i32, &i32)| bytes[*start as usize..(*start + *length) as usize].to_vec();
        Ok(starts.iter().zip(&lengths).map(of).collect())
    }

    fn gather(&self, own: Vec<u8>) -> Result<Vec<Vec<u8>>, ObserverError> {
        if Ranks::rank(self) > 0 {
            let first = self.world.process_at_rank(0);
            first.send(&(own.len() as u64));
            own.chunks(PIECE).for_each(|piece| first.send(piece));
            return Ok(Vec::new());
        }
        let mut all = vec![own];
        for other in 1..self.world.size() {
            let other = self.world.process_at_rank(other);
            let (length, _) = other.receive::<u64>();
            let mut bytes = vec![0u8; usize::try_from(length)?];
            for piece in bytes.chunks_mut(PIECE) {
                other.receive_into(piece);
            }
            all.push(bytes);
        }
        Ok(all)
    }
}
