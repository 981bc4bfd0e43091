//! What a checkpoint folder holds, sound or not: every tensor with what it is, and everything that keeps it from being run.
//!
//! Only headers are read, so a checkpoint of any size is inspected at once; numbers are checked where they are loaded.

use super::config::ModelConfig;
use super::layout::{INT8, Layout, Names, Role, SCALES, TensorSpec};
use super::tokenizer::Tokenizer;
use safetensors::tensor::{Dtype, TensorInfo};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A tensor that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// The file that holds it.
    pub file: String,
    /// Type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its size.
    pub bytes: u64,
    /// What it is; `None` if the model does not ask for it.
    pub role: Option<Role>,
    /// Its layer, where it has a role in one.
    pub layer: Option<usize>,
}

impl Found {
    /// Numbers in it, by its shape.
    #[must_use]
    pub fn numbers(&self) -> u64 {
        self.shape.iter().fold(1, |product: u64, n| product.saturating_mul(*n as u64))
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The checkpoint cannot be run.
    Fault,
    /// Worth knowing.
    Note,
}

/// Something about a checkpoint that its user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a file or a tensor.
    pub about: String,
    /// What it is, and what to do.
    pub reason: String,
}

/// What was found in a checkpoint folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Shape of the model, if its config can be read.
    pub config: Option<ModelConfig>,
    /// How weights lie.
    pub layout: Layout,
    /// Tensors by name.
    pub tensors: Vec<Found>,
    /// What is wrong or worth knowing, in the order found.
    pub findings: Vec<Finding>,
}

/// No header is longer (the limit of the format's own reader).
const LONGEST_HEADER: u64 = 100_000_000;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Inspection {
    /// Looks at the checkpoint in `dir`. Whatever is wrong is a finding, so there is no error.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        let mut inspection =
            Self { config: None, layout: Layout::Uncoded, tensors: Vec::new(), findings: Vec::new() };
        if !dir.is_dir() {
            inspection.fault(&dir.display().to_string(), "no such folder; give a checkpoint folder");
            return inspection;
        }
        match ModelConfig::read(&dir.join("config.json")) {
            Ok(config) => inspection.config = Some(config),
            Err(error) => inspection.fault("config.json", &error.to_string()),
        }
        let mut held: BTreeMap<String, Found> = BTreeMap::new();
        for file in inspection.files(dir) {
            for tensor in inspection.header(dir, &file) {
                if let Some(other) = held.insert(tensor.name.clone(), tensor) {
                    inspection.fault(&other.name, &format!("in {} and again in {file}", other.file));
                }
            }
        }
        let holds = |suffix: &str| held.keys().any(|name| name.ends_with(suffix));
        inspection.layout = match (holds(INT8), holds(SCALES)) {
            (true, _) => Layout::Int8,
            (false, true) => Layout::W8aSpike,
            (false, false) => Layout::Uncoded,
        };
        if let Some(config) = inspection.config.clone() {
            inspection.compare(&config, &mut held);
            if let Err(error) = Tokenizer::open(dir, config.vocab_size) {
                inspection.fault("tokenizer", &error.to_string());
            }
        }
        inspection.tensors = held.into_values().collect();
        inspection
    }

    /// Whether the checkpoint can be opened.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Note)
    }

    /// Parameters on disk, INT8 scales left out; with `active`, those that one token meets: of routed experts, as many as it
    /// is sent to.
    #[must_use]
    pub fn parameters(&self, active: bool) -> u64 {
        let counted = |found: &&Found| match found.role {
            Some(Role::Scales(_)) => false,
            Some(Role::Weight(linear)) if active => {
                let mixture = self.config.as_ref().and_then(|config| config.mixture.as_ref());
                let sent_to = mixture.map_or(0, |mixture| mixture.per_token);
                linear.expert().is_none_or(|expert| usize::from(expert) < sent_to)
            }
            _ => true,
        };
        self.tensors.iter().filter(counted).map(Found::numbers).fold(0, u64::saturating_add)
    }

    fn fault(&mut self, about: &str, reason: &str) {
        self.find(Severity::Fault, about, reason);
    }

    fn find(&mut self, severity: Severity, about: &str, reason: &str) {
        self.findings.push(Finding { severity, about: about.to_owned(), reason: reason.to_owned() });
    }

    /// The safetensors files of the folder, by the index where there is one.
    fn files(&mut self, dir: &Path) -> Vec<String> {
        const SINGLE: &str = "model.safetensors";
        const INDEX: &str = "model.safetensors.index.json";
        if dir.join(SINGLE).exists() {
            if dir.join(INDEX).exists() {
                self.find(Severity::Note, INDEX, "not read, as model.safetensors is there");
            }
            return vec![SINGLE.to_owned()];
        }
        let index = std::fs::read(dir.join(INDEX))
            .map_err(|e| format!("{e}; a checkpoint needs model.safetensors or this index with its shards"))
            .and_then(|text| serde_json::from_slice::<Index>(&text).map_err(|e| e.to_string()));
        match index {
            Ok(index) => {
                let named: BTreeSet<String> = index.weight_map.into_values().collect();
                let (beside, elsewhere): (Vec<String>, Vec<String>) =
                    named.into_iter().partition(|name| Path::new(name).components().count() == 1);
                for name in elsewhere {
                    self.fault(INDEX, &format!("shard '{name}' is not a file beside the index"));
                }
                beside
            }
            Err(reason) => {
                self.fault(INDEX, &reason);
                let shards = std::fs::read_dir(dir).into_iter().flatten().flatten();
                let mut shards: Vec<String> =
                    shards.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
                shards.retain(|name| name.ends_with(".safetensors"));
                shards.sort_unstable();
                shards
            }
        }
    }

    /// The tensors that the header of a file tells of.
    fn header(&mut self, dir: &Path, file: &str) -> Vec<Found> {
        match read_header(&dir.join(file)) {
            Ok((infos, short)) => {
                if short > 0 {
                    let reason = format!("{short} bytes shorter than its header says; copy it again");
                    self.fault(file, &reason);
                }
                let found = |(name, info): (String, TensorInfo)| Found {
                    name,
                    file: file.to_owned(),
                    dtype: info.dtype,
                    bytes: (info.data_offsets.1 - info.data_offsets.0) as u64,
                    shape: info.shape,
                    role: None,
                    layer: None,
                };
                infos.into_iter().map(found).collect()
            }
            Err(reason) => {
                self.fault(file, &reason);
                Vec::new()
            }
        }
    }

    /// Tells what each tensor is, and which are missing, misshapen, of a wrong type, or surplus.
    fn compare(&mut self, config: &ModelConfig, held: &mut BTreeMap<String, Found>) {
        for TensorSpec { name, shape, layer, role } in Names(config).all(self.layout) {
            let Some(found) = held.get_mut(&name) else {
                self.fault(&name, &format!("missing; the config asks for it, {shape:?}"));
                continue;
            };
            (found.role, found.layer) = (Some(role), layer);
            let fits = match (role, self.layout) {
                (Role::Weight(_), Layout::Int8) => found.dtype == Dtype::I8,
                _ => matches!(found.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16),
            };
            let (dtype, is) = (found.dtype, format!("{:?}", found.shape));
            if found.shape != shape {
                self.fault(&name, &format!("of shape {is}, expected {shape:?}"));
            }
            if !fits {
                self.fault(&name, &format!("of type {dtype:?}, which is not read here"));
            }
        }
        for found in held.values().filter(|found| found.role.is_none()) {
            let reason = format!("surplus: {:?} {:?}, not asked for by the config", found.dtype, found.shape);
            self.find(Severity::Note, &found.name, &reason);
        }
    }
}

/// Tensors by name, and how many bytes of them the file lacks.
fn read_header(path: &Path) -> Result<(BTreeMap<String, TensorInfo>, u64), String> {
    let mut file = File::open(path).map_err(|e| format!("{e}; the shard is missing"))?;
    let length = file.metadata().map_err(|e| e.to_string())?.len();
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(|_| "too short for a safetensors file; copy it again".to_owned())?;
    let size = u64::from_le_bytes(size);
    if size > LONGEST_HEADER.min(length.saturating_sub(8)) {
        return Err(format!("its header of {size} bytes does not fit; not a whole safetensors file"));
    }
    let mut text = vec![0; size as usize];
    file.read_exact(&mut text).map_err(|e| e.to_string())?;
    let mut entries: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|e| format!("its header is not JSON: {e}"))?;
    entries.remove("__metadata__");
    let mut infos = BTreeMap::new();
    let mut end = 0;
    for (name, entry) in entries {
        let info: TensorInfo =
            serde_json::from_value(entry).map_err(|e| format!("its header, tensor '{name}': {e}"))?;
        let (from, to) = info.data_offsets;
        if from > to {
            return Err(format!("its header, tensor '{name}': bytes {from} to {to}"));
        }
        end = end.max(to as u64);
        infos.insert(name, info);
    }
    Ok((infos, end.saturating_sub(length - 8 - size)))
}

#[cfg(test)]
mod tests;
