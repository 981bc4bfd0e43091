//! Who runs: this process alone, or the ranks of an MPI job, of which rank 0 speaks.

use super::terminal::Interrupt;
use anyhow::Result;
use serde::{Serialize, de::DeserializeOwned};
use std::path::{Path, PathBuf};
use synfire::run::ranks::{Alone, RankError, Ranks};

/// The ranks of this run.
pub(crate) enum Crew {
    Alone(Alone),
    #[cfg(feature = "mpi")]
    Mpi(Box<synfire::run::mpi::World>),
}

impl Crew {
    /// Everybody who was started together.
    pub(crate) fn join() -> Result<Self> {
        #[cfg(feature = "mpi")]
        if let Some(world) = synfire::run::mpi::World::join() {
            return Ok(Self::Mpi(Box::new(world)));
        }
        #[cfg(not(feature = "mpi"))]
        for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
            let ranks = std::env::var(name).unwrap_or_default();
            if ranks.parse().is_ok_and(|ranks: u32| ranks > 1) {
                anyhow::bail!(
                    "started as {ranks} ranks, but this build leaves MPI out; build with --features mpi"
                );
            }
        }
        Ok(Self::Alone(Alone))
    }

    pub(crate) fn ranks(&self) -> &dyn Ranks {
        match self {
            Self::Alone(alone) => alone,
            #[cfg(feature = "mpi")]
            Self::Mpi(world) => world.as_ref(),
        }
    }

    /// The same ranks, as those who share out a network.
    pub(crate) fn meeting(&self) -> &dyn synfire::sim::network::Meeting {
        match self {
            Self::Alone(_) => &synfire::sim::network::Alone,
            #[cfg(feature = "mpi")]
            Self::Mpi(world) => world.as_ref(),
        }
    }

    pub(crate) fn leads(&self) -> bool {
        self.ranks().rank() == 0
    }

    /// Threads of a rank that shares its machine with others, if nothing else was said.
    pub(crate) fn threads(&self) -> Option<usize> {
        let here: usize = std::env::var("OMPI_COMM_WORLD_LOCAL_SIZE").ok()?.parse().ok()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (self.ranks().size() > 1).then(|| (cores / here.max(1)).max(1))
    }

    /// Tells all others what rank 0 knows.
    pub(crate) fn tell<T: Serialize>(&self, what: &T) -> Result<()> {
        let message = serde_json::to_vec(what)?;
        for other in 1..self.ranks().size() {
            self.ranks().send(other, &message)?;
        }
        Ok(())
    }

    /// What another rank tells.
    pub(crate) fn hear<T: DeserializeOwned>(&self, from: usize) -> Result<T> {
        let message = self.ranks().receive(from)?;
        Ok(serde_json::from_slice(&message).map_err(|source| RankError::Foreign { from, source })?)
    }

    /// The shares of all ranks on rank 0, and `None` on the others.
    pub(crate) fn gather<T: Serialize + DeserializeOwned>(&self, share: T) -> Result<Option<Vec<T>>> {
        if !self.leads() {
            self.ranks().send(0, &serde_json::to_vec(&share)?)?;
            return Ok(None);
        }
        let mut shares = vec![share];
        for other in 1..self.ranks().size() {
            shares.push(self.hear(other)?);
        }
        Ok(Some(shares))
    }

    /// Listens for Ctrl-C. Where ranks are told to end, which MPI does when one of them dies, one of them says how to go on with the
    /// run.
    pub(crate) fn listen(&self, run: Option<&Path>, how_to_go_on: fn(&Path) -> String) -> Result<Interrupt> {
        let Some(run) = run.filter(|_| self.ranks().size() > 1).map(PathBuf::from) else {
            return Interrupt::listen();
        };
        Interrupt::listen_and(move || {
            if std::fs::File::create_new(told(&run)).is_ok() {
                let how = how_to_go_on(&run);
                eprintln!("synfire: told to end, as ranks are when one of them dies; {how}");
            }
        })
    }

    /// Ends the run of all ranks if it failed here.
    pub(crate) fn leave(&self, run: Option<&Path>, result: Result<()>) -> Result<()> {
        #[cfg(feature = "mpi")]
        if let (Self::Mpi(world), Err(error)) = (self, &result)
            && world.size() > 1
        {
            eprintln!("synfire: rank {}: {error:#}", world.rank());
            if let Some(run) = run {
                // Whoever is ended by this need not say more.
                let _ = std::fs::File::create_new(told(run));
            }
            world.abort();
        }
        let _ = run;
        result
    }
}

/// The file whose creation says that somebody said how to go on.
pub(crate) fn told(run: &Path) -> PathBuf {
    run.join(synfire::datasets::record::STATE_FOLDER).join("told")
}

/// Most memory that this process had resident, in MiB.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok().map(|kib: u64| kib / 1024)
}
