//! What several files have in common: one dialect, one answer about the header.

use super::{
    dialect::{Cut, Given},
    file::{First, Look},
    header::{HeaderSign, names_of},
};
use crate::error::{Error, Result};

/// The dialect that most files speak for; what no file speaks for stays open.
#[must_use]
pub fn common_dialect(looks: &[Look], given: &Given) -> Given {
    let cuts = || looks.iter().filter(|look| look.first.is_some()).map(|look| &look.cut);
    Given {
        delimiter: given.delimiter.clone().or_else(|| most_frequent(cuts().filter_map(|cut| cut.delimiter.clone()))),
        quote: given.quote.or_else(|| most_frequent(cuts().filter_map(|cut| cut.quote))),
        escape: given.escape.or_else(|| most_frequent(cuts().filter_map(|cut| cut.escape))),
        carriage_returns: given.carriage_returns.or_else(|| cuts().find_map(|cut| cut.carriage_returns)),
        ..given.clone()
    }
}

/// Whether a file must be cut again to follow the common dialect.
#[must_use]
pub fn differs(cut: &Cut, common: &Given) -> bool {
    common.delimiter.as_ref().is_some_and(|delimiter| *delimiter != cut.delimiter())
        || common.quote.is_some_and(|quote| quote != cut.quote())
        || common.escape.is_some_and(|escape| escape != cut.escape())
        || common.carriage_returns.is_some_and(|lines| lines != cut.carriage_returns())
}

/// The value that comes most often; the first of equals.
fn most_frequent<T: PartialEq>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

/// Whether the files have a header.
///
/// # Errors
/// `Refused` where one has a header for sure, another has none for sure.
pub fn common_header(looks: &[Look], given: Option<bool>) -> Result<bool> {
    if let Some(header) = given {
        return Ok(header);
    }
    let with = |sign| firsts(looks).find(move |(_, first)| first.sign == sign);
    match (with(HeaderSign::Header), with(HeaderSign::Data)) {
        (Some((one, header)), Some(_)) => {
            let other =
                firsts(looks).find(|(_, first)| first.sign == HeaderSign::Data && first.fields != header.fields);
            match other {
                None => Ok(true),
                Some((other, _)) => Err(disagree(
                    one,
                    other,
                    "the first has a header, the second has none",
                    "say header = true or false",
                )),
            }
        }
        (None, Some(_)) => Ok(false),
        _ => Ok(firsts(looks).next().is_some()),
    }
}

fn firsts(looks: &[Look]) -> impl Iterator<Item = (&Look, &First)> {
    looks.iter().filter_map(|look| Some((look, look.first.as_ref()?)))
}

/// Check that all files have as many columns and, where there is a header, the same names.
///
/// # Errors
/// `Refused` naming two files and their difference.
pub fn check_columns(looks: &[Look], header: bool, by_position: bool) -> Result<()> {
    let mut all = firsts(looks);
    let Some((one, first)) = all.next() else {
        return Ok(());
    };
    let width = one.cut.width;
    let names = names_of(&first.fields, width);
    for (other, found) in all {
        if other.cut.encoding != one.cut.encoding {
            let what = format!("the first is {}, the second {}", one.cut.encoding, other.cut.encoding);
            return Err(disagree(one, other, &what, "read them apart"));
        }
        if other.cut.width != width {
            return Err(disagree(one, other, &widths(one, other), "read them apart, or name the delimiter"));
        }
        let differing = names.iter().zip(names_of(&found.fields, width)).position(|(name, other)| *name != other);
        if let Some(ordinal) = differing.filter(|_| header && !by_position) {
            let other_name = &names_of(&found.fields, width)[ordinal];
            let what =
                format!("column {} is {} in the first and {other_name} in the second", ordinal + 1, names[ordinal]);
            return Err(disagree(one, other, &what, "read them apart, or say header = false if these are values"));
        }
    }
    Ok(())
}

fn widths(one: &Look, other: &Look) -> String {
    let cut = |look: &Look| match (look.cut.width, look.cut.delimiter().as_slice()) {
        (1, _) => "1 column".to_owned(),
        (width, b"\t") => format!("{width} columns (cut by tab)"),
        (width, delimiter) => format!("{width} columns (cut by '{}')", String::from_utf8_lossy(delimiter)),
    };
    format!("the first has {}, the second {}", cut(one), cut(other))
}

fn disagree(one: &Look, other: &Look, what: &str, hint: &str) -> Error {
    Error::Refused {
        path: other.path.clone(),
        offset: other.start.byte,
        what: format!("the files differ: {} and {}: {what}", one.path.display(), other.path.display()),
        hint: hint.to_owned(),
    }
}
