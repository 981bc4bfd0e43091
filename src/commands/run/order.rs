//! What rank 0 decides for all: the folder, the options, and from where to go on.

use super::super::model_options::ModelArgs;
use super::super::plot;
use super::super::summary::manifest;
use super::{Job, Run, remove_state};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use synfire::analysis::plot::raster::{Raster, RasterOptions};
use synfire::datasets::record::{
    FolderLock, Manifest, RecordKind, RunReader, RunWriter, SCHEMA_VERSION, STATE_FOLDER, Sampling, Status,
};
use synfire::datasets::spikes::Projection;
use synfire::run::state::StateFolder;
use synfire::sim::stage::parts;

/// What all ranks do. Without options there is nothing to do.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Order {
    /// Options of the run, as the manifest has them.
    pub(super) options: serde_json::Value,
    /// The run folder, if anything is recorded.
    pub(super) dir: Option<PathBuf>,
    /// Its manifest.
    pub(super) manifest: Option<Manifest>,
    /// The part after which the dense pass goes on.
    pub(super) dense_from: Option<u32>,
    /// The part after which the spiking pass goes on.
    pub(super) spiking_from: Option<u32>,
    /// The right to write to the folder, which rank 0 keeps.
    #[serde(skip)]
    _lock: Option<FolderLock>,
}

impl Order {
    /// As the command line asks; creates the run folder.
    pub(super) fn new(run: &Run, ranks: usize) -> Result<(Self, Job)> {
        let sampling = Sampling {
            tokens_one_in: run.sample_tokens,
            neurons_one_in: run.sample_neurons,
            seed: run.sample_seed,
        };
        if run.record == RecordKind::Activity && !sampling.is_whole() {
            bail!(
                "--record activity: no spikes are recorded that --sample-tokens or --sample-neurons could choose from"
            );
        }
        let job = Job::asked(run)?;
        parts(job.checkpoint.config(), &job.options, ranks)?;
        let options = job.as_json();
        if job.model.dense {
            return Ok((Self { options, ..Self::default() }, job));
        }
        let dir = match &run.out {
            Some(dir) => dir.clone(),
            None => free_folder(Path::new("runs"), job.checkpoint.name())?,
        };
        let manifest = Manifest {
            record: run.record,
            sampling,
            ..manifest("run", &job.checkpoint, &job.options, options.clone())?
        };
        let (manifest, lock) = RunWriter::prepare(&dir, manifest, run.overwrite)?;
        let (dir, manifest) = (Some(dir), Some(manifest));
        let order = Self { options, dir, manifest, _lock: Some(lock), ..Self::default() };
        Ok((order, job))
    }

    /// As the run in `dir` was begun; `None` if it is complete.
    pub(super) fn resumed(dir: &Path, now: &ModelArgs, ranks: usize) -> Result<Option<(Self, Job)>> {
        RunReader::open(dir)?;
        let lock = Some(FolderLock::take(dir)?);
        // Only now nobody else changes it.
        let manifest = RunReader::open(dir)?.manifest().clone();
        let state = dir.join(STATE_FOLDER);
        if manifest.status == Status::Complete {
            remove_state(&state)?;
            return Ok(None);
        }
        let at = || dir.join("manifest.json").display().to_string();
        let version = env!("CARGO_PKG_VERSION");
        if manifest.schema_version != SCHEMA_VERSION || manifest.synfire_version != version {
            let begun = &manifest.synfire_version;
            bail!(
                "{}: begun by Synfire {begun}, this is {version}, whose results may differ; go on with that one, or record the run anew",
                at()
            );
        }
        if manifest.command != "run" {
            bail!("{}: recorded by '{}', only what 'synfire run' records can go on", at(), manifest.command);
        }
        let job = Job::told(&manifest.options, now).with_context(at)?;
        if job.checkpoint.digest()? != manifest.model.digest {
            bail!(
                "{}: the weights or config.json of {} are not those that the run began with; give them back, or record the run anew",
                at(),
                job.model.model.display()
            );
        }
        parts(job.checkpoint.config(), &job.options, ranks)?;
        let layers = job.layers()?;
        let last = |pass: &str| StateFolder::new(&state, pass, layers.clone()).last_whole();
        let (dense_from, spiking_from) = (last("dense")?, last("spiking")?);
        // From the job again: a number that was parsed may print otherwise.
        let options = job.as_json();
        let manifest = Manifest { options: options.clone(), ..manifest };
        let manifest = manifest.ended(None, 0, &std::collections::BTreeMap::new());
        manifest.write(dir)?;
        // Whoever has to say how to go on this time may.
        let _ = std::fs::remove_file(super::super::crew::told(dir));
        let (dir, manifest) = (Some(dir.to_owned()), Some(manifest));
        let order = Self { options, dir, manifest, dense_from, spiking_from, _lock: lock };
        Ok(Some((order, job)))
    }

    /// The empty raster of a run and what it shows; `None` where it was drawn before.
    pub(super) fn raster(
        &self,
        job: &Job,
        manifest: &Manifest,
    ) -> Result<Option<(Raster, (u16, Projection))>> {
        if self.spiking_from.is_some() {
            return Ok(None);
        }
        let layer = job.layers()?.first().copied().unwrap_or(0);
        let projection = plot::default_projection(&manifest.projections);
        let config = job.checkpoint.config();
        let width =
            if projection == Projection::DownIn { config.intermediate_size } else { config.hidden_size };
        let across = 0..plot::TOKENS.range().end.min(job.tokens.len() as u32);
        let up = 0..plot::NEURONS.range().end.min(width as u32);
        let title = format!("{}: layer {layer}, {projection}", job.checkpoint.name());
        Ok(Some((Raster::new(RasterOptions::new(title, across, up)), (layer, projection))))
    }
}

/// The first of `NAME-1`, `NAME-2`, ... that does not exist.
pub(crate) fn free_folder(parent: &Path, name: &str) -> Result<PathBuf> {
    (1u32..)
        .map(|n| parent.join(format!("{name}-{n}")))
        .find(|dir| !dir.exists())
        .context("no free run folder; give one with --out")
}
