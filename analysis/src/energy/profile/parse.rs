//! Strict reading of a profile: unknown keys, negative numbers and NaN are refused, with file, key, value and remedy.

use super::{Constant, HardwareProfile, Kind, Memory, Quantity, SHIPPED};
use toml::{Table, Value};

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Neither a shipped name nor a file.
    #[error("hardware '{name}': no such profile or file; shipped are {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The shipped names.
        known: Vec<&'static str>,
    },
    /// The file cannot be read.
    #[error("{file}: cannot be read: {reason}; give a TOML profile")]
    Read {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Not TOML.
    #[error("{file}: not TOML: {reason}; see 'synfire hardware show 45nm' for the format")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why, on one line.
        reason: String,
    },
    /// A key is missing, unknown, or has a value that cannot be.
    #[error("{file}: {key}: {problem}")]
    Key {
        /// The file.
        file: String,
        /// Section and key.
        key: String,
        /// The value and the remedy.
        problem: String,
    },
}

impl ProfileError {
    pub(super) fn unknown(name: &str) -> Self {
        Self::Unknown { name: name.to_owned(), known: SHIPPED.iter().map(|(name, _)| *name).collect() }
    }
}

const TOP: &[&str] = &["name", "title", "process_nm", "event_driven", "on_chip_kib", "neurons_per_core"];
const SECTIONS: &[&str] = &["arithmetic", "event", "mesh", "off_chip", "static", "memory"];
const MOST_MEMORIES: usize = 64;

impl HardwareProfile {
    /// Reads the text of a profile; `file` names it in errors.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn parse(text: &str, file: &str) -> Result<Self, ProfileError> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| ProfileError::Syntax {
            file: file.to_owned(),
            reason: e.message().replace('\n', " "),
        })?;
        Parser { file }.profile(&table)
    }
}

struct Parser<'a> {
    file: &'a str,
}

impl Parser<'_> {
    fn profile(&self, table: &Table) -> Result<HardwareProfile, ProfileError> {
        self.only(table, "", |key| TOP.contains(&key) || SECTIONS.contains(&key))?;
        let section = |name| self.section(table, name);
        let (mesh, off_chip, statics) = (section("mesh")?, section("off_chip")?, section("static")?);
        let columns_and_rows = [self.whole(mesh, "mesh.", "columns")?, self.whole(mesh, "mesh.", "rows")?];
        let mut profile = HardwareProfile {
            name: self.text(table, "name")?,
            title: self.text(table, "title")?,
            process_nm: self.whole(Some(table), "", "process_nm")?.map(|nm| nm.min(1 << 20) as u32),
            event_driven: match table.get("event_driven") {
                None => true,
                Some(Value::Boolean(event_driven)) => *event_driven,
                Some(other) => {
                    return Err(self.wrong("event_driven", format!("{other} is not true or false")));
                }
            },
            on_chip_kib: self.whole(Some(table), "", "on_chip_kib")?,
            neurons_per_core: self.whole(Some(table), "", "neurons_per_core")?,
            mesh: match columns_and_rows {
                [Some(columns), Some(rows)] => Some([columns, rows]),
                [None, None] => None,
                _ => return Err(self.wrong("mesh", "give both columns and rows".to_owned())),
            },
            off_chip_bits: self.whole(off_chip, "off_chip.", "access_bits")?,
            synaptic_events_per_s: self.rate(statics)?,
            constants: Vec::new(),
            memories: Vec::new(),
            quantities: vec![None; Quantity::ALL.len()],
        };
        for name in SECTIONS.iter().filter(|name| **name != "memory") {
            let Some(section) = self.section(table, name)? else { continue };
            let others: &[&str] = match *name {
                "mesh" => &["columns", "rows"],
                "off_chip" => &["access_bits"],
                "static" => &["synaptic_events_per_s"],
                _ => &[],
            };
            for (key, value) in section {
                let full = format!("{name}.{key}");
                match Quantity::ALL.iter().find(|q| q.section() == *name && q.key() == key) {
                    Some(quantity) => {
                        profile.quantities[*quantity as usize] = Some(profile.constants.len());
                        profile.constants.push(self.constant(full, value)?);
                    }
                    None if others.contains(&key.as_str()) => {}
                    None => return Err(self.unknown_key(&full)),
                }
            }
        }
        if profile.index(Quantity::OffChip).is_some() && profile.off_chip_bits.is_none() {
            return Err(
                self.wrong("off_chip.access_bits", "missing; say how many bits an access has".to_owned())
            );
        }
        self.memories(table, &mut profile)?;
        Ok(profile)
    }

    fn memories(&self, table: &Table, profile: &mut HardwareProfile) -> Result<(), ProfileError> {
        let entries = match table.get("memory") {
            None => return Ok(()),
            Some(Value::Array(entries)) if entries.len() <= MOST_MEMORIES => entries,
            Some(_) => {
                return Err(self.wrong("memory", format!("write up to {MOST_MEMORIES} [[memory]] sections")));
            }
        };
        for entry in entries {
            let Value::Table(entry) = entry else {
                return Err(self.wrong("memory", "write [[memory]] sections".to_owned()));
            };
            let capacity_kib = self.whole(Some(entry), "memory.", "capacity_kib")?;
            let label = capacity_kib.map_or("memory".to_owned(), |kib| format!("memory.{kib}KiB"));
            let (mut read, mut write) = (None, None);
            for (key, value) in entry {
                let slot = match key.as_str() {
                    "read_pj_per_access" => &mut read,
                    "write_pj_per_access" => &mut write,
                    "capacity_kib" | "access_bits" => continue,
                    _ => return Err(self.unknown_key(&format!("memory.{key}"))),
                };
                *slot = Some(profile.constants.len());
                profile.constants.push(self.constant(format!("{label}.{key}"), value)?);
            }
            let Some(access_bits) = self.whole(Some(entry), "memory.", "access_bits")? else {
                return Err(
                    self.wrong("memory.access_bits", "missing; say how many bits an access has".to_owned())
                );
            };
            profile.memories.push(Memory { capacity_kib, access_bits, read, write });
        }
        profile.memories.sort_by_key(|m| m.capacity_kib.unwrap_or(u64::MAX));
        Ok(())
    }

    fn constant(&self, key: String, value: &Value) -> Result<Constant, ProfileError> {
        let Value::Table(table) = value else {
            return Err(self.wrong(
                &key,
                format!("{value}: write {{ value = .., kind = \"measured\", source = \"..\" }}"),
            ));
        };
        let prefix = format!("{key}.");
        self.only(table, &prefix, |k| ["value", "low", "high", "kind", "source"].contains(&k))?;
        let number = |name: &str| match table.get(name) {
            None => Ok(None),
            Some(value) => self.energy(&format!("{prefix}{name}"), value).map(Some),
        };
        let Some(value) = number("value")? else {
            return Err(self.wrong(&format!("{prefix}value"), "missing; give the number".to_owned()));
        };
        let (low, high) = (number("low")?.unwrap_or(value), number("high")?.unwrap_or(value));
        if low > value || high < value {
            return Err(self.wrong(&key, format!("{value} is not between low {low} and high {high}")));
        }
        let kind = match table.get("kind").and_then(Value::as_str) {
            Some("measured") => Kind::Measured,
            Some("simulated") => Kind::Simulated,
            Some("estimated") => Kind::Estimated,
            other => {
                let other = other.unwrap_or("missing");
                return Err(self.wrong(
                    &format!("{prefix}kind"),
                    format!("'{other}'; choose measured, simulated or estimated"),
                ));
            }
        };
        match table.get("source").and_then(Value::as_str).filter(|s| !s.trim().is_empty()) {
            Some(source) => Ok(Constant { key, value, low, high, kind, source: source.to_owned() }),
            None => {
                Err(self.wrong(&format!("{prefix}source"), "missing; say where the value is from".to_owned()))
            }
        }
    }

    fn energy(&self, key: &str, value: &Value) -> Result<f64, ProfileError> {
        match number(value) {
            Some(v) if v.is_finite() && (0.0..=1e18).contains(&v) => Ok(v),
            _ => Err(self.wrong(key, format!("{value} is not a number from 0 to 1e18"))),
        }
    }

    fn rate(&self, statics: Option<&Table>) -> Result<Option<f64>, ProfileError> {
        let key = "static.synaptic_events_per_s";
        match statics.and_then(|s| s.get("synaptic_events_per_s")) {
            None => Ok(None),
            Some(value) => match number(value) {
                Some(v) if v.is_finite() && v > 0.0 => Ok(Some(v)),
                _ => Err(self.wrong(key, format!("{value} is not a number above 0"))),
            },
        }
    }

    fn section<'t>(&self, table: &'t Table, name: &str) -> Result<Option<&'t Table>, ProfileError> {
        match table.get(name) {
            None => Ok(None),
            Some(Value::Table(section)) => Ok(Some(section)),
            Some(other) => Err(self.wrong(name, format!("{other} is not a section; write [{name}]"))),
        }
    }

    fn text(&self, table: &Table, key: &str) -> Result<String, ProfileError> {
        match table.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.wrong(key, "missing; give a text".to_owned())),
        }
    }

    fn whole(&self, table: Option<&Table>, prefix: &str, key: &str) -> Result<Option<u64>, ProfileError> {
        match table.and_then(|t| t.get(key)) {
            None => Ok(None),
            Some(Value::Integer(n)) if (1..=1 << 50).contains(n) => Ok(Some(n.unsigned_abs())),
            Some(other) => {
                Err(self.wrong(&format!("{prefix}{key}"), format!("{other} is not a whole number above 0")))
            }
        }
    }

    fn only(&self, table: &Table, prefix: &str, known: impl Fn(&str) -> bool) -> Result<(), ProfileError> {
        match table.keys().find(|key| !known(key)) {
            Some(key) => Err(self.unknown_key(&format!("{prefix}{key}"))),
            None => Ok(()),
        }
    }

    fn unknown_key(&self, key: &str) -> ProfileError {
        self.wrong(key, "unknown key; 'synfire hardware keys' lists those there are".to_owned())
    }

    fn wrong(&self, key: &str, problem: String) -> ProfileError {
        ProfileError::Key { file: self.file.to_owned(), key: key.to_owned(), problem }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(v) => Some(*v),
        Value::Integer(v) => Some(*v as f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEAD: &str = "name = \"x\"\ntitle = \"X\"\n";

    fn refused(body: &str) -> String {
        HardwareProfile::parse(&format!("{HEAD}{body}"), "x.toml").unwrap_err().to_string()
    }

    #[test]
    fn every_shipped_profile_is_sound_and_named_as_its_file() {
        for (name, _) in SHIPPED {
            let profile = HardwareProfile::shipped(name).unwrap();
            assert_eq!(profile.name, *name);
            assert!(!profile.constants.is_empty(), "{name}");
        }
    }

    #[test]
    fn mistakes_are_named_with_file_key_and_value() {
        let constant = |rest: &str| format!("[arithmetic]\nint8_add_pj = {{ {rest} }}\n");
        for (body, words) in [
            (constant("value = -1, kind = \"measured\", source = \"s\""), &["int8_add_pj.value", "-1"][..]),
            (constant("value = nan, kind = \"measured\", source = \"s\""), &["int8_add_pj.value", "nan"]),
            (constant("value = inf, kind = \"measured\", source = \"s\""), &["int8_add_pj.value", "inf"]),
            (constant("value = 1, kind = \"guessed\", source = \"s\""), &["kind", "guessed", "measured"]),
            (constant("value = 1, kind = \"measured\""), &["source", "missing"]),
            (constant("value = 1, low = 2, kind = \"measured\", source = \"s\""), &["low 2"]),
            (
                constant("value = 1, unit = 2, kind = \"measured\", source = \"s\""),
                &["int8_add_pj.unit", "unknown"],
            ),
            (constant("kind = \"measured\", source = \"s\""), &["int8_add_pj.value", "missing"]),
            ("[arithmetic]\nint8_add_pj = 1\n".to_owned(), &["arithmetic.int8_add_pj", "value"]),
            ("[arithmetic]\nint9_add_pj = 1\n".to_owned(), &["arithmetic.int9_add_pj", "unknown key"]),
            ("colour = 3\n".to_owned(), &["colour", "unknown key"]),
            ("process_nm = -3\n".to_owned(), &["process_nm", "-3"]),
            ("[mesh]\ncolumns = 3\n".to_owned(), &["mesh", "rows"]),
            ("[[memory]]\ncapacity_kib = 3\n".to_owned(), &["access_bits", "missing"]),
            ("arithmetic = 3\n".to_owned(), &["arithmetic", "[arithmetic]"]),
            ("[[[\n".to_owned(), &["not TOML"]),
        ] {
            let error = refused(&body);
            assert!(error.starts_with("x.toml: "), "{error}");
            assert!(words.iter().all(|w| error.contains(w)), "{body}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let error = HardwareProfile::load("no-such-chip").unwrap_err().to_string();
        assert!(error.contains("no-such-chip") && error.contains("loihi"), "{error}");
    }
}
