//! The type of a column, guessed from values: it only ever widens.

use crate::{
    source::csv::value::{least_type, reads},
    types::ColumnType,
};

/// The type of a column as its values are seen one by one; `None` while only NULLs were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guess(Option<ColumnType>);

impl Guess {
    /// See one value that is not NULL.
    pub fn observe(&mut self, text: &[u8]) {
        if !self.holds(text) || self.0.is_none() && !text.is_empty() {
            *self = self.widest(Self(Some(least_type(text))));
        }
    }

    /// The guess for the values of both.
    #[must_use]
    pub fn widest(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(two)) => Self(Some(one.widest(two))),
            (seen, None) | (None, seen) => Self(seen),
        }
    }

    /// The type, or `None` where no value was seen.
    #[must_use]
    pub fn seen(self) -> Option<ColumnType> {
        self.0
    }

    /// The type to read the column as: text where nothing is known.
    #[must_use]
    pub fn column_type(self) -> ColumnType {
        self.0.unwrap_or(ColumnType::Varchar)
    }

    /// Whether `text` needs no wider type than the values seen before. NULL always fits.
    #[must_use]
    pub fn holds(self, text: &[u8]) -> bool {
        match self.0 {
            _ if text.is_empty() => true,
            None => true,
            Some(seen) => reads(seen, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType::{BigInt, Double, Varchar};

    #[test]
    fn a_guess_only_widens() {
        let mut guess = Guess::default();
        assert_eq!((guess.seen(), guess.column_type()), (None, Varchar));
        for (text, expected) in
            [("1", BigInt), ("", BigInt), ("2.5", Double), ("9", Double), ("x", Varchar), ("1", Varchar)]
        {
            guess.observe(text.as_bytes());
            assert_eq!(guess.seen(), Some(expected), "after {text:?}");
        }
    }

    #[test]
    fn a_guess_holds_what_needs_no_wider_type() {
        let mut guess = Guess::default();
        assert!(guess.holds(b"anything"));
        guess.observe(b"1.5");
        assert!(guess.holds(b"2") && guess.holds(b""));
        assert!(!guess.holds(b"x") && !guess.holds(b"2024-01-01"));
    }
}
