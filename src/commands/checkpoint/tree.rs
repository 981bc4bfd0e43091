//! Tensor names as a tree, in which numbered branches that look alike are shown once.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A branch: what stands at its name, and what is below it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tree {
    leaf: Option<[String; 3]>,
    bytes: u64,
    branches: BTreeMap<Name, Tree>,
}

/// A part of a name; numbers sort as numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Number(u64),
    Word(String),
}

impl Tree {
    /// Adds a tensor of `bytes` bytes by its dotted name, with what is said of it.
    pub(super) fn insert(&mut self, name: &str, columns: [String; 3], bytes: u64) {
        let mut branch = self;
        branch.bytes += bytes;
        for part in name.split('.') {
            let part = part.parse().map_or_else(|_| Name::Word(part.to_owned()), Name::Number);
            branch = branch.branches.entry(part).or_default();
            branch.bytes += bytes;
        }
        branch.leaf = Some(columns);
    }

    /// The tree as lines; with `all`, numbered branches that look alike one by one.
    pub(super) fn text(&self, all: bool) -> String {
        let mut lines = Vec::new();
        self.lines(0, all, &mut lines);
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut widths = [0; 2];
        for columns in lines.iter().filter_map(|(_, columns)| columns.as_ref()) {
            for (width, column) in widths.iter_mut().zip(columns) {
                *width = (*width).max(column.chars().count());
            }
        }
        let mut text = String::new();
        for (name, columns) in &lines {
            let line = match columns {
                Some([shape, size, meaning]) => {
                    format!("{name:width$}  {shape:0$}  {size:>1$}  {meaning}", widths[0], widths[1])
                }
                None => name.clone(),
            };
            _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    fn lines(&self, depth: usize, all: bool, lines: &mut Vec<(String, Option<[String; 3]>)>) {
        let mut left: Vec<(&Name, &Tree)> = self.branches.iter().collect();
        while let Some((name, branch)) = left.first().copied() {
            let alike = |(n, b): &(&Name, &Tree)| match (name, n) {
                (Name::Number(_), Name::Number(_)) if !all => *b == branch,
                _ => *n == name,
            };
            let (group, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(alike);
            left = rest;
            let numbers: Vec<u64> = group
                .iter()
                .filter_map(|(name, _)| if let Name::Number(n) = name { Some(*n) } else { None })
                .collect();
            let mut label = match name {
                Name::Word(word) => word.clone(),
                Name::Number(_) if numbers.len() == 1 => numbers[0].to_string(),
                Name::Number(_) => format!("{} ({} alike)", spans(&numbers), numbers.len()),
            };
            // A chain of single branches is one line.
            let mut end = branch;
            while let (None, Some((Name::Word(word), below)), 1) =
                (&end.leaf, end.branches.first_key_value(), end.branches.len())
            {
                label = format!("{label}.{word}");
                end = below;
            }
            lines.push((format!("{:1$}{label}", "", 2 * depth), end.leaf.clone()));
            end.lines(depth + 1, all, lines);
        }
    }
}

/// Ascending numbers as runs: `0-3, 5`; every second one as `0, 2, ..., 26`.
fn spans(numbers: &[u64]) -> String {
    let even = numbers.windows(2).all(|pair| pair[1] - pair[0] == 2);
    if let (true, [first, second, _, .., last]) = (even, numbers) {
        return format!("{first}, {second}, ..., {last}");
    }
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == *number => *end = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let run =
        |(start, end): (u64, u64)| if start == end { start.to_string() } else { format!("{start}-{end}") };
    runs.into_iter().map(run).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_alike_are_shown_once_and_numbers_as_runs() {
        let mut tree = Tree::default();
        for layer in [0, 1, 2, 10, 11] {
            let shape = if layer == 1 { "odd" } else { "even" };
            tree.insert(&format!("layers.{layer}.proj.weight"), [shape, "1 B", ""].map(str::to_owned), 1);
        }
        let text = tree.text(false);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["layers"]);
        assert_eq!(lines[1][..7], ["0,", "2,", "10-11", "(4", "alike).proj.weight", "even", "1"]);
        assert_eq!(lines[2][..2], ["1.proj.weight", "odd"]);
        assert_eq!(tree.text(true).lines().count(), 6);
    }

    #[test]
    fn every_second_number_is_an_ellipsis() {
        assert_eq!(spans(&[0, 2, 4, 6, 8]), "0, 2, ..., 8");
        assert_eq!(spans(&[3, 4, 5, 9]), "3-5, 9");
        assert_eq!(spans(&[1, 3]), "1, 3");
    }
}
