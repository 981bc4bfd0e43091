//! Every kind of picture with plain, sparse and extreme data. Set `SYNFIRE_PICTURES` to a folder to keep them and look.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use synfire_analysis::plot::Picture;
use synfire_analysis::plot::bands::{Band, Bands};
use synfire_analysis::plot::correlation::Correlation;
use synfire_analysis::plot::counts::Counts;
use synfire_analysis::plot::curves::{Curves, Line};
use synfire_analysis::plot::heat_map::HeatMap;
use synfire_analysis::plot::histogram::Histogram;
use synfire_analysis::plot::scatter::{Labelled, Scatter};
use synfire_analysis::plot::stacked_bars::StackedBars;
use synfire_analysis::plot::tornado::{Swing, Tornado};
use synfire_analysis::plot::train_raster::TrainRaster;
use synfire_analysis::plot::waterfall::Waterfall;
use synfire_datasets::trains::SpikeTrains;

/// Numbers in [0, 1) that look random.
fn noise(count: usize) -> Vec<f64> {
    let mut state = 1u64;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        })
        .collect()
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{prefix}{i}")).collect()
}

fn trains(units: usize, rate_hz: f64, stop_s: f64) -> SpikeTrains {
    let draws = noise(units * (rate_hz * stop_s * 3.0) as usize);
    let trains: Vec<Vec<f64>> = draws
        .chunks(draws.len() / units)
        .enumerate()
        .map(|(unit, draws)| {
            let mut time_s = 0.0;
            let mean_s = (0.5 + unit as f64 / units as f64) / rate_hz;
            let times = draws.iter().map(|u| {
                time_s -= mean_s * (1.0 - u).ln();
                time_s
            });
            times.take_while(|t| *t < stop_s).collect()
        })
        .collect();
    SpikeTrains::new(&trains, 0.0, stop_s).unwrap()
}

fn counts(scale: f64) -> Counts {
    let samples = (-380..=380i32).filter_map(|s| {
        let share = (-f64::from(s.abs()) / scale).exp();
        let samples = (1e6 * share) as u64 + u64::from(s % 97 == 0);
        (samples > 0).then_some((s, samples))
    });
    Counts { title: "shakespeare: spike counts, all layers".into(), samples: samples.collect(), limit: 32 }
}

fn heat_map(layers: usize) -> HeatMap {
    let mut values: Vec<f64> = noise(layers * 5).iter().map(|u| 65.0 + 22.0 * u).collect();
    values[1] = f64::NAN;
    HeatMap {
        title: "SpikingBrain-7B: sparsity by layer and projection".into(),
        note: "share of (channel, virtual time step) cells without a spike (%)".into(),
        rows: (0..layers).map(|l| format!("{l} {}", ["GLA", "SWA"][l % 2])).collect(),
        row_label: "layer".into(),
        columns: ["attn_in", "query", "o_in", "mlp_in", "down_in"].map(String::from).to_vec(),
        values,
        decimals: 2,
    }
}

fn correlation(units: usize) -> Correlation {
    let draws = noise(units * units);
    let value = |a: usize, b: usize| {
        let same = if a * 4 / units == b * 4 / units { 0.35 } else { -0.1 };
        if a == b { 1.0 } else { same + 0.3 * (draws[a.min(b) * units + a.max(b)] - 0.5) }
    };
    Correlation {
        title: format!("Correlation of {units} units"),
        names: names("", units),
        selection: format!("{units} units"),
        label: "unit".into(),
        value_label: "correlation of counts in 5 ms bins".into(),
        values: (0..units * units).map(|i| value(i / units, i % units)).collect(),
    }
}

fn histogram(log: bool, bins: usize) -> Histogram {
    let edge = |i: usize| {
        let share = i as f64 / bins as f64;
        if log { 10f64.powf(share * 4.0) } else { 120.0 * share }
    };
    let height = |i: usize| {
        let share = i as f64 / bins as f64;
        if log {
            (1e4 * (-(share - 0.4).powi(2) * 30.0).exp()).round()
        } else {
            (900.0 * (-4.0 * share).exp()).round()
        }
    };
    Histogram {
        title: "Inter-spike intervals of 100 units".into(),
        label: "interval (ms)".into(),
        height_label: "intervals".into(),
        edges: (0..=bins).map(edge).collect(),
        heights: (0..bins).map(height).collect(),
        log,
        marks: vec![("median 22.4 ms".into(), 22.4), ("mean 31.0 ms".into(), 31.0)],
    }
}

fn bands(series: usize, points: usize) -> Bands {
    let draws = noise(series * points);
    let band = |i: usize| {
        let middle: Vec<f64> =
            (0..points).map(|p| 1.0 + 0.04 * i as f64 + 0.15 * draws[i * points + p]).collect();
        let shifted = |by: f64| middle.iter().map(|m| m + by).collect();
        Band { name: format!("layer {i}"), edges: Some((shifted(-0.05), shifted(0.07))), middle }
    };
    Bands {
        title: "Mean spikes per channel over the text".into(),
        note: "mean and quartiles of windows of 16 tokens".into(),
        x_label: "token".into(),
        y_label: "spikes per channel".into(),
        x: (0..points).map(|p| 16.0 * p as f64).collect(),
        series: (0..series).map(band).collect(),
    }
}

fn curves(lines: usize, points: usize) -> Curves {
    let line = |i: usize| {
        let x: Vec<f64> = (0..points).map(|p| 0.1 * 1.2f64.powi(p as i32)).collect();
        let y = x.iter().map(|x| 0.1 + 0.13 * x * (1.0 + i as f64)).collect();
        Line { name: format!("weights in blocks of {}", 1 << i), x, y }
    };
    Curves {
        title: "Energy of spikes against a dense INT8 MAC".into(),
        x_label: "mean spikes per channel".into(),
        y_label: "energy ratio".into(),
        log_x: true,
        log_y: true,
        lines: (0..lines).map(line).collect(),
        reference: Some((1.0, "as much as dense INT8".into())),
    }
}

fn scatter(points: usize) -> Scatter {
    let draws = noise(points * 2);
    let point = |i: usize| Labelled {
        x: 0.05 + draws[2 * i] * 0.4,
        y: 2.0 + 0.2 * draws[2 * i + 1],
        label: format!("k = {i}, INT8"),
    };
    let published = Labelled { x: 0.034, y: 2.1, label: "published bound".into() };
    Scatter {
        title: "Accuracy against energy".into(),
        x_label: "energy (pJ per MAC)".into(),
        y_label: "bits per byte".into(),
        log_x: true,
        log_y: false,
        groups: vec![
            ("this run".into(), (0..points).map(point).collect()),
            ("SpikingBrain report".into(), vec![published]),
        ],
        front: true,
    }
}

fn stacked_bars(layers: usize) -> StackedBars {
    let draws = noise(layers * 6);
    let parts = ["adds", "weight memory", "routing", "control", "state and KV cache", "leakage"];
    let part = |i: usize| (parts[i].to_owned(), (0..layers).map(|l| 3e4 * draws[l * 6 + i]).collect());
    StackedBars {
        title: "Energy by component and layer".into(),
        label: "energy (nJ per token)".into(),
        row_label: "layer".into(),
        rows: (0..layers).map(|l| format!("{l} {}", ["GLA", "SWA"][l % 2])).collect(),
        parts: (0..6).map(part).collect(),
    }
}

fn waterfall(parts: &[(&str, f64)]) -> Waterfall {
    Waterfall {
        title: "From the idealised bound to the full estimate".into(),
        label: "energy (pJ per MAC)".into(),
        start: ("idealised bound: adds only".into(), 0.0354),
        parts: parts.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        end: "full estimate".into(),
    }
}

fn tornado(bars: &[(&str, f64, f64)]) -> Tornado {
    Tornado {
        title: "What the estimate hangs on".into(),
        label: "energy (pJ per MAC)".into(),
        centre: 0.31,
        bars: bars
            .iter()
            .map(|(name, low, high)| Swing { name: (*name).to_owned(), low: *low, high: *high })
            .collect(),
    }
}

/// Named pictures, from data of every size.
fn pictures() -> Vec<(&'static str, Box<dyn Picture>)> {
    let long =
        "activity-dependent weight fetches from on-chip SRAM in blocks of 128 channels, read twice per token";
    let parts = [
        ("weight memory", 0.21),
        ("routing", 0.032),
        ("silent blocks", -0.08),
        (long, 0.055),
        ("leakage", 0.009),
    ];
    let swings =
        [("SRAM access, 0.1 to 0.4 pJ/B", 0.18, 0.52), (long, 0.29, 0.34), ("k, 2 to 4", 0.33, 0.27)];
    vec![
        ("counts", Box::new(counts(2.0))),
        ("counts-wide", Box::new(counts(20.0))),
        ("heat-map-1", Box::new(heat_map(1))),
        ("heat-map-4", Box::new(heat_map(4))),
        ("heat-map-28", Box::new(heat_map(28))),
        ("heat-map-120", Box::new(heat_map(120))),
        ("correlation-2", Box::new(correlation(2))),
        ("correlation-30", Box::new(correlation(30))),
        ("correlation-1000", Box::new(correlation(1000))),
        ("histogram", Box::new(histogram(false, 60))),
        ("histogram-log", Box::new(histogram(true, 80))),
        ("histogram-1", Box::new(histogram(false, 1))),
        ("bands-1", Box::new(bands(1, 1))),
        ("bands-4", Box::new(bands(4, 120))),
        ("bands-28", Box::new(bands(28, 60))),
        ("curves-5", Box::new(curves(5, 30))),
        ("curves-1", Box::new(curves(1, 1))),
        ("scatter-12", Box::new(scatter(12))),
        ("scatter-0", Box::new(scatter(0))),
        ("stacked-bars-1", Box::new(stacked_bars(1))),
        ("stacked-bars-28", Box::new(stacked_bars(28))),
        ("waterfall", Box::new(waterfall(&parts))),
        ("waterfall-0", Box::new(waterfall(&[]))),
        ("tornado", Box::new(tornado(&swings))),
    ]
}

#[test]
fn every_picture_is_drawn_whole_the_same_each_time_and_as_well_formed_svg() {
    let home = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("SYNFIRE_PICTURES").map_or_else(|| home.path().to_owned(), PathBuf::from);
    let many = trains(1000, 8.0, 10.0);
    let few = trains(12, 40.0, 0.6);
    let raster = |trains| TrainRaster {
        title: "Poisson".into(),
        trains,
        units: 0..1000,
        span_s: None,
        groups: Vec::new(),
    };
    let rasters: [(&str, Box<dyn Picture + '_>); 2] =
        [("trains-1000", Box::new(raster(&many))), ("trains-12", Box::new(raster(&few)))];
    for (name, picture) in pictures().into_iter().map(|(n, p)| (n, p as Box<dyn Picture>)).chain(rasters) {
        let svg = picture.svg().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(svg, picture.svg().unwrap(), "{name}");
        assert!(svg.starts_with("<svg width=") && svg.trim_end().ends_with("</svg>"), "{name}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
        picture.draw(&folder.join(format!("{name}.png"))).unwrap();
        picture.draw(&folder.join(format!("{name}.svg"))).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap(), svg, "{name}");
        assert!(std::fs::read(folder.join(format!("{name}.png"))).unwrap().starts_with(b"\x89PNG"), "{name}");
    }
    let left = std::fs::read_dir(&folder).unwrap().flatten();
    assert!(!left.into_iter().any(|e| e.file_name().to_string_lossy().contains(".part.")));
}

/// Marks of a kind in an SVG.
fn marks(svg: &str, tag: &str) -> usize {
    svg.matches(&format!("<{tag} ")).count()
}

#[test]
fn an_svg_is_balanced_and_holds_the_labels_and_marks_of_its_data() {
    let with_markup =
        Waterfall { title: "a < b & \"c\"".into(), ..waterfall(&[("up", 0.1), ("down", -0.02)]) };
    let svg = with_markup.svg().unwrap();
    assert!(svg.contains("a &lt; b &amp; &quot;c&quot;"), "{svg}");
    for text in ["+0.1", "−0.02", "0.0354", "0.115", "full estimate", "energy (pJ per MAC)"] {
        assert!(svg.contains(text), "no {text}");
    }
    assert_eq!(marks(&svg, "text"), svg.matches("</text>").count());

    let bars = |layers| marks(&stacked_bars(layers).svg().unwrap(), "rect");
    // Per layer six parts; the rest (paper, key, grid, axis) is the same but for the ticks.
    assert!(bars(28) - bars(1) >= 27 * 6 && bars(28) - bars(1) < 27 * 6 + 20, "{} {}", bars(28), bars(1));
    let cells = marks(&heat_map(4).svg().unwrap(), "rect");
    assert_eq!(cells, 4 * 5 - 1 + 1, "one cell is NaN, and the paper is a rectangle too");
    assert_eq!(marks(&scatter(12).svg().unwrap(), "circle"), 13);
    assert_eq!(marks(&curves(5, 30).svg().unwrap(), "circle"), 10, "a ring at each of 5 crossings");
    let trains = SpikeTrains::new(&[vec![0.1, 0.2], vec![0.5]], 0.0, 1.0).unwrap();
    let spikes = |span_s| {
        let picture =
            TrainRaster { title: String::new(), trains: &trains, units: 0..2, span_s, groups: Vec::new() };
        picture.svg().unwrap().matches("#163F80").count()
    };
    assert_eq!((spikes(None), spikes(Some((0.0, 0.4999)))), (3, 2), "a mark for each spike in the span");
}

#[test]
fn data_that_cannot_be_drawn_are_refused_by_name_and_value() {
    let error = |picture: &dyn Picture| picture.svg().unwrap_err().to_string();
    let cases: [(Box<dyn Picture>, &str); 11] = [
        (Box::new(Histogram::default()), "no bins of the histogram"),
        (Box::new(Histogram { edges: vec![0.0], ..histogram(false, 3) }), "1 edges of bins, 4 are needed"),
        (
            Box::new(Histogram {
                edges: vec![0.0, 1.0],
                heights: vec![1.0],
                log: true,
                ..histogram(true, 1)
            }),
            "logarithmic",
        ),
        (Box::new(Histogram { heights: vec![f64::NAN], ..histogram(false, 1) }), "height of a bin 0 is NaN"),
        (Box::new(HeatMap::default()), "no cell"),
        (Box::new(Correlation::default()), "no pairs of units"),
        (Box::new(Bands::default()), "no value across"),
        (Box::new(Curves::default()), "no value across"),
        (Box::new(Scatter::default()), "no value across"),
        (Box::new(StackedBars::default()), "no bars"),
        (Box::new(Tornado::default()), "no assumptions"),
    ];
    for (picture, words) in cases {
        let said = error(picture.as_ref());
        assert!(said.contains(words), "'{words}' is not in '{said}'");
    }
    let empty = SpikeTrains::new(&[[]; 0], 0.0, 1.0).unwrap();
    let picture =
        TrainRaster { title: String::new(), trains: &empty, units: 0..9, span_s: None, groups: Vec::new() };
    assert!(error(&picture).contains("no units"));
    assert!(error(&waterfall(&[("x", f64::INFINITY)])).contains("inf"));
    assert!(
        error(&Counts { title: String::new(), samples: [].into(), limit: 32 }).contains("no channel samples")
    );
}

#[test]
fn silent_units_and_equal_values_are_drawn_all_the_same() {
    let trains = SpikeTrains::new(&[vec![], vec![]], 0.0, 1.0).unwrap();
    TrainRaster { title: String::new(), trains: &trains, units: 0..2, span_s: None, groups: Vec::new() }
        .svg()
        .unwrap();
    let flat = HeatMap { values: vec![50.0; 20], ..heat_map(4) };
    assert!(!flat.svg().unwrap().contains("NaN"));
    Counts { title: String::new(), samples: [(0, 9)].into(), limit: 32 }.svg().unwrap();
    let zeros = StackedBars { parts: vec![("nothing".into(), vec![0.0])], ..stacked_bars(1) };
    assert!(!zeros.svg().unwrap().contains("NaN"));
}
