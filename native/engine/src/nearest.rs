//! The name a user may have meant: edit distance, case ignored.

/// Edits (insert, delete, replace) between two names, letters in any case being equal.
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replace = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// The name of `names` that is nearest to `wanted`; the first of equals.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names.into_iter().min_by_key(|name| distance(wanted, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_ignores_case() {
        for (one, other, expected) in
            [("", "", 0), ("a", "", 1), ("City", "city", 0), ("citty", "city", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn nearest_prefers_the_fewest_edits() {
        assert_eq!(nearest("citty", ["amount", "city", "day"]), Some("city"));
        assert_eq!(nearest("x", []), None);
    }
}
