//! How far two spike trains are apart: [`van_rossum`] and [`victor_purpura()`] distances with a timescale to choose, and the
//! [`mod@isi_distance`] and [`spike_distance`] that have none.

pub mod isi_distance;
mod kreuz;
pub mod spike_distance;
mod table;
pub mod van_rossum;
pub mod victor_purpura;

pub use isi_distance::isi_distance_matrix;
pub use spike_distance::spike_distance_matrix;
pub use table::{closest, table};
pub use van_rossum::van_rossum_matrix;
pub use victor_purpura::{victor_purpura, victor_purpura_matrix};
