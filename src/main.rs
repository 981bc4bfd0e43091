//! The `synfire` command: runs SpikingBrain models as spikes and shows them.

mod commands;

use clap::Parser;
use std::process::ExitCode;

/// Run brain-inspired language models and networks of neurons as spikes, on chips too; count, price and see what they did.
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
            eprintln!("synfire: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, but for those that it tells itself.
fn told(error: &anyhow::Error) -> String {
    error.chain().skip(1).map(ToString::to_string).fold(error.to_string(), |text, cause| {
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}
