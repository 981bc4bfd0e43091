//! `synfire energy` and `synfire hardware`, called as a user would, and counting against the simulator's own codings.
#![allow(clippy::unwrap_used)]

mod common;

use common::{json, refused, said, told};
use std::path::Path;
use synfire::analysis::energy::{EnergyCounts, Fetch, Layout, Refetch};
use synfire::datasets::checkpoint::{Attention, Checkpoint};
use synfire::datasets::record::{Architecture, RunReader, VectorFilter};
use synfire::datasets::spikes::{Activity, Projection};
use synfire::sim::coding::Coding;
use synfire::sim::recorder::{CodedInput, Recorder, RecorderError};
use synfire::sim::{evaluate::evaluate, model::Model, options::ModelOptions};

/// A run folder with 60 tokens of the built-in model.
fn recorded(home: &Path) {
    said(home, &["run", "--tokens", "60", "--no-baseline", "--out", "run"]);
}

struct Counter(EnergyCounts);

impl Recorder for Counter {
    fn coded(&mut self, coded: &CodedInput<'_>) -> Result<(), RecorderError> {
        for vector in coded.vectors() {
            self.0.observe(&vector.activity, vector.code.counts())?;
        }
        Ok(())
    }
}

#[test]
fn a_record_counts_what_the_run_counted_live() {
    let home = tempfile::tempdir().unwrap();
    recorded(home.path());
    let reader = RunReader::open(&home.path().join("run")).unwrap();
    let mut from_record = EnergyCounts::of_run(reader.manifest()).unwrap();
    let mut vectors = reader.vectors(VectorFilter::default()).unwrap();
    while let Some((activity, counts)) = vectors.next_vector().unwrap() {
        from_record.observe(&activity, counts).unwrap();
    }

    let checkpoint = Checkpoint::builtin().unwrap();
    let text = &synfire::datasets::builtin::HAMLET_EXCERPT[..60];
    let tokens = checkpoint.tokenizer().encode(text).unwrap();
    let model = Model::load(&checkpoint, &ModelOptions::default()).unwrap();
    let architecture = reader.manifest().architecture.clone().unwrap();
    let mut live = Counter(EnergyCounts::new(architecture, from_record.coding()).unwrap());
    evaluate(&model, &tokens, &mut live, |_| true).unwrap();

    assert!(from_record.rows().eq(live.0.rows()));
    assert_eq!(from_record.tokens(), 60);
    let weights: u64 = from_record.row(0, Projection::MlpIn).map(|r| r.inputs * r.largest_outputs).unwrap();
    assert_eq!(weights, 256 * 2 * 640);
}

#[test]
fn every_coding_fetches_a_row_for_every_spike_if_a_block_holds_one_weight() {
    let architecture = Architecture {
        vocab_size: 1,
        hidden_size: 5,
        intermediate_size: 9,
        heads: 1,
        kv_heads: 1,
        head_size: 5,
        layers: vec![Attention::Full],
        window_keys: None,
        down_projection_coded: true,
        weight_group: 128,
        sink_tokens: 0,
        branches_normalised: false,
        mixture: None,
    };
    let counts = [3, 0, -4, 1, 0];
    for coding in Coding::ALL {
        let name = serde_json::to_value(coding).unwrap();
        let mut energy =
            EnergyCounts::new(architecture.clone(), serde_json::from_value(name).unwrap()).unwrap();
        let code = coding.encode(&counts);
        let spikes = code.spike_count();
        let activity = Activity {
            token: 0,
            layer: 0,
            projection: Projection::MlpIn,
            head: 0,
            threshold: 1.0,
            steps: code.steps(),
            zero_point: code.zero_point(),
            neurons: 5,
            spikes,
            silent: 2,
            synaptic_operations: spikes * 18,
        };
        energy.observe(&activity, &counts).unwrap();
        let row = energy.row(0, Projection::MlpIn).unwrap();
        let bytes = |refetch| row.fetched_bits(Fetch::new(1, Layout::InputMajor, refetch).unwrap()) / 8;
        let fires = |channel: u32| code.spikes().any(|spike| spike.neuron == channel);
        let firing = (0..5).filter(|c| fires(*c)).count() as u128;
        assert_eq!(bytes(Refetch::Step), u128::from(spikes) * 18, "{coding}");
        assert_eq!(bytes(Refetch::Token), firing * 18, "{coding}");
        let shifted = code.spikes().filter(|spike| spike.weight.unsigned_abs() > 1).count() as u128;
        assert_eq!(row.shifted_events, shifted * 18, "{coding}");
    }
}

#[test]
fn the_estimate_answers_in_text_json_and_csv() {
    let home = tempfile::tempdir().unwrap();
    recorded(home.path());
    let text = said(home.path(), &["energy", "run", "--by-layer"]);
    for words in
        ["45nm: of the report's 97.7 % against FP16", "Not priced by 45nm", "shifts", "total", "Break-even"]
    {
        assert!(text.contains(words), "no '{words}' in\n{text}");
    }
    let value = told(home.path(), &["energy", "run", "--hardware", "asynchronous", "--json"]);
    let estimate = &value["estimates"][0];
    let costs = estimate["comparison"]["spiking"]["costs"].as_array().unwrap();
    let sum: f64 = costs.iter().map(|c| c["energy_pj"]["value"].as_f64().unwrap()).sum();
    let total = estimate["spiking_total_pj"]["value"].as_f64().unwrap();
    assert!((sum - total).abs() < 1e-9 * total, "{sum} {total}");
    let csv =
        said(home.path(), &["energy", "run", "--hardware", "45nm,loihi", "--baseline", "int8-skip", "--csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("hardware,component,spiking_pj"), "{csv}");
    assert_eq!(lines.iter().filter(|l| l.contains(",total,")).count(), 2, "{csv}");
}

#[test]
fn the_pictures_of_the_estimate_can_be_drawn() {
    let home = tempfile::tempdir().unwrap();
    recorded(home.path());
    for kind in ["energy", "waterfall", "breakeven", "blocks", "sensitivity"] {
        for hardware in ["asynchronous", "loihi"] {
            let file = format!("{kind}-{hardware}.svg");
            said(home.path(), &["plot", "run", kind, "--hardware", hardware, "-o", &file]);
            assert!(std::fs::metadata(home.path().join(&file)).unwrap().len() > 1000, "{file}");
        }
    }
}

#[test]
fn a_profile_of_ones_own_goes_wherever_a_name_goes() {
    let home = tempfile::tempdir().unwrap();
    recorded(home.path());
    let profile = "name = \"mine\"\ntitle = \"My chip\"\n[event]\n\
        synaptic_event_pj = { value = 2, low = 1, high = 3, kind = \"measured\", source = \"bench\" }\n";
    std::fs::write(home.path().join("mine.toml"), profile).unwrap();
    assert!(said(home.path(), &["hardware", "check", "mine.toml"]).contains("1 values for 'mine'"));
    assert!(said(home.path(), &["hardware", "show", "mine.toml"]).contains("1 to 3"));
    let csv = said(home.path(), &["energy", "run", "--hardware", "mine.toml", "--csv"]);
    let events = csv.lines().find(|l| l.contains("synaptic events")).unwrap();
    let cells: Vec<f64> = events.split(',').skip(2).take(3).map(|c| c.parse().unwrap()).collect();
    assert!((cells[1] * 2.0 - cells[0]).abs() < 1e-6 && (cells[1] * 3.0 - cells[2]).abs() < 1e-6, "{events}");
    assert!(said(home.path(), &["hardware", "list"]).contains("seneca"));
    assert!(said(home.path(), &["hardware", "keys"]).contains("event.spike_out_pj"));
}

#[test]
fn mistakes_are_answered_with_one_clear_line() {
    let home = tempfile::tempdir().unwrap();
    recorded(home.path());
    let bad = "name = \"bad\"\ntitle = \"bad\"\n[arithmetic]\n\
        int8_add_pj = { value = -1, kind = \"measured\", source = \"s\" }\n";
    std::fs::write(home.path().join("bad.toml"), bad).unwrap();
    for (arguments, words) in [
        (&["energy", "nowhere"][..], &["nowhere"][..]),
        (&["energy", "run", "--hardware", "abacus"], &["abacus", "loihi"]),
        (&["energy", "run", "--hardware", "bad.toml"], &["bad.toml", "int8_add_pj", "-1"]),
        (&["energy", "run", "--block-bytes", "3"], &["3 bytes", "power of two"]),
        (&["energy", "run", "--baseline-hardware", "loihi"], &["loihi", "45nm"]),
        (&["energy", "run", "--on-chip-kib", "0"], &["--on-chip-kib 0"]),
        (&["hardware", "check", "bad.toml"], &["bad.toml", "-1"]),
        (&["hardware", "show", "abacus"], &["abacus"]),
    ] {
        let error = refused(home.path(), arguments);
        assert!(words.iter().all(|w| error.contains(w)), "{arguments:?}: {error}");
    }
    let manifest = home.path().join("run/manifest.json");
    let mut value = json(&manifest);
    value.as_object_mut().unwrap().remove("architecture");
    std::fs::write(&manifest, value.to_string()).unwrap();
    let error = refused(home.path(), &["energy", "run"]);
    assert!(error.contains("architecture") && error.contains("record it again"), "{error}");
}
