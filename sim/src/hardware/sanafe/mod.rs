//! Reading SANA-FE's YAML files as they are: architectures, and spiking networks with their mapping.
//!
//! The format is that of SANA-FE 2.2 (J. A. Boyle et al., "SANA-FE: Simulating Advanced Neuromorphic Architectures for
//! Fast Exploration", IEEE TCAD 2025); units there are J and s. What its pipeline of plug-ins can do beyond Loihi and
//! TrueNorth (own libraries, dendritic taps, the time-step buffer elsewhere than before the soma) is refused by name.

mod architecture;
mod network;
mod yaml;

pub use architecture::parse_architecture;
pub use network::parse_network;

/// A file may not be larger.
pub const LARGEST_FILE_BYTES: u64 = 1 << 28;

/// The range of `name[0..31]` or `0..31`, and what stands before the bracket. A name without a range is one.
fn range(text: &str) -> Option<(&str, Option<std::ops::RangeInclusive<usize>>)> {
    let Some((before, after)) = text.split_once("..") else { return Some((text, None)) };
    let (name, first) = before.rsplit_once('[').unwrap_or(("", before));
    let last = after.strip_suffix(']').unwrap_or(after);
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((name, Some(first..=last)))
}
