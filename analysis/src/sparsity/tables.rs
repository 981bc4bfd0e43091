//! The statistics of this folder as [`Table`]s, one row a group.

use super::by::{By, Key};
use super::{Grouped, Histogram, NeuronFigures, Neurons, Sparsity, Window, sums};
use crate::table::{Table, Values};

/// Sparsity from activity alone: spikes a channel, silent share, cells, operations. `runs` names the runs by number.
#[must_use]
pub fn sparsity_table(by: &By, groups: &[(Key, Sparsity)], runs: &[String]) -> Table {
    let (keys, groups): (Vec<Key>, Vec<Sparsity>) = groups.iter().copied().unzip();
    let mut table = by.columns(Table::new("sparsity", "Sparsity"), &keys, runs);
    table.columns.extend(sums::columns(&groups));
    table
}

/// Spike counts: shares at 0, up to 7 and above 16, the largest, and the sparsity of a window.
#[must_use]
pub fn counts_table(groups: &Grouped<(Sparsity, Window)>, runs: &[String]) -> Table {
    let by = groups.by();
    let (keys, groups) = groups.columns();
    let real = |of: fn(&Sparsity) -> f64| Values::Real(groups.iter().map(|(s, _)| of(s)).collect());
    let window = |of: fn(&Window) -> f64| Values::Real(groups.iter().map(|(_, w)| of(w)).collect());
    let largest = Values::Integer(groups.iter().map(|(s, _)| i64::from(s.largest_count)).collect());
    let channels = Values::Integer(groups.iter().map(|(s, _)| s.channels as i64).collect());
    let steps = groups.iter().map(|(_, w)| i64::from(w.steps)).collect();
    by.columns(Table::new("counts", "Spike counts"), &keys, runs)
        .column("channels", "channels", "", "channel samples: one channel s of one coded vector", channels)
        .column("silent_share", "s=0", "%", "channel samples that are silent", real(Sparsity::silent_share))
        .column("share_at_most_7", "|s|<=7", "%", "channel samples that three magnitude bits hold", real(Sparsity::share_at_most_7))
        .column("share_above_16", "|s|>16", "%", "channel samples with a count above 16", real(Sparsity::share_above_16))
        .column("largest_count", "max |s|", "", "largest spike count", largest)
        .column("window_steps", "window", "steps", "length n of the window", Values::Integer(steps))
        .column("window_sparsity", "in window", "%", "1 - spikes in the last n steps/(n channels); a vector of fewer than n steps is padded with silence", window(Window::sparsity))
        .column("share_outside_window", "outside", "%", "spikes before the window, of all", window(Window::share_outside))
}

/// The histogram of spike counts, a row for each group and bin.
#[must_use]
pub fn histogram_table(histograms: &Grouped<Histogram>, runs: &[String]) -> Table {
    let (mut keys, mut low, mut high, mut channels, mut share) = (vec![], vec![], vec![], vec![], vec![]);
    for (key, histogram) in histograms.groups() {
        let all = histogram.channels() as f64;
        for bin in histogram.folded() {
            keys.push(*key);
            low.push(bin.low);
            high.push(bin.high);
            channels.push(bin.channels as i64);
            share.push(bin.channels as f64 / all);
        }
    }
    histograms
        .by()
        .columns(Table::new("histogram", "Histogram of spike counts"), &keys, runs)
        .column("from", "from", "", "smallest count s of the bin", Values::Integer(low))
        .column("to", "to", "", "largest count s of the bin", Values::Integer(high))
        .column("channels", "channels", "", "channel samples in the bin", Values::Integer(channels))
        .column("share", "share", "%", "channel samples in the bin, of the group", Values::Real(share))
}

/// Dead and always-active neurons, population and lifetime sparseness.
#[must_use]
pub fn neurons_table(neurons: &Grouped<Neurons>, runs: &[String]) -> Table {
    let (keys, groups): (Vec<Key>, Vec<NeuronFigures>) =
        neurons.groups().map(|(key, group)| (*key, group.figures())).unzip();
    let integer =
        |of: fn(&NeuronFigures) -> u64| Values::Integer(groups.iter().map(|f| of(f) as i64).collect());
    let real = |of: fn(&NeuronFigures) -> f64| Values::Real(groups.iter().map(of).collect());
    neurons
        .by()
        .columns(Table::new("neurons", "Neurons"), &keys, runs)
        .column("neurons", "neurons", "", "neurons (channels) seen", integer(|f| f.neurons))
        .column("dead", "dead", "", "neurons without a spike at any token", integer(|f| f.dead))
        .column("always_active", "always", "", "neurons with a spike at every token", integer(|f| f.always_active))
        .column("dead_share", "dead share", "%", "dead neurons, of all", real(|f| f.dead as f64 / f.neurons as f64))
        .column("population_sparseness", "population", "", "Vinje-Gallant sparseness (1 - a)/(1 - 1/n) of the rates |s| of a vector's neurons, a Treves-Rolls' (mean r)^2/mean r^2; mean over vectors", real(|f| f.population_sparseness))
        .column("lifetime_sparseness", "lifetime", "", "the same of a neuron's rates over tokens; mean over neurons that spiked", real(|f| f.lifetime_sparseness))
}
