//! Synfire's side of `benches/peers/elephant`: the statistics of a file of spike trains, timed, as JSON.
//!
//!     elephant_bench TRAINS.f64 [REPEATS]
//!
//! The file holds little-endian doubles: the number of units, the stop of the span in seconds, the spikes of each unit, then all
//! times in seconds, unit after unit. Each line takes the least time of `REPEATS` runs (default 3) and gives a sum of its results,
//! which the script compares with Elephant's.

use std::{error::Error, hint::black_box, time::Instant};
use synfire_analysis::{
    binning::BinnedTrains,
    correlation::{correlation_matrix, cross_correlogram, tiling_coefficient},
    distance::{van_rossum_matrix, victor_purpura_matrix},
    intervals::{cv, cv2, fano_factor, intervals, lv},
    pairs::SymmetricMatrix,
    rates::{Kernel, RateEstimator, RateOptions, Shape, mean_rates_hz, time_histogram},
};
use synfire_datasets::trains::SpikeTrains;

fn read(path: &str) -> Result<SpikeTrains, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let numbers: Vec<f64> = bytes.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
    let truncated = || format!("{path}: the file ends before the trains do");
    let (&[units, stop_s], rest) = numbers.split_first_chunk().ok_or_else(truncated)?;
    let (sizes, mut times) = rest.split_at_checked(units as usize).ok_or_else(truncated)?;
    let mut trains = Vec::with_capacity(sizes.len());
    for &size in sizes {
        let (train, others) = times.split_at_checked(size as usize).ok_or_else(truncated)?;
        trains.push(train);
        times = others;
    }
    Ok(SpikeTrains::new(&trains, 0.0, stop_s)?)
}

/// The sum of a whole matrix.
fn total(matrix: &SymmetricMatrix) -> f64 {
    let pairs: f64 = matrix.pairs().map(|pair| pair.2).sum();
    let diagonal: f64 = (0..matrix.units()).map(|unit| matrix.get(unit, unit)).sum();
    2.0 * pairs + diagonal
}

/// Least time in seconds of several runs and the result.
fn timed<T>(repeats: usize, run: impl Fn() -> T) -> (f64, T) {
    let once = || {
        let start = Instant::now();
        let result = black_box(run());
        (start.elapsed().as_secs_f64(), result)
    };
    (1..repeats).fold(once(), |best, _| {
        let next = once();
        if next.0 < best.0 { next } else { best }
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: elephant_bench TRAINS.f64 [REPEATS]")?;
    let repeats = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let trains = read(&path)?;
    let mut lines = serde_json::Map::new();
    let mut line = |name: &str, seconds: f64, sum: f64| {
        lines.insert(name.to_owned(), serde_json::json!({ "seconds": seconds, "sum": sum }));
    };

    let (seconds, rates) = timed(repeats, || mean_rates_hz(&trains));
    line("mean_rate", seconds, rates.iter().sum());
    let (seconds, all) = timed(repeats, || trains.iter().map(intervals).collect::<Vec<_>>());
    line("isi", seconds, all.iter().map(|of_unit| of_unit.iter().sum::<f64>()).sum());
    for (name, statistic) in [("cv", cv as fn(&[f64]) -> f64), ("cv2", cv2), ("lv", lv)] {
        let (seconds, values) = timed(repeats, || trains.iter().map(statistic).collect::<Vec<f64>>());
        line(name, seconds, values.iter().sum());
    }
    let (seconds, fano) = timed(repeats, || fano_factor(trains.iter().map(|train| train.len() as u64)));
    line("fano", seconds, fano);
    let (seconds, histogram) = timed(repeats, || time_histogram(&trains, 0.005));
    line("time_histogram_5ms", seconds, histogram?.counts.iter().sum::<u64>() as f64);
    let hundred = trains.select(&(0..trains.len().min(100)).collect::<Vec<usize>>());
    let options = RateOptions::new(Kernel::new(Shape::Gaussian, 0.050), 0.001);
    let (seconds, rates) = timed(repeats, || {
        RateEstimator::new(&options, hundred.start_s(), hundred.stop_s())
            .and_then(|estimator| estimator.rates(&hundred))
    });
    line("inst_rate_100units_1ms", seconds, rates?.values_hz.iter().sum());

    let (seconds, binned) = timed(repeats, || BinnedTrains::new(&trains, 0.005));
    let binned = binned?;
    let counts: u64 = (0..binned.len()).map(|unit| binned.train(unit).squares()).sum();
    line("bin_5ms", seconds, counts as f64);

    let (seconds, correlation) = timed(repeats, || correlation_matrix(&binned));
    line("corrcoef_matrix", seconds, total(&correlation));

    let first: Vec<usize> = (0..trains.len().min(41)).collect();
    let fine = BinnedTrains::new(&trains.select(&first), 0.001)?;
    let (seconds, histograms) = timed(repeats, || {
        let pairs = (0..20).flat_map(|i| (20..30).map(move |j| (i, j)));
        pairs
            .map(|(i, j)| cross_correlogram(fine.train(i), fine.train(j), -50..=50))
            .collect::<Result<Vec<_>, _>>()
    });
    // Weighted by the lag, so that a histogram turned round is seen.
    let weighted =
        histograms?.iter().flat_map(|h| h.lags().zip(h.values())).map(|(lag, n)| (lag + 51) as f64 * n).sum();
    line("cch_200pairs", seconds, weighted);

    let short: Vec<&[f64]> = trains.iter().take(50).map(|train| &train[..train.len().min(200)]).collect();
    let short = SpikeTrains::new(&short, 0.0, trains.stop_s())?;
    let (seconds, distances) = timed(repeats, || van_rossum_matrix(&short, 0.020));
    line("van_rossum_50", seconds, total(&distances));
    let (seconds, distances) = timed(repeats, || victor_purpura_matrix(&short, 20.0));
    line("victor_purpura_50", seconds, total(&distances));

    let (seconds, coefficients) = timed(repeats, || {
        let pair = |(i, j)| {
            tiling_coefficient(trains.train(i), trains.train(j), trains.start_s(), trains.stop_s(), 0.005)
        };
        (0..10).flat_map(|i| (0..i).map(move |j| (i, j))).map(pair).collect::<Vec<f64>>()
    });
    line("sttc_45pairs", seconds, coefficients.iter().sum());

    println!("{}", serde_json::Value::Object(lines));
    Ok(())
}
