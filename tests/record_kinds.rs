//! What a record of counts, of activity or of a sample still tells, and what it says of the rest.
#![allow(clippy::unwrap_used)]

mod common;

use common::{refused, said, told};
use std::path::Path;
use synfire::datasets::record::{RunReader, SpikeFilter};

/// Records 80 tokens of the built-in text as `name`.
fn record(home: &Path, name: &str, options: &[&str]) {
    let all = [&["run", "--tokens", "80", "--no-baseline", "--out", name][..], options].concat();
    said(home, &all);
}

fn tables(home: &Path, run: &str, metrics: &str) -> serde_json::Value {
    told(home, &["analyze", run, "--metrics", metrics, "--by", "layer,projection", "--json"])
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

#[test]
fn counts_tell_all_that_needs_no_steps_and_say_what_does() {
    let home = tempfile::tempdir().unwrap();
    for coding in ["bitwise-signed", "binary", "twos-complement"] {
        let (events, counts) = (format!("events-{coding}"), format!("counts-{coding}"));
        record(home.path(), &events, &["--coding", coding]);
        record(home.path(), &counts, &["--coding", coding, "--record", "counts"]);
        for metrics in ["sparsity", "counts", "histogram", "neurons", "neurobench"] {
            let of = |run: &str| tables(home.path(), run, metrics).to_string().replace(run, "RUN");
            assert_eq!(of(&events), of(&counts), "{coding}: {metrics}");
        }
        let energy = |run: &str| said(home.path(), &["energy", run, "--json"]).replace(run, "RUN");
        assert_eq!(energy(&events), energy(&counts), "{coding}");
    }
    let (events, counts) = (home.path().join("events-binary"), home.path().join("counts-binary"));
    assert!(size(&counts.join("counts")) < size(&events.join("spikes")));
    assert_eq!(
        std::fs::read(events.join("raster.svg")).unwrap(),
        std::fs::read(counts.join("raster.svg")).unwrap()
    );
    for command in
        [&["plot", "counts-binary", "raster"][..], &["analyze", "counts-binary", "--metrics", "rates"]]
    {
        let error = refused(home.path(), command);
        assert!(error.contains("--record events"), "{error}");
    }
    said(home.path(), &["report", "counts-binary", "-o", "page.html"]);
    let page = std::fs::read_to_string(home.path().join("page.html")).unwrap();
    assert!(page.contains("spike counts without steps"));
}

#[test]
fn activity_alone_tells_sparsity() {
    let home = tempfile::tempdir().unwrap();
    record(home.path(), "events", &[]);
    record(home.path(), "activity", &["--record", "activity"]);
    assert!(!home.path().join("activity/spikes").exists());
    let of = |run: &str| tables(home.path(), run, "sparsity");
    assert_eq!(of("events"), of("activity"));
    let told = said(home.path(), &["analyze", "activity"]);
    assert!(
        told.contains("recorded are activity without spikes") && !told.contains("Spike counts"),
        "{told}"
    );
    for command in [&["analyze", "activity", "--metrics", "counts"][..], &["energy", "activity"]] {
        let error = refused(home.path(), command);
        assert!(error.contains("no spike counts") && error.contains("events or counts"), "{error}");
    }
    let error = refused(home.path(), &["run", "--record", "activity", "--sample-tokens", "2"]);
    assert!(error.contains("--record activity"), "{error}");
}

#[test]
fn a_sample_holds_the_same_spikes_as_the_whole_and_sparsity_of_all() {
    let home = tempfile::tempdir().unwrap();
    record(home.path(), "whole", &[]);
    record(home.path(), "sample", &["--sample-tokens", "4", "--sample-neurons", "8", "--sample-seed", "5"]);
    record(home.path(), "tokens", &["--sample-tokens", "4"]);
    let of = |run: &str| tables(home.path(), run, "sparsity");
    assert_eq!(of("whole"), of("sample"));
    let open = |run: &str| RunReader::open(&home.path().join(run)).unwrap();
    let spikes = |run: &str| -> Vec<_> {
        let batches = open(run).spikes(&SpikeFilter::default()).unwrap();
        batches.flat_map(|batch| batch.unwrap().iter().collect::<Vec<_>>()).collect()
    };
    let sampling = open("sample").manifest().sampling;
    let mut expected = spikes("whole");
    let all = expected.len();
    expected
        .retain(|s| sampling.keeps_token(s.token) && sampling.keeps_neuron(s.layer, s.projection, s.neuron));
    assert!(expected == spikes("sample"));
    let share = expected.len() as f64 / all as f64;
    assert!((0.5 / 32.0..2.0 / 32.0).contains(&share), "{share}");
    for run in ["sample", "tokens"] {
        let error = refused(home.path(), &["analyze", run, "--metrics", "rates"]);
        assert!(error.contains("--sample-tokens"), "{error}");
    }
    let error = refused(home.path(), &["analyze", "sample", "--metrics", "neurons"]);
    assert!(error.contains("one token in 4, one neuron in 8"), "{error}");
    said(home.path(), &["analyze", "tokens", "--metrics", "neurons"]);
}

const OF_A_SAMPLE: &str = "Of a sample: the record holds the spikes of about one token in 4.";

#[test]
fn numbers_of_a_sample_say_so_and_those_of_all_do_not() {
    let home = tempfile::tempdir().unwrap();
    record(home.path(), "whole", &[]);
    record(home.path(), "tokens", &["--sample-tokens", "4"]);
    let text = |arguments: &[&str]| said(home.path(), arguments);
    let json = |arguments: &[&str]| told(home.path(), &[arguments, &["--json"]].concat());
    let sampling = RunReader::open(&home.path().join("tokens")).unwrap().manifest().sampling;
    let counted = (0..80).filter(|token| sampling.keeps_token(*token)).count();

    // All tables of the energy.
    let energy = text(&["energy", "tokens", "--by-layer"]);
    assert!((12..=15).contains(&energy.matches(OF_A_SAMPLE).count()), "{energy}");
    assert!(energy.contains(&format!("{counted} tokens of 80, a sample of about one in 4")), "{energy}");
    let energy = json(&["energy", "tokens"]);
    let sample = &energy["sample"];
    assert_eq!((&sample["tokens_one_in"], &sample["tokens_read"]), (&4.into(), &80.into()));
    assert_eq!(sample["tokens_counted"], counted);
    for table in energy["estimates"][0]["tables"].as_array().unwrap() {
        assert_eq!(table["note"], OF_A_SAMPLE);
    }
    assert!(!text(&["energy", "whole", "--json"]).contains("sample"));

    // Of the statistics of a run, those that need counts.
    let tables = json(&["analyze", "tokens", "--metrics", "sparsity,counts,neurons"]);
    let notes: Vec<_> = tables.as_array().unwrap().iter().map(|table| table["note"].as_str()).collect();
    assert_eq!(notes, [None, Some(OF_A_SAMPLE), Some(OF_A_SAMPLE)]);
    assert!(text(&["analyze", "tokens"]).contains(OF_A_SAMPLE));
    let both = text(&["analyze", ".", "--metrics", "counts"]);
    assert!(
        both.contains(&format!("tokens: {OF_A_SAMPLE}")) && !both.contains(&format!("whole: {OF_A_SAMPLE}"))
    );

    // The page: figures are of all tokens, tables of counts say what they are of.
    let page = |run: &str| {
        text(&["report", run, "-o", "page.html"]);
        std::fs::read_to_string(home.path().join("page.html")).unwrap()
    };
    let (whole, sampled) = (page("whole"), page("tokens"));
    assert!(sampled.contains(
        "The record holds spikes of one token in 4. Sparsity and activity over the text are of all"
    ));
    assert!(sampled.contains(OF_A_SAMPLE) && sampled.contains("Recorded are spikes of one token in 4."));
    assert!(!whole.contains("Of a sample") && !whole.contains("Recorded are"));
    let figures = |page: &str| {
        let tiles = page.split_once("<ul class=\"tiles\">").unwrap().1.split_once("</ul>").unwrap().0;
        tiles.to_owned()
    };
    assert_eq!(figures(&whole), figures(&sampled));
}

#[test]
fn a_record_without_the_counts_of_all_neurons_has_a_report_that_says_what_is_left_out() {
    let home = tempfile::tempdir().unwrap();
    for (run, options, held) in [
        ("neurons", &["--sample-neurons", "8"][..], "spikes of one neuron in 8"),
        ("activity", &["--record", "activity"], "activity without spikes"),
    ] {
        record(home.path(), run, options);
        said(home.path(), &["report", run, "-o", "page.html"]);
        let page = std::fs::read_to_string(home.path().join("page.html")).unwrap();
        assert!(page.contains(&format!("The record holds {held}.")), "{run}");
        assert!(page.contains("need the counts of all neurons and are left out"), "{run}");
        assert!(page.contains("<h2>Sparsity</h2>") && !page.contains("<h2>Energy</h2>"), "{run}");
        assert_eq!(page.contains("<h2>Raster</h2>"), run == "neurons");
    }
    let page = home.path().join("page.html");
    said(home.path(), &["report", "neurons", "-o", "page.html"]);
    assert!(std::fs::read_to_string(page).unwrap().contains("Recorded are spikes of one neuron in 8."));
}
