//! `synfire checkpoint inspect`: what a checkpoint folder holds, and what is wrong with it.

use super::size;
use super::tree::Tree;
use crate::commands::numbers::grouped;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use synfire::datasets::checkpoint::{Found, Inspection, Layout, Linear, Role, Severity};

/// Show what a checkpoint holds: every tensor with what it is, totals, parameters, and whatever keeps it from being run.
///
/// Layers and experts alike are shown once. Only headers are read. Fails if the checkpoint cannot be run.
#[derive(Args)]
pub(crate) struct Inspect {
    /// Checkpoint folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Show every layer and expert on its own
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(crate) fn execute(self) -> Result<()> {
        if !self.dir.is_dir() {
            bail!("{}: no such folder; give that of a checkpoint", self.dir.display());
        }
        let inspection = Inspection::of(&self.dir);
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{:#}", as_json(&inspection))?;
        } else {
            self.print(&mut out, &inspection)?;
        }
        let faults = inspection.findings.iter().filter(|f| f.severity == Severity::Fault).count();
        match faults {
            0 => Ok(()),
            1 => bail!("{}: 1 fault; it cannot be run as it is", self.dir.display()),
            _ => bail!("{}: {faults} faults; it cannot be run as it is", self.dir.display()),
        }
    }

    fn print(&self, out: &mut impl Write, inspection: &Inspection) -> std::io::Result<()> {
        if let Some(config) = &inspection.config {
            writeln!(
                out,
                "{}: {}, {} layers, hidden {}, {} heads ({} key-value), vocabulary {}; {}\n",
                self.dir.display(),
                config.family.model_type(),
                config.layers.len(),
                config.hidden_size,
                config.heads,
                config.kv_heads,
                grouped(config.vocab_size as f64),
                layout(inspection.layout)
            )?;
        }
        let mut tree = Tree::default();
        for found in &inspection.tensors {
            let meaning = found.role.map_or("surplus: not asked for", meaning);
            let shape = format!("{:?} {:?}", found.dtype, found.shape);
            tree.insert(&found.name, [shape, size(found.bytes), meaning.to_owned()], found.bytes);
        }
        write!(out, "{}", tree.text(self.all))?;
        writeln!(out)?;
        let mut totals: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for found in &inspection.tensors {
            let total = totals.entry(kind(found)).or_default();
            total.0 = total.0.saturating_add(found.numbers());
            total.1 = total.1.saturating_add(found.bytes);
        }
        for (kind, (numbers, bytes)) in &totals {
            writeln!(out, "{kind:20} {:>18} numbers  {:>10}", grouped(*numbers as f64), size(*bytes))?;
        }
        let bytes: u64 = totals.values().map(|(_, bytes)| bytes).sum();
        writeln!(
            out,
            "{:20} {:>18} parameters {:>9}",
            "all",
            grouped(inspection.parameters(false) as f64),
            size(bytes)
        )?;
        let active = inspection.parameters(true);
        if active != inspection.parameters(false) {
            let active = grouped(active as f64);
            writeln!(
                out,
                "{:20} {active:>18} parameters (with the routed experts that it is sent to)",
                "active for a token"
            )?;
        }
        for finding in &inspection.findings {
            let severity = if finding.severity == Severity::Fault { "FAULT" } else { "note" };
            writeln!(out, "{severity:5} {}: {}", finding.about, finding.reason)?;
        }
        Ok(())
    }
}

fn as_json(inspection: &Inspection) -> Value {
    let tensor = |found: &Found| {
        json!({
            "name": found.name, "file": found.file, "dtype": format!("{:?}", found.dtype), "shape": found.shape,
            "bytes": found.bytes, "kind": kind(found), "meaning": found.role.map(meaning), "layer": found.layer,
        })
    };
    let finding = |f: &synfire::datasets::checkpoint::Finding| {
        let severity = if f.severity == Severity::Fault { "fault" } else { "note" };
        json!({ "severity": severity, "about": f.about, "reason": f.reason })
    };
    json!({
        "sound": inspection.is_sound(),
        "config": inspection.config.as_ref().map(synfire::datasets::checkpoint::ModelConfig::to_json),
        "layout": layout(inspection.layout),
        "parameters": inspection.parameters(false),
        "active_parameters": inspection.parameters(true),
        "tensors": inspection.tensors.iter().map(tensor).collect::<Vec<_>>(),
        "findings": inspection.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn layout(layout: Layout) -> &'static str {
    match layout {
        Layout::Uncoded => "unquantised",
        Layout::W8aSpike => "W8ASpike: weights rounded to INT8 beside their scales",
        Layout::Int8 => "W8ASpike: INT8 weights, used where they lie",
    }
}

/// What a tensor counts as in the totals.
fn kind(found: &Found) -> &'static str {
    match found.role {
        None => "surplus",
        Some(Role::Embeddings | Role::SinkTokens) => "embeddings",
        Some(Role::LmHead) => "LM head",
        Some(Role::FinalNorm | Role::Norm(_) | Role::Merge) => "norms, merge",
        Some(Role::Router) => "router",
        Some(Role::Scales(_)) => "INT8 scales",
        Some(Role::LowRankGate(_)) => "attention",
        Some(Role::Weight(linear) | Role::Bias(linear)) => match linear {
            Linear::MlpGate | Linear::MlpUp | Linear::MlpDown => "feed-forward",
            linear if linear.expert().is_some() => "routed experts",
            _ => "attention",
        },
    }
}

fn meaning(role: Role) -> &'static str {
    use synfire::datasets::checkpoint::Norm;
    match role {
        Role::Embeddings => "token embeddings",
        Role::LmHead => "LM head",
        Role::FinalNorm => "final norm",
        Role::SinkTokens => "learned tokens before the text",
        Role::Norm(Norm::Attention) => "norm before attention",
        Role::Norm(Norm::Mlp) => "norm before the feed-forward block",
        Role::Norm(Norm::GlaHead) => "norm of a head's output",
        Role::Norm(Norm::LinearBranch) => "norm of the linear branch, over a head",
        Role::Norm(Norm::SoftmaxBranch) => "norm of the softmax branch, over a head",
        Role::Merge => "weights of the two branches",
        Role::Router => "router of the experts",
        Role::LowRankGate(0) => "gate, to its rank",
        Role::LowRankGate(_) => "gate, from its rank",
        Role::Bias(_) => "bias",
        Role::Scales(_) => "scales of outputs and groups of 128 inputs",
        Role::Weight(linear) => match linear {
            Linear::Query => "query projection",
            Linear::Key => "key projection",
            Linear::Value => "value projection",
            Linear::Gate => "gate of linear attention",
            Linear::Output => "attention output projection",
            Linear::MlpGate | Linear::ExpertGate(_) => "feed-forward gate",
            Linear::MlpUp | Linear::ExpertUp(_) => "feed-forward up projection",
            Linear::MlpDown | Linear::ExpertDown(_) => "feed-forward down projection",
        },
    }
}
