//! Keys of a description by their path: to set them from the command line, and to name them in errors.

use crate::network::error::KeyError;
use toml::{Table, Value};

/// Sets `path=value` in a description. The value is TOML; what is none is taken as text.
pub(super) fn set(table: &mut Table, setting: &str) -> Result<(), KeyError> {
    let Some((path, text)) = setting.split_once('=') else {
        return Err(KeyError::new(setting, "no value; give KEY=VALUE, such as run.seed=3"));
    };
    let (path, text) = (path.trim(), text.trim());
    let value = format!("v = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    let (parents, key) = path.rsplit_once('.').unwrap_or(("", path));
    let mut place = table;
    let mut parts = parents.split('.').filter(|part| !part.is_empty());
    while let Some(part) = parts.next() {
        let below = place.entry(part).or_insert_with(|| Value::Table(Table::new()));
        place = match below {
            Value::Table(table) => table,
            Value::Array(list) => {
                let which = parts.next().unwrap_or(key);
                let number = which.parse().ok().or_else(|| list.iter().position(|e| name(e) == Some(which)));
                let Some(Value::Table(table)) = number.and_then(|number: usize| list.get_mut(number)) else {
                    return Err(KeyError::new(path, format!("there is no {part} '{which}'")));
                };
                table
            }
            _ => return Err(KeyError::new(path, format!("'{part}' holds a value and no keys"))),
        };
    }
    place.insert(key.to_owned(), value);
    Ok(())
}

fn name(element: &Value) -> Option<&str> {
    element.get("name").and_then(Value::as_str)
}

/// What elements of lists are called: `population[0]` and its name.
pub(super) fn names(table: &Table) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for (key, value) in table {
        for (number, element) in value.as_array().into_iter().flatten().enumerate() {
            let place = format!("{key}[{number}]");
            let called = match name(element) {
                Some(name) => format!("{key}.{name}"),
                None => format!("{key}.{number}"),
            };
            names.push((place, called));
        }
    }
    names
}

/// The path with the names of list elements.
pub(super) fn named(path: &str, names: &[(String, String)]) -> String {
    let first = path.split('.').next().unwrap_or_default();
    match names.iter().find(|(place, _)| place == first) {
        Some((place, called)) => path.replacen(place.as_str(), called, 1),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str =
        "[run]\nseed = 1\n[[population]]\nname = 'a'\nsize = 3\n[[population]]\nname = 'b'\nsize = 4";

    #[test]
    fn keys_are_set_by_name_and_by_number() {
        let mut table: Table = TEXT.parse().unwrap();
        for setting in ["run.seed=7", "population.b.size = 9", "population.0.name=c", "recorder.x=1.5"] {
            set(&mut table, setting).unwrap();
        }
        assert_eq!(table["run"]["seed"].as_integer(), Some(7));
        assert_eq!(table["population"][1]["size"].as_integer(), Some(9));
        assert_eq!(table["population"][0]["name"].as_str(), Some("c"));
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        let mut table: Table = TEXT.parse().unwrap();
        let error = |table: &mut Table, setting| set(table, setting).unwrap_err().problem;
        assert_eq!(error(&mut table, "population.x.size=3"), "there is no population 'x'");
        assert_eq!(error(&mut table, "run.seed.x=3"), "'seed' holds a value and no keys");
        assert!(error(&mut table, "run.seed").starts_with("no value"));
    }

    #[test]
    fn errors_call_list_elements_by_name() {
        let names = names(&TEXT.parse().unwrap());
        assert_eq!(named("population[1].size", &names), "population.b.size");
        assert_eq!(named("run.seed", &names), "run.seed");
    }
}
