//! Both forms hold the same integers; calibration never adds error.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::checkpoint::{Attention, SHARD_BYTES};

fn every_projection(checkpoint: &Checkpoint) -> Vec<QuantisedLinear> {
    let mut all = Vec::new();
    for (layer, attention) in checkpoint.config().layers.iter().enumerate() {
        let gate = (*attention == Attention::Gla).then_some(Linear::Gate);
        let linears = [Linear::Query, Linear::Value, Linear::Output, Linear::MlpUp, Linear::MlpDown];
        all.extend(linears.into_iter().chain(gate).map(|l| checkpoint.quantised(layer, l).unwrap()));
    }
    all
}

fn requantised(dir: &Path, source: &Checkpoint, form: QuantisedForm) -> Checkpoint {
    let quantisation = Quantisation { source, form, calibration: None };
    quantisation.write(dir, SHARD_BYTES, false, |_| true).unwrap().unwrap();
    Checkpoint::open(dir).unwrap()
}

#[test]
fn both_forms_read_back_to_the_integers_and_scales_of_quantisation_on_load() {
    let home = tempfile::tempdir().unwrap();
    let builtin = Checkpoint::builtin().unwrap();
    let expected = every_projection(&builtin);
    let int8 = requantised(&home.path().join("int8"), &builtin, QuantisedForm::Int8);
    let float = requantised(&home.path().join("float"), &builtin, QuantisedForm::Float);
    let from_float = requantised(&home.path().join("from-float"), &float, QuantisedForm::Int8);
    for (checkpoint, layout) in
        [(&int8, Layout::Int8), (&float, Layout::W8aSpike), (&from_float, Layout::Int8)]
    {
        assert_eq!(checkpoint.layout(), layout);
        assert!(every_projection(checkpoint) == expected, "{layout:?}");
        assert_eq!(checkpoint.final_norm().unwrap(), builtin.final_norm().unwrap());
        assert_eq!(checkpoint.config(), builtin.config());
    }
}

#[test]
fn calibrated_scales_err_less_than_those_of_the_absolute_maximum_on_the_inputs_seen() {
    let home = tempfile::tempdir().unwrap();
    let source = Checkpoint::builtin().unwrap();
    let seen = |layer: usize, linear| {
        let inputs = source.dense(layer, linear).unwrap().weight.cols();
        (linear != Linear::Key).then(|| (0..inputs).map(|i| 1.0 / (1 + i % 17) as f64).collect())
    };
    let quantisation = Quantisation { source: &source, form: QuantisedForm::Int8, calibration: Some(&seen) };
    let dir = home.path().join("calibrated");
    let error = quantisation.write(&dir, SHARD_BYTES, false, |_| true).unwrap().unwrap();
    assert!(error.calibrated < 0.97 * error.absolute_maximum, "{error:?}");
    let calibrated = Checkpoint::open(&dir).unwrap();
    assert!(calibrated.quantised(0, Linear::Key).unwrap() == source.quantised(0, Linear::Key).unwrap());
    assert!(calibrated.quantised(0, Linear::Query).unwrap() != source.quantised(0, Linear::Query).unwrap());

    let short = |_: usize, _| Some(vec![1.0]);
    let wrong = Quantisation { calibration: Some(&short), ..quantisation };
    assert!(wrong.write(&home.path().join("wrong"), SHARD_BYTES, false, |_| true).is_err());
}
