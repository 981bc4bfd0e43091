//! Progress bars and Ctrl-C.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A bar over `tokens` on standard error; silent where that is no terminal.
pub(crate) fn token_bar(tokens: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(tokens as u64).with_message(what);
    let template = "{msg:>12} [{bar:40}] {pos}/{len} tokens, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A bar over bytes on standard error; silent where that is no terminal.
pub(crate) fn byte_bar(bytes: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(bytes).with_message(what);
    let template =
        "{msg:>12} [{bar:40}] {decimal_bytes}/{decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A bar over the coded vectors of a record on standard error; silent where that is no terminal.
pub(crate) fn vector_bar(vectors: u64) -> ProgressBar {
    let bar = ProgressBar::new(vectors);
    let template = "     reading [{bar:40}] {pos}/{len} vectors, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A count of the spikes read, whose end is not known.
#[cfg(feature = "polars")]
pub(crate) fn spike_bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("     reading {spinner} {human_pos} spikes, {per_sec}") {
        bar.set_style(style);
    }
    bar
}

/// A bar over biological time, whose message is how much longer the run takes.
pub(crate) fn biological_bar(duration_ms: f64) -> ProgressBar {
    let bar = ProgressBar::new(duration_ms as u64);
    let template = "  simulating [{bar:40}] {pos}/{len} ms, {msg} times real time, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// Set by the first Ctrl-C, which asks for an orderly end; the second ends at once.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for Ctrl-C and the termination signal.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Self::listen_and(|| {})
    }

    /// The same, and does `first` at the first.
    pub(crate) fn listen_and(first: impl Fn() + Send + 'static) -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&flag);
        ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            first();
        })?;
        Ok(Self(flag))
    }

    /// Whether it was asked for.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
