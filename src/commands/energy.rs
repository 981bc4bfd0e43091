//! `synfire energy`: what a recorded run would cost on hardware, and how much of the report's saving survives.

use super::numbers::significant;
use super::output::print;
use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use synfire::analysis::energy::profile::HardwareProfile;
use synfire::analysis::energy::{
    BreakEven, Comparison, EnergyCounts, Fetch, Interval, Layout, Opponent, Refetch, Sensitivity,
    VectorCounts, break_even, component_table, layer_table, report_bound, sensitivity, sensitivity_table,
    unpriced_table, waterfall_table,
};
use synfire::analysis::table::{Table, Values};
use synfire::datasets::record::{Manifest, RunReader, VectorFilter};

/// Estimate the energy of a recorded run, and how much of the report's saving survives.
///
/// Counts what the spikes of the run do, prices it by hardware profiles, sets a dense opponent beside it on the same
/// rules, and walks from the report's idealised bound to the full estimate. What a profile does not price is listed.
#[derive(Args)]
pub(crate) struct Energy {
    /// Run folder
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Profiles, by name ('synfire hardware list') or path of a TOML file
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "45nm,asynchronous,loihi")]
    hardware: Vec<String>,
    /// Opponent: fp16, int8, int8-skip or quantised
    #[arg(long, default_value = "fp16")]
    baseline: Opponent,
    /// Profile of the opponent where the hardware does not price its arithmetic
    #[arg(long, value_name = "NAME|FILE", default_value = "45nm")]
    baseline_hardware: String,
    /// Bytes of a weight block, a power of two up to 4096
    #[arg(long, value_name = "N", default_value_t = 8)]
    block_bytes: u64,
    /// Order of weights in memory: input-major or output-major
    #[arg(long, default_value = "input-major", value_parser = named::<Layout>)]
    layout: Layout,
    /// Weights of a channel are read at every step that has a spike, or once a token: step or token
    #[arg(long, default_value = "step", value_parser = named::<Refetch>)]
    refetch: Refetch,
    /// Memory on chip for weights, in KiB; larger models are read from off chip [default: the profile's]
    #[arg(long, value_name = "N")]
    on_chip_kib: Option<u64>,
    /// How far the sensitivity moves constants without a range, in percent
    #[arg(long, value_name = "X", default_value_t = 20.0, allow_negative_numbers = true)]
    vary_percent: f64,
    /// Print the energy of every layer and input too
    #[arg(long)]
    by_layer: bool,
    /// Print everything as JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print the energies by component as CSV
    #[arg(long)]
    csv: bool,
}

/// Parses the kebab-case name of a setting.
fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(name.to_owned()))
        .map_err(|e| e.to_string().replace("unknown variant", "unknown name").replace('`', "'"))
}

/// The estimate for one hardware.
struct Answer {
    comparison: Comparison,
    curves: BreakEven,
    sensitivity: Vec<Sensitivity>,
}

/// The tokens that were counted, where the record has a sample.
#[derive(Serialize)]
struct Sample {
    tokens_one_in: u32,
    tokens_counted: u64,
    /// Absent where the run was cut short.
    tokens_read: Option<u64>,
    note: String,
}

impl Sample {
    fn of(manifest: &Manifest, counts: &EnergyCounts) -> Option<Self> {
        Some(Self {
            note: manifest.counts_note()?,
            tokens_one_in: manifest.sampling.tokens_one_in.get(),
            tokens_counted: counts.tokens(),
            tokens_read: Some(manifest.tokens).filter(|tokens| *tokens > 0),
        })
    }

    /// Goes on from the number of tokens that were counted.
    fn of_how_many(&self) -> String {
        let of = self.tokens_read.map_or_else(String::new, |read| format!(" of {read}"));
        format!("{of}, a sample of about one in {}", self.tokens_one_in)
    }
}

/// The JSON of the command.
#[derive(Serialize)]
struct Told<'a> {
    run: &'a Path,
    fetch: Fetch,
    /// Absent where every token was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<Sample>,
    counts: VectorCounts,
    estimates: Vec<ToldEstimate<'a>>,
}

#[derive(Serialize)]
struct ToldEstimate<'a> {
    hardware: &'a str,
    answer: String,
    comparison: &'a Comparison,
    spiking_total_pj: Interval,
    opponent_total_pj: Interval,
    break_even: &'a BreakEven,
    sensitivity: &'a [Sensitivity],
    tables: [Table; 5],
}

impl Energy {
    pub(crate) fn execute(self) -> Result<()> {
        let fetch = Fetch::new(self.block_bytes, self.layout, self.refetch).context("--block-bytes")?;
        if !(0.0..=100.0).contains(&self.vary_percent) {
            bail!("--vary-percent {}: give a number from 0 to 100", self.vary_percent);
        }
        let fallback = HardwareProfile::load(&self.baseline_hardware).context("--baseline-hardware")?;
        if !self.baseline.is_priced_by(&fallback) {
            bail!(
                "--baseline-hardware {}: does not price the arithmetic of {}; 45nm does",
                self.baseline_hardware,
                self.baseline
            );
        }
        let profiles: Result<Vec<HardwareProfile>> =
            self.hardware.iter().map(|name| self.profile(name)).collect();
        let profiles = profiles?;
        let reader = RunReader::open(&self.run)?;
        let counts = count(&reader)?;
        let sample = Sample::of(reader.manifest(), &counts);
        let note = sample.as_ref().map(|sample| sample.note.as_str());
        let answers: Vec<Answer> = profiles
            .iter()
            .map(|profile| {
                let comparison = Comparison::new(&counts, profile, self.baseline, &fallback, fetch);
                let curves = break_even(&counts, profile, &comparison, fetch);
                let sensitivity = sensitivity(&comparison, self.vary_percent / 100.0);
                Answer { comparison, curves, sensitivity }
            })
            .collect();
        let mut out = std::io::stdout().lock();
        if self.csv {
            for (i, answer) in answers.iter().enumerate() {
                let table = component_table(&answer.comparison);
                let hardware = vec![answer.comparison.spiking.hardware.clone(); table.rows()];
                let csv = table.first_key("hardware", "hardware", Values::Text(hardware)).to_csv();
                let (header, rows) = csv.split_once('\n').unwrap_or_default();
                if i == 0 {
                    writeln!(out, "{header}")?;
                }
                write!(out, "{rows}")?;
            }
            if let Some(note) = note {
                eprintln!("synfire: {note}");
            }
        } else if self.json {
            let estimates = answers.iter().map(|answer| answer.told(note)).collect();
            let told = Told { run: &self.run, fetch, sample, counts: counts.pooled(), estimates };
            writeln!(out, "{}", serde_json::to_string_pretty(&told)?)?;
        } else {
            for answer in &answers {
                answer.write(&mut out, self.by_layer, note)?;
            }
            writeln!(
                out,
                "Weights in blocks of {} bytes, {}, read {}; {} tokens{}, {} spikes per channel.",
                fetch.block_bytes(),
                if fetch.layout == Layout::InputMajor { "input-major" } else { "output-major" },
                if fetch.refetch == Refetch::Step { "at every step with a spike" } else { "once a token" },
                counts.tokens(),
                sample.as_ref().map_or_else(String::new, Sample::of_how_many),
                significant(counts.pooled().spikes as f64 / counts.pooled().channels as f64)
            )?;
            for answer in &answers {
                writeln!(out, "{}", answer.line())?;
            }
        }
        Ok(())
    }

    fn profile(&self, name: &str) -> Result<HardwareProfile> {
        let mut profile = HardwareProfile::load(name).context("--hardware")?;
        if self.on_chip_kib == Some(0) {
            bail!("--on-chip-kib 0: give at least 1");
        }
        profile.on_chip_kib = self.on_chip_kib.or(profile.on_chip_kib);
        Ok(profile)
    }
}

/// Counts the coded vectors of a recorded run.
pub(crate) fn count(reader: &RunReader) -> Result<EnergyCounts> {
    let at = || reader.dir().display().to_string();
    let mut counts = EnergyCounts::of_run(reader.manifest()).with_context(at)?;
    let mut vectors = reader.vectors(VectorFilter::default())?;
    while let Some((activity, s)) = vectors.next_vector()? {
        counts.observe(&activity, s).with_context(at)?;
    }
    if counts.tokens() == 0 {
        bail!("{}: the record holds no coded vectors", at());
    }
    Ok(counts)
}

impl Answer {
    /// With what is to be known of the counts.
    fn told(&self, note: Option<&str>) -> ToldEstimate<'_> {
        let comparison = &self.comparison;
        ToldEstimate {
            hardware: &comparison.spiking.hardware,
            answer: self.line(),
            comparison,
            spiking_total_pj: comparison.spiking.total_pj(),
            opponent_total_pj: comparison.other.total_pj(),
            break_even: &self.curves,
            sensitivity: &self.sensitivity,
            tables: [
                component_table(comparison),
                layer_table(&comparison.spiking),
                waterfall_table(comparison),
                unpriced_table(&comparison.spiking),
                sensitivity_table(&self.sensitivity),
            ]
            .map(|table| table.noted(note)),
        }
    }

    fn write(&self, out: &mut impl Write, by_layer: bool, note: Option<&str>) -> std::io::Result<()> {
        let comparison = &self.comparison;
        let mut tables = vec![component_table(comparison)];
        tables.extend(by_layer.then(|| layer_table(&comparison.spiking)));
        tables.extend((!comparison.spiking.unpriced.is_empty()).then(|| unpriced_table(&comparison.spiking)));
        print(out, &tables.into_iter().map(|table| table.noted(note)).collect::<Vec<_>>())?;
        writeln!(out)?;
        if !comparison.same_hardware {
            writeln!(
                out,
                "{} does not price the opponent's arithmetic; {} prices the opponent. The processes differ.",
                comparison.spiking.hardware, comparison.opponent_hardware
            )?;
            let names: Vec<&str> = comparison.left_out.iter().map(|c| c.name()).collect();
            if !names.is_empty() {
                writeln!(out, "Left out of both sides of the comparison: {}.", names.join(", "))?;
            }
            writeln!(out)?;
        }
        let strongest = self.sensitivity.get(..self.sensitivity.len().min(5)).unwrap_or_default();
        let tables = [waterfall_table(comparison), sensitivity_table(strongest)];
        print(out, &tables.map(|table| table.noted(note)))?;
        match self.curves.spikes_per_channel {
            Some(even) => writeln!(out, "\nBreak-even at {} spikes per channel.", significant(even))?,
            None => writeln!(out, "\nNo number of spikes per channel breaks even.")?,
        }
        for (layout, curve) in
            [("input-major", &self.curves.input_major), ("output-major", &self.curves.output_major)]
        {
            let shown = curve.iter().filter(|p| [1.0, 8.0, 64.0, 512.0].contains(&p.x));
            let points: Vec<String> =
                shown.map(|p| format!("{} at {} bytes", significant(p.energy_ratio), p.x)).collect();
            writeln!(out, "Energy over the opponent's by weight block, {layout}: {}.", points.join(", "))?;
        }
        writeln!(out)
    }

    /// The answer in one line.
    fn line(&self) -> String {
        const REPORT_SPIKES_PER_CHANNEL: f64 = 1.13;
        let comparison = &self.comparison;
        let rounded_pj = (report_bound(REPORT_SPIKES_PER_CHANNEL).energy_per_mac_pj * 1e3).round() / 1e3;
        let claimed = 1.0 - rounded_pj / comparison.opponent.bound_mac_pj();
        let against = if comparison.opponent == Opponent::Fp16 { "FP16" } else { "INT8" };
        let saving = comparison.saving;
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let head = format!(
            "{}: of the report's {} against {against}",
            comparison.spiking.hardware,
            percent(claimed)
        );
        let range = match saving.low < saving.high {
            true => format!("{} to {} over the constants' ranges", percent(saving.low), percent(saving.high)),
            false => "no constant has a range".to_owned(),
        };
        let opponent = match comparison.opponent {
            Opponent::Fp16 | Opponent::Int8 => String::new(),
            other => format!(" against {other}"),
        };
        let by = match comparison.same_hardware {
            true => String::new(),
            false => format!(", opponent on {}", comparison.opponent_hardware),
        };
        if saving.value > 0.0 {
            format!("{head}, {} survives{opponent} ({range}{by}).", percent(saving.value))
        } else {
            let times = significant(comparison.energy_ratio());
            format!(
                "{head}, nothing survives: the spikes take {times} times the energy{opponent} (saving {range}{by})."
            )
        }
    }
}
