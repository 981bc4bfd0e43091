//! Ranges on the command line: `A-B`, both ends included, or one number.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

/// Numbers from first to last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    first: u32,
    last: u32,
}

impl Span {
    /// From `first` to `last`, both included.
    pub(crate) const fn new(first: u32, last: u32) -> Self {
        Self { first, last }
    }

    /// As a range of layers.
    pub(crate) fn inclusive(self) -> RangeInclusive<usize> {
        self.first as usize..=self.last as usize
    }

    /// As a half-open range.
    pub(crate) fn range(self) -> Range<u32> {
        self.first..self.last.saturating_add(1)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str| part.trim().parse::<u32>();
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (number(first), number(last)) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self { first, last }),
            _ => Err("expected a number or A-B with A not above B, such as 0-63".to_owned()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_both_its_ends() {
        assert_eq!("2-5".parse().map(Span::range), Ok(2..6));
        assert_eq!("7".parse().map(Span::inclusive), Ok(7..=7));
        assert!(["", "5-2", "a-b", "-3", "1-"].iter().all(|t| t.parse::<Span>().is_err()));
    }
}
