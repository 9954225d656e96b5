//! The type of a column, guessed from values: it only ever widens.

use crate::{
    source::csv::value::{least_type, reads, widened},
    types::{ColumnType, DateStyle},
};

/// The type of a column as its values are seen one by one; nothing while only NULLs were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    seen: Option<ColumnType>,
    /// The styles that every value so far may be a date or a timestamp in: a bit each, places of [`styled`].
    styles: u16,
}

impl Default for Guess {
    fn default() -> Self {
        Self { seen: None, styles: u16::MAX }
    }
}

/// Dates of all styles, then timestamps.
fn styled() -> impl Iterator<Item = ColumnType> {
    let dates = DateStyle::ALL.into_iter().map(ColumnType::DateIn);
    dates.chain(DateStyle::ALL.into_iter().map(ColumnType::TimestampIn))
}

impl Guess {
    /// See one value that is not NULL.
    pub fn observe(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        if self.styles != 0 {
            let holding = styled().enumerate().filter(|(place, _)| self.styles >> place & 1 == 1);
            self.styles = holding.filter(|&(_, kind)| reads(kind, text)).map(|(place, _)| 1 << place).sum();
        }
        if self.seen.is_none_or(|seen| !reads(seen, text)) {
            self.seen = Some(self.seen.map_or_else(|| least_type(text), |seen| widened(seen, text)));
        }
    }

    /// The guess for the values of both.
    #[must_use]
    pub fn widest(self, other: Self) -> Self {
        let seen = match (self.seen, other.seen) {
            (Some(one), Some(two)) => Some(one.widest(two)),
            (one, two) => one.or(two),
        };
        Self { seen, styles: self.styles & other.styles }
    }

    /// The type, or `None` where no value was seen.
    ///
    /// Dates in another style than that of ISO 8601 are dates only where one style alone fits them all.
    #[must_use]
    pub fn seen(self) -> Option<ColumnType> {
        self.seen.map(|seen| if self.styles.count_ones() == 1 { self.style().unwrap_or(seen) } else { seen })
    }

    fn style(self) -> Option<ColumnType> {
        styled().nth(self.styles.trailing_zeros() as usize)
    }

    /// The type to read the column as: text where nothing is known. Styles that were told leave no others.
    #[must_use]
    pub fn column_type(self, told: &[ColumnType]) -> ColumnType {
        let open = styled().enumerate().filter(|(place, _)| self.styles >> place & 1 == 1).map(|(_, kind)| kind);
        match self.seen() {
            None => ColumnType::Varchar,
            Some(_) if !told.is_empty() && self.styles != 0 => {
                open.into_iter().find(|kind| told.contains(kind)).unwrap_or(ColumnType::Varchar)
            }
            Some(seen) => seen,
        }
    }

    /// Whether `text` needs no wider type than the values seen before. NULL always fits.
    #[must_use]
    pub fn holds(self, text: &[u8]) -> bool {
        text.is_empty() || self.seen().is_none_or(|seen| reads(seen, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType::{BigInt, Double, Varchar};

    #[test]
    fn a_guess_only_widens() {
        let mut guess = Guess::default();
        assert_eq!((guess.seen(), guess.column_type(&[])), (None, Varchar));
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

    fn guess(texts: &[&str]) -> Guess {
        let mut guess = Guess::default();
        texts.iter().for_each(|text| guess.observe(text.as_bytes()));
        guess
    }

    #[test]
    fn a_date_in_another_style_is_one_where_the_values_decide() {
        let cases: &[(&[&str], &str)] = &[
            (&["01/02/2024", "31/12/2024"], "DATE '%d/%m/%Y'"),
            (&["01/02/2024", "12/31/2024"], "DATE '%m/%d/%Y'"),
            (&["1.2.2024", "", "13.2.2024"], "DATE '%d.%m.%Y'"),
            (&["2024/01/02"], "DATE '%Y/%m/%d'"),
            (&["31-12-2024 10:00", "1-1-2024 1:02:03.5 pm"], "TIMESTAMP '%d-%m-%Y *'"),
            (&["01/02/2024", "03/04/2024"], "VARCHAR"),
            (&["31/12/2024", "12/31/2024"], "VARCHAR"),
            (&["31/12/2024", "31.12.2024"], "VARCHAR"),
            (&["31/12/2024", "31/12/2024 10:00"], "VARCHAR"),
            (&["31/12/2024", "2024-12-31"], "VARCHAR"),
            (&["31/12/24"], "VARCHAR"),
        ];
        for (texts, expected) in cases {
            assert_eq!(guess(texts).column_type(&[]).to_string(), *expected, "{texts:?}");
            let (head, tail) = texts.split_at(texts.len() / 2);
            assert_eq!(guess(head).widest(guess(tail)), guess(texts), "{texts:?}");
        }
    }

    #[test]
    fn a_style_that_is_told_decides() {
        let told = ["DATE '%m/%d/%Y'".parse().unwrap()];
        for (text, expected) in [("01/02/2024", told[0]), ("31/12/2024", Varchar), ("5", BigInt), ("x", Varchar)] {
            assert_eq!(guess(&[text]).column_type(&told), expected, "{text}");
        }
    }
}
