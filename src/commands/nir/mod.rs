//! `synfire nir`: look at networks in NIR, and run them.

mod inspect;
mod record;
mod run;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Look at networks in NIR, the Neuromorphic Intermediate Representation, and run them on spikes or camera events.
#[derive(Args)]
pub(crate) struct Nir {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the nodes of a NIR file with their shapes, in the order in which a run passes them.
    Inspect(inspect::Inspect),
    /// Run a NIR file on a spike file or camera events: spikes, outputs, operations of every layer, energy.
    Run(run::Run),
}

impl Nir {
    pub(crate) fn execute(self) -> Result<()> {
        match self.action {
            Action::Inspect(inspect) => inspect.execute(),
            Action::Run(run) => run.execute(),
        }
    }
}
