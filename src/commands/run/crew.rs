//! Who runs: this process alone, or the ranks of an MPI job, of which rank 0 speaks.

use anyhow::Result;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use synfire::analysis::sparsity::ProjectionSparsity;
use synfire::datasets::record::Recorded;
use synfire::run::pass::ExactSurprisal;
use synfire::run::ranks::{Alone, RankError, Ranks};

use super::super::terminal::Interrupt;

/// The ranks of this run.
pub(super) enum Crew {
    Alone(Alone),
    #[cfg(feature = "mpi")]
    Mpi(Box<synfire::run::mpi::World>),
}

/// What a rank comes to, for rank 0.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Share {
    pub(super) layers: Vec<u16>,
    pub(super) recorded: BTreeMap<u16, Recorded>,
    pub(super) sparsity: Vec<ProjectionSparsity>,
    pub(super) surprisal: Option<ExactSurprisal>,
    /// Most memory resident so far, in MiB, where the system tells.
    pub(super) peak_mib: Option<u64>,
}

impl Crew {
    /// Everybody who was started together.
    pub(super) fn join() -> Result<Self> {
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

    pub(super) fn ranks(&self) -> &dyn Ranks {
        match self {
            Self::Alone(alone) => alone,
            #[cfg(feature = "mpi")]
            Self::Mpi(world) => world.as_ref(),
        }
    }

    pub(super) fn leads(&self) -> bool {
        self.ranks().rank() == 0
    }

    /// Threads of a rank that shares its machine with others, if nothing else was said.
    pub(super) fn threads(&self) -> Option<usize> {
        let here: usize = std::env::var("OMPI_COMM_WORLD_LOCAL_SIZE").ok()?.parse().ok()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (self.ranks().size() > 1).then(|| (cores / here.max(1)).max(1))
    }

    /// Tells all others what rank 0 knows.
    pub(super) fn tell<T: Serialize>(&self, what: &T) -> Result<()> {
        let message = serde_json::to_vec(what)?;
        for other in 1..self.ranks().size() {
            self.ranks().send(other, &message)?;
        }
        Ok(())
    }

    /// What another rank tells.
    pub(super) fn hear<T: DeserializeOwned>(&self, from: usize) -> Result<T> {
        let message = self.ranks().receive(from)?;
        Ok(serde_json::from_slice(&message).map_err(|source| RankError::Foreign { from, source })?)
    }

    /// The shares of all ranks on rank 0, and `None` on the others.
    pub(super) fn gather(&self, share: Share) -> Result<Option<Vec<Share>>> {
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

    /// Listens for Ctrl-C. Where ranks are told to end, which MPI does when one of them dies, one of them says how to go on.
    pub(super) fn listen(&self, run: Option<&Path>) -> Result<Interrupt> {
        let Some(run) = run.filter(|_| self.ranks().size() > 1).map(PathBuf::from) else {
            return Interrupt::listen();
        };
        Interrupt::listen_and(move || {
            let told = told(&run);
            if std::fs::File::create_new(&told).is_ok() {
                eprintln!(
                    "synfire: told to end, as ranks are when one of them dies; {}",
                    super::how_to_go_on(&run)
                );
            }
        })
    }

    /// Ends the run of all ranks if it failed here.
    pub(super) fn leave(&self, run: Option<&Path>, result: Result<()>) -> Result<()> {
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
fn told(run: &Path) -> PathBuf {
    run.join(synfire::datasets::record::STATE_FOLDER).join("told")
}

/// Most memory that this process had resident, in MiB.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok().map(|kib: u64| kib / 1024)
}
