//! The `synfire` command: runs SpikingBrain models as spikes and shows them.

mod commands;

use clap::Parser;
use std::process::ExitCode;

/// Run SpikingBrain language models as spikes, record them, and see them.
#[derive(Parser)]
#[command(name = "synfire", version, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    match Cli::parse().command.execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if commands::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("synfire: {error:#}");
            ExitCode::FAILURE
        }
    }
}
