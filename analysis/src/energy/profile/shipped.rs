//! The profiles that are part of the program, and loading by name or path.

use super::{HardwareProfile, ProfileError};
use std::path::Path;

/// Names and texts of the shipped profiles.
pub const SHIPPED: &[(&str, &str)] = &[
    ("45nm", include_str!("../profiles/45nm.toml")),
    ("asynchronous", include_str!("../profiles/asynchronous.toml")),
    ("loihi", include_str!("../profiles/loihi.toml")),
    ("loihi-coarse", include_str!("../profiles/loihi-coarse.toml")),
    ("spinnaker", include_str!("../profiles/spinnaker.toml")),
    ("spinnaker2", include_str!("../profiles/spinnaker2.toml")),
    ("seneca", include_str!("../profiles/seneca.toml")),
    ("truenorth", include_str!("../profiles/truenorth.toml")),
    ("odin", include_str!("../profiles/odin.toml")),
    ("reckon", include_str!("../profiles/reckon.toml")),
    ("ubrain", include_str!("../profiles/ubrain.toml")),
    ("tianjic", include_str!("../profiles/tianjic.toml")),
    ("neuronflow", include_str!("../profiles/neuronflow.toml")),
    ("cpu", include_str!("../profiles/cpu.toml")),
    ("gpu", include_str!("../profiles/gpu.toml")),
    ("arm", include_str!("../profiles/arm.toml")),
];

/// A profile file may not be larger.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

impl HardwareProfile {
    /// A shipped profile.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], which lists the names there are.
    pub fn shipped(name: &str) -> Result<Self, ProfileError> {
        match SHIPPED.iter().find(|(known, _)| *known == name) {
            Some((known, text)) => Self::parse(text, &format!("profile {known}")),
            None => Err(ProfileError::unknown(name)),
        }
    }

    /// A shipped profile by its name, or a profile file by its path.
    ///
    /// # Errors
    /// [`ProfileError`], naming file, key and value.
    pub fn load(name_or_path: &str) -> Result<Self, ProfileError> {
        let path = Path::new(name_or_path);
        if SHIPPED.iter().any(|(name, _)| *name == name_or_path) {
            return Self::shipped(name_or_path);
        }
        if !path.exists() {
            return Err(ProfileError::unknown(name_or_path));
        }
        let read = |reason: String| ProfileError::Read { file: name_or_path.to_owned(), reason };
        let size = std::fs::metadata(path).map_err(|e| read(e.to_string()))?.len();
        if size > LARGEST_FILE_BYTES {
            return Err(read(format!("{size} bytes is more than {LARGEST_FILE_BYTES}")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| read(e.to_string()))?;
        Self::parse(&text, name_or_path)
    }
}
