//! Measuring one pass: accuracy, and for each coding the sparsity and the energy on each hardware.

use super::{Grid, Pass, Progress, SweepError};
use crate::accuracy::{Bits, TextUnit};
use crate::analysis::energy::{Comparison, EnergyCounts, SpikeCoding};
use crate::analysis::sparsity::SparsityTable;
use crate::recording::architecture;
use crate::sim::coding::Coding;
use crate::sim::error::SimError;
use crate::sim::evaluate::evaluate;
use crate::sim::model::Model;
use crate::sim::options::{Execution, ModelOptions, Spiking};
use crate::sim::recorder::{CodedInput, Recorder, RecorderError};
use serde::{Deserialize, Serialize};

/// What a pass gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Name of the model.
    pub model: String,
    /// Name of the text.
    pub text: String,
    /// Name of the convention.
    pub convention: String,
    /// k; absent for the dense pass.
    pub k: Option<f32>,
    /// Tokens read.
    pub tokens: u64,
    /// Bits that predicting the text cost.
    pub bits: Bits,
    /// One entry a coding; none for the dense pass.
    pub codings: Vec<MeasuredCoding>,
}

/// Sparsity and energy of a pass in one coding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCoding {
    /// The coding.
    pub coding: Coding,
    /// Spikes of a channel in the mean.
    pub mean_spikes_per_channel: f64,
    /// Share of channels whose count is 0.
    pub silent_share: f64,
    /// Share of (channel, virtual time step) cells without a spike.
    pub sparsity: f64,
    /// Share of channels whose count is at most 7 in magnitude.
    pub share_at_most_7: f64,
    /// Share of channels whose count is above 16 in magnitude.
    pub share_above_16: f64,
    /// Largest count in magnitude.
    pub largest_count: u32,
    /// Synaptic operations of a token.
    pub synaptic_operations_per_token: f64,
    /// The report's bound: energy of one equivalent MAC in pJ.
    pub bound_pj_per_mac: f64,
    /// One entry a hardware.
    pub energies: Vec<MeasuredEnergy>,
}

/// Energy of a pass on one hardware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredEnergy {
    /// Name of the hardware.
    pub hardware: String,
    /// Energy of a token in pJ: value, low, high.
    pub energy_pj_per_token: [f64; 3],
    /// Energy of a token of the opponent in pJ.
    pub opponent_pj_per_token: f64,
    /// Share of the opponent's energy that is saved: value, low, high.
    pub saving: [f64; 3],
}

/// Counts one pass in several codings at once: its counts are the same in all.
struct CodingsRecorder(Vec<(Coding, SparsityTable, EnergyCounts)>);

impl Recorder for CodingsRecorder {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        for (coding, sparsity, energy) in &mut self.0 {
            let coded = CodedInput { coding: *coding, ..*coded };
            for vector in coded.vectors() {
                sparsity.observe(&vector.activity, vector.code.counts());
                energy.observe(&vector.activity, vector.code.counts())?;
            }
        }
        Ok(())
    }
}

/// Reads the text of `pass`.
pub(super) fn measure(grid: &Grid, pass: &Pass, progress: &dyn Progress) -> Result<Measured, SweepError> {
    let what = || grid.describe(pass);
    let sim = |source: SimError| SweepError::Sim { what: what(), source };
    let (model, text) = (&grid.models[pass.model], &grid.texts[pass.text]);
    let (name, convention) = &grid.conventions[pass.convention];
    let tokenizer = model.checkpoint.tokenizer();
    let failed = |e| sim(SimError::Checkpoint(e));
    let mut tokens = tokenizer.encode(&text.bytes).map_err(failed)?;
    let mut bytes = text.bytes.clone();
    if let Some(most) = grid.tokens.filter(|most| *most < tokens.len()) {
        tokens.truncate(most);
        bytes = tokenizer.decode(&tokens).map_err(failed)?;
    }
    let execution = match pass.neuron {
        Some(neuron) => Execution::Spiking(Spiking { neuron, ..Spiking::default() }),
        None => Execution::Dense,
    };
    let options = ModelOptions { execution, convention: *convention, layers: None };
    let loaded = Model::load(&model.checkpoint, &options).map_err(sim)?;
    let counters: Result<_, _> = grid
        .codings
        .iter()
        .map(|coding| {
            let shape = architecture(model.checkpoint.config(), *convention);
            Ok((*coding, SparsityTable::default(), EnergyCounts::new(shape, spike_coding(*coding))?))
        })
        .collect();
    let mut recorder =
        CodingsRecorder(counters.map_err(|source| SweepError::Count { what: what(), source })?);
    let mut read = 0;
    let surprisal = evaluate(&loaded, &tokens, &mut recorder, |now| {
        progress.read((now - read) as u64);
        read = now;
        progress.go_on()
    })
    .map_err(sim)?;
    if surprisal.read < tokens.len() as u64 {
        return Err(SweepError::Interrupted);
    }
    let codings = if pass.neuron.is_some() { recorder.0 } else { Vec::new() };
    Ok(Measured {
        model: model.checkpoint.name().to_owned(),
        text: text.name.clone(),
        convention: name.clone(),
        k: pass.neuron.map(|neuron| neuron.k()),
        tokens: surprisal.read,
        bits: TextUnit::of(tokenizer, &bytes, &tokens).accuracy(&surprisal),
        codings: codings.iter().map(|counted| coding(grid, counted, surprisal.read)).collect(),
    })
}

fn coding(
    grid: &Grid,
    (coding, sparsity, counts): &(Coding, SparsityTable, EnergyCounts),
    tokens: u64,
) -> MeasuredCoding {
    let all = sparsity.pooled();
    let compare = |hardware| Comparison::new(counts, hardware, grid.opponent, &grid.fallback, grid.fetch);
    let comparisons: Vec<Comparison> = grid.hardware.iter().map(compare).collect();
    let per_token = |energy_pj: f64| energy_pj / tokens as f64;
    MeasuredCoding {
        coding: *coding,
        mean_spikes_per_channel: all.mean_spikes_per_channel(),
        silent_share: all.silent_share(),
        sparsity: all.sparsity(),
        share_at_most_7: all.share_at_most_7(),
        share_above_16: all.share_above_16(),
        largest_count: all.largest_count,
        synaptic_operations_per_token: all.synaptic_operations as f64 / tokens as f64,
        bound_pj_per_mac: crate::analysis::energy::report_bound(all.mean_spikes_per_channel())
            .energy_per_mac_pj,
        energies: comparisons
            .iter()
            .map(|comparison| {
                let total = comparison.spiking.total_pj();
                MeasuredEnergy {
                    hardware: comparison.spiking.hardware.clone(),
                    energy_pj_per_token: [total.value, total.low, total.high].map(per_token),
                    opponent_pj_per_token: per_token(comparison.other.total_pj().value),
                    saving: [comparison.saving.value, comparison.saving.low, comparison.saving.high],
                }
            })
            .collect(),
    }
}

fn spike_coding(coding: Coding) -> SpikeCoding {
    match coding {
        Coding::Binary => SpikeCoding::Binary,
        Coding::Ternary => SpikeCoding::Ternary,
        Coding::Bitwise => SpikeCoding::Bitwise,
        Coding::BitwiseSigned => SpikeCoding::BitwiseSigned,
        Coding::TwosComplement => SpikeCoding::TwosComplement,
    }
}
