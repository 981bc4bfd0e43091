//! The summary of a run: as JSON in the manifest, as a table for people.

use super::numbers::{grouped, percent};
use super::output::print;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::io::Write;
use synfire::accuracy::Bits;
use synfire::analysis::energy::{EnergyBound, report_bound};
use synfire::analysis::sparsity::{ProjectionSparsity, SPARSITY_DEFINITION, Sparsity, SparsityTable};
use synfire::analysis::table::Table as ExpertTable;
use synfire::datasets::checkpoint::{Attention, Checkpoint, CheckpointError};
use synfire::datasets::record::{Manifest, ModelSummary};
use synfire::datasets::spikes::Projection;
use synfire::recording::architecture;
use synfire::sim::coding::Coding;
use synfire::sim::options::ModelOptions;

/// The coded model beside the dense one.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Accuracy {
    pub(crate) coded: Bits,
    pub(crate) dense: Option<Bits>,
}

/// What a run came to.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    model: String,
    tokens: u64,
    coding: Coding,
    accuracy: Option<Accuracy>,
    sparsity_definition: &'static str,
    projections: Vec<Row>,
    all: Figures,
    energy_bound: EnergyBound,
    /// Use of the experts of each layer, where there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) experts: Option<ExpertTable>,
}

#[derive(Debug, Serialize)]
struct Row {
    layer: u16,
    projection: Projection,
    attention: Attention,
    neurons: u64,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Figures {
    mean_spikes_per_channel: f64,
    silent_share: f64,
    sparsity: f64,
    share_at_most_7: f64,
    share_above_16: f64,
    largest_count: u32,
    spikes_per_token: f64,
    synaptic_operations_per_token: f64,
}

impl Figures {
    fn of(sparsity: &Sparsity, tokens: u64) -> Self {
        let per_token = |n: u64| n as f64 / tokens.max(1) as f64;
        Self {
            mean_spikes_per_channel: sparsity.mean_spikes_per_channel(),
            silent_share: sparsity.silent_share(),
            sparsity: sparsity.sparsity(),
            share_at_most_7: sparsity.share_at_most_7(),
            share_above_16: sparsity.share_above_16(),
            largest_count: sparsity.largest_count,
            spikes_per_token: per_token(sparsity.spikes),
            synaptic_operations_per_token: per_token(sparsity.synaptic_operations),
        }
    }

    fn cells(&self) -> [String; 8] {
        [
            format!("{:.3}", self.mean_spikes_per_channel),
            percent(self.silent_share),
            percent(self.sparsity),
            percent(self.share_at_most_7),
            percent(self.share_above_16),
            self.largest_count.to_string(),
            format!("{:.1}", self.spikes_per_token),
            grouped(self.synaptic_operations_per_token),
        ]
    }
}

impl Summary {
    pub(crate) fn new(
        checkpoint: &Checkpoint,
        tokens: u64,
        accuracy: Option<Accuracy>,
        table: &SparsityTable,
        coding: Coding,
    ) -> Self {
        let attention = |layer: u16| checkpoint.config().layers.get(usize::from(layer)).copied();
        let row = |input: &ProjectionSparsity| Row {
            layer: input.layer,
            projection: input.projection,
            attention: attention(input.layer).unwrap_or(Attention::Full),
            neurons: input.neurons,
            figures: Figures::of(&input.sums, tokens),
        };
        let pooled = table.pooled();
        Self {
            model: checkpoint.name().to_owned(),
            tokens,
            coding,
            accuracy,
            sparsity_definition: SPARSITY_DEFINITION,
            projections: table.rows().map(row).collect(),
            all: Figures::of(&pooled, tokens),
            energy_bound: report_bound(pooled.mean_spikes_per_channel()),
            experts: None,
        }
    }

    /// Prints the table and what belongs below it.
    pub(crate) fn print(&self) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}\n", self.table())?;
        writeln!(out, "sparsity      {}", self.sparsity_definition)?;
        writeln!(out, "|s|           spike count of a channel at a token, {} coding", self.coding)?;
        writeln!(
            out,
            "syn. ops      spikes times the synapses that each reaches (for a query: the keys in sight)\n"
        )?;
        if let Some(experts) = &self.experts {
            print(&mut out, std::slice::from_ref(experts))?;
            writeln!(out)?;
        }
        match &self.accuracy {
            Some(Accuracy { coded, dense: Some(dense) }) => {
                writeln!(out, "Accuracy: {coded} as spikes, {dense} dense.")?;
            }
            Some(Accuracy { coded, dense: None }) => writeln!(out, "Accuracy: {coded} as spikes.")?,
            None => writeln!(out, "Accuracy: not told, as layers were cut out.")?,
        }
        let energy = &self.energy_bound;
        writeln!(
            out,
            "Energy, the report's idealised bound (45 nm, adds only): {:.3} spikes per channel x 0.03 pJ = {:.4} pJ per MAC;\n\
             an INT8 MAC takes 0.23 pJ ({:.1} times), an FP16 MAC 1.5 pJ ({:.1} times). Memory, routing, control: left out.",
            energy.mean_spikes_per_channel, energy.energy_per_mac_pj, energy.int8_ratio, energy.fp16_ratio
        )
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_header([
            "layer",
            "input",
            "neurons",
            "spikes/ch.",
            "silent",
            "sparsity",
            "|s|<=7",
            "|s|>16",
            "max |s|",
            "spikes/token",
            "syn. ops/token",
        ]);
        for row in &self.projections {
            let head = [attention_label(row), row.projection.to_string(), row.neurons.to_string()];
            table.add_row(head.into_iter().chain(row.figures.cells()));
        }
        let neurons: u64 = self.projections.iter().map(|r| r.neurons).sum();
        let head = ["all".to_owned(), String::new(), neurons.to_string()];
        table.add_row(head.into_iter().chain(self.all.cells()));
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

fn attention_label(row: &Row) -> String {
    let kind = match row.attention {
        Attention::Gla => "GLA",
        Attention::Window => "SWA",
        Attention::Full => "full",
        Attention::ParallelWindow => "LA+SWA",
        Attention::ParallelFull => "LA+full",
    };
    format!("{} {kind}", row.layer)
}

/// The manifest that opens a run folder. Reads all weights, for their digest.
pub(crate) fn manifest(
    command: &str,
    checkpoint: &Checkpoint,
    options: &ModelOptions,
    recorded: serde_json::Value,
) -> Result<Manifest, CheckpointError> {
    let top = checkpoint.config().layers.len().saturating_sub(1);
    let layers = options.layers.clone().unwrap_or(0..=top).map(|l| l as u16).collect();
    let config = checkpoint.config();
    let family = config.family.model_type();
    let description = format!(
        "{} layers, hidden {}, {} heads, {} parameters",
        config.layers.len(),
        config.hidden_size,
        config.heads,
        checkpoint.parameters()
    );
    let name = checkpoint.name().to_owned();
    let model = ModelSummary { name, digest: checkpoint.digest()?, family: family.to_owned(), description };
    let mut manifest = Manifest::new(command, model, recorded, layers);
    let convention = options.convention;
    manifest.architecture = Some(architecture(config, convention));
    let softmax = config.layers.iter().any(|l| l.has_keys());
    let experts = (0..config.layers.len()).any(|layer| config.mixture_of(layer).is_some());
    manifest.projections.retain(|projection| match projection {
        Projection::Query => softmax,
        Projection::ExpertDownIn => convention.code_down_projection && experts,
        Projection::DownIn => convention.code_down_projection,
        _ => true,
    });
    Ok(manifest)
}
