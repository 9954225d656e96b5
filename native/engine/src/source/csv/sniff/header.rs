//! Whether the first record is a header, and the names of the columns.

use std::collections::HashMap;

use super::guess::Guess;
use crate::{source::csv::value::least_type, types::ColumnType};

/// What the first record says about being a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderSign {
    /// It does not fit the types of the records below it.
    Header,
    /// It fits them, and they are not all text.
    Data,
    /// All is text: a header, as far as one file can tell.
    Open,
}

/// Judge the first record against the types of those below. `None` in `first` is NULL.
///
/// The rule is DuckDB's: a header where a field does not fit its column, or where all is text.
#[must_use]
pub fn judge_header(first: &[Option<Vec<u8>>], below: &[Guess], alone: bool) -> HeaderSign {
    let is_text = |kind: Option<ColumnType>| kind.is_none_or(|kind| kind == ColumnType::Varchar);
    if first.iter().all(Option::is_none) {
        return HeaderSign::Open;
    }
    if alone {
        let typed = first.iter().flatten().any(|text| least_type(text) != ColumnType::Varchar);
        return if typed { HeaderSign::Data } else { HeaderSign::Open };
    }
    let misfit = first
        .iter()
        .zip(below)
        .any(|(text, guess)| !is_text(guess.seen()) && text.as_ref().is_some_and(|text| !guess.holds(text)));
    if misfit {
        HeaderSign::Header
    } else if below.iter().all(|guess| is_text(guess.seen())) {
        HeaderSign::Open
    } else {
        HeaderSign::Data
    }
}

/// Names from the fields of a header: trimmed, `columnN` for none, `_1` after one that is taken.
#[must_use]
pub fn names_of(fields: &[Option<Vec<u8>>], width: usize) -> Vec<String> {
    let name = |ordinal: usize| {
        let text = fields.get(ordinal)?.as_ref()?;
        let name = String::from_utf8_lossy(text).trim().to_owned();
        (!name.is_empty()).then_some(name)
    };
    unique_names((0..width).map(|ordinal| name(ordinal).unwrap_or_else(|| generated_name(ordinal, width))))
}

/// Number names that are taken, letters in any case being equal.
pub fn unique_names(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let numbered = |mut name: String| {
        while let Some(count) = taken.get_mut(&name.to_lowercase()) {
            *count += 1;
            name = format!("{name}_{count}");
        }
        taken.insert(name.to_lowercase(), 0);
        name
    };
    names.map(numbered).collect()
}

/// `column0`, or `column00` where there are more than ten.
#[must_use]
pub fn generated_name(ordinal: usize, width: usize) -> String {
    let digits = width.saturating_sub(1).max(1).ilog10() as usize + 1;
    format!("column{ordinal:0digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(texts: &[&str]) -> Vec<Option<Vec<u8>>> {
        texts.iter().map(|text| (!text.is_empty()).then(|| text.as_bytes().to_vec())).collect()
    }

    fn guesses(rows: &[&[&str]], width: usize) -> Vec<Guess> {
        let mut guesses = vec![Guess::default(); width];
        for row in rows {
            for (guess, text) in guesses.iter_mut().zip(*row) {
                guess.observe(text.as_bytes());
            }
        }
        guesses
    }

    #[test]
    fn a_header_does_not_fit_or_all_is_text() {
        use HeaderSign::{Data, Header, Open};
        type Case<'a> = (&'a [&'a str], &'a [&'a [&'a str]], HeaderSign);
        let cases: &[Case] = &[
            (&["a", "b"], &[&["1", "x"]], Header),
            (&["1", "2"], &[&["3", "4"]], Data),
            (&["name", "city"], &[&["Bob", "Rome"]], Open),
            (&["a", "2020"], &[&["x", "1"]], Data),
            (&["year", "2020"], &[&["1", "1"]], Header),
            (&["1", ""], &[&["3", "4"]], Data),
            (&["", ""], &[&["3", "4"]], Open),
            (&["x", "y"], &[], Open),
            (&["x", "1"], &[], Data),
            (&["d", "e"], &[&["2024-01-01", ""]], Header),
        ];
        for (first, below, expected) in cases {
            let sign = judge_header(&fields(first), &guesses(below, first.len()), below.is_empty());
            assert_eq!(sign, *expected, "{first:?} over {below:?}");
        }
    }

    #[test]
    fn names_are_unique_and_never_empty() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["a", "a", "b", "a"], &["a", "a_1", "b", "a_2"]),
            (&["a", "A"], &["a", "A_1"]),
            (&["a", "a_1", "a"], &["a", "a_1", "a_1_1"]),
            (&[" a ", "", "  "], &["a", "column1", "column2"]),
        ];
        for (given, expected) in cases {
            assert_eq!(names_of(&fields(given), given.len()), *expected, "{given:?}");
        }
        assert_eq!(names_of(&[], 12)[3], "column03");
        assert_eq!(names_of(&[], 1), ["column0"]);
    }
}
