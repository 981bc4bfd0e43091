//! Networks of the literature, ready to run.

mod potjans_diesmann;

use super::description::Network;
use super::error::NetworkError;

/// Names of the ready-made networks.
pub const READY_MADE: [&str; 5] =
    ["brunel2000", "vogels-abbott-cuba", "vogels-abbott-coba", "potjans-diesmann", "alif-reservoir"];

impl Network {
    /// The ready-made network of this name and size (see [`scaled`](Self::scaled); `potjans-diesmann` makes up for the synapses
    /// that a smaller one lacks), with some keys set anew as in [`parse_with`](Self::parse_with); `None` if there is none.
    ///
    /// # Errors
    /// [`NetworkError::Key`] for settings that do not fit.
    pub fn ready_made(name: &str, scale: f64, settings: &[String]) -> Option<Result<Self, NetworkError>> {
        let text = match name {
            "brunel2000" => include_str!("brunel2000.toml"),
            "vogels-abbott-cuba" => include_str!("vogels-abbott-cuba.toml"),
            "vogels-abbott-coba" => include_str!("vogels-abbott-coba.toml"),
            "alif-reservoir" => include_str!("alif-reservoir.toml"),
            "potjans-diesmann" => {
                let text = potjans_diesmann::network(scale).to_toml().map_err(|error| NetworkError::Syntax {
                    file: name.to_owned(),
                    reason: error.to_string(),
                });
                return Some(text.and_then(|text| Self::parse_with(&text, name, settings)));
            }
            _ => return None,
        };
        Some(Self::parse_with(text, name, settings).map(|network| network.scaled(scale)))
    }
}
