//! `synfire hardware`: what the shipped profiles say, and whether one's own can be used.

use super::numbers::significant;
use super::output::print;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::io::Write;
use synfire::analysis::energy::profile::{Constant, HardwareProfile, Kind, Quantity, SHIPPED};
use synfire::analysis::table::{Table, Values};

/// List, show and check hardware profiles (energies of operations, with source and kind).
///
/// A profile is a TOML file; wherever a NAME goes, the path of one's own file goes too.
#[derive(Args)]
pub(crate) struct Hardware {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The shipped profiles
    List,
    /// The values of a profile, with sources
    Show {
        /// Shipped profile or path of a TOML file
        #[arg(value_name = "NAME|FILE")]
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a profile file
    Check {
        /// TOML file
        #[arg(value_name = "FILE")]
        file: String,
    },
    /// Every key that a profile may give, with its meaning
    Keys,
}

impl Hardware {
    pub(crate) fn execute(self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match self.what {
            What::List => {
                let profiles: Result<Vec<_>, _> =
                    SHIPPED.iter().map(|(name, _)| HardwareProfile::shipped(name)).collect();
                let profiles = profiles?;
                let text =
                    |of: fn(&HardwareProfile) -> String| Values::Text(profiles.iter().map(of).collect());
                let table = Table::new("hardware", "Shipped hardware profiles")
                    .key("name", "name", text(|p| p.name.clone()))
                    .key("title", "hardware", text(|p| p.title.clone()))
                    .key(
                        "values",
                        "values",
                        Values::Integer(profiles.iter().map(|p| p.constants.len() as i64).collect()),
                    )
                    .key("kinds", "kinds", text(kinds));
                print(&mut out, &[table])?;
            }
            What::Show { name, json } => {
                let profile = HardwareProfile::load(&name)?;
                if json {
                    writeln!(out, "{}", serde_json::to_string_pretty(&profile)?)?;
                } else {
                    show(&mut out, &profile)?;
                }
            }
            What::Check { file } => {
                let profile = HardwareProfile::load(&file)?;
                writeln!(out, "{file}: sound; {} values for '{}'", profile.constants.len(), profile.name)?;
            }
            What::Keys => {
                for quantity in Quantity::ALL {
                    writeln!(out, "{}.{}: {}", quantity.section(), quantity.key(), quantity.meaning())?;
                }
                writeln!(
                    out,
                    "memory.read_pj_per_access, memory.write_pj_per_access: access of an on-chip array"
                )?;
            }
        }
        Ok(())
    }
}

fn kinds(profile: &HardwareProfile) -> String {
    let has = |kind| profile.constants.iter().any(|c| c.kind == kind);
    let all = [(Kind::Measured, "measured"), (Kind::Simulated, "simulated"), (Kind::Estimated, "estimated")];
    all.iter().filter(|(kind, _)| has(*kind)).map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

fn show(out: &mut impl Write, profile: &HardwareProfile) -> Result<()> {
    let text = |of: fn(&Constant) -> String| Values::Text(profile.constants.iter().map(of).collect());
    let range = |c: &Constant| match c.low < c.high {
        true => format!("{} to {}", significant(c.low), significant(c.high)),
        false => String::new(),
    };
    let kind = |c: &Constant| format!("{:?}", c.kind).to_lowercase();
    let table = Table::new("hardware", format!("{}: {}", profile.name, profile.title))
        .key("constant", "constant", text(|c| c.key.clone()))
        .key("value", "value", text(|c| significant(c.value)))
        .key("range", "range", text(range))
        .key("kind", "kind", text(kind))
        .key("source", "source", text(|c| c.source.clone()));
    print(out, &[table])?;
    let lines = [
        ("process", profile.process_nm.map(|nm| format!("{nm} nm"))),
        ("weights on chip", profile.on_chip_kib.map(|kib| format!("{kib} KiB"))),
        ("neurons of a core", profile.neurons_per_core.map(|n| n.to_string())),
        ("mesh", profile.mesh.map(|[columns, rows]| format!("{columns} x {rows}"))),
    ];
    for (what, value) in lines {
        if let Some(value) = value {
            writeln!(out, "{what}: {value}")?;
        }
    }
    if !profile.event_driven {
        writeln!(out, "not event-driven: every synapse is computed once a token")?;
    }
    Ok(())
}
