//! Networks of the literature, ready to run.

use super::description::Network;
use super::error::NetworkError;

/// Names and texts of the ready-made networks.
pub const READY_MADE: [(&str, &str); 3] = [
    ("brunel2000", include_str!("networks/brunel2000.toml")),
    ("vogels-abbott-cuba", include_str!("networks/vogels-abbott-cuba.toml")),
    ("vogels-abbott-coba", include_str!("networks/vogels-abbott-coba.toml")),
];

impl Network {
    /// The ready-made network of this name, with some keys set anew as in [`parse_with`](Self::parse_with); `None` if there is
    /// none.
    ///
    /// # Errors
    /// [`NetworkError::Key`] for settings that do not fit.
    pub fn ready_made(name: &str, settings: &[String]) -> Option<Result<Self, NetworkError>> {
        let (name, text) = READY_MADE.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse_with(text, name, settings))
    }
}
