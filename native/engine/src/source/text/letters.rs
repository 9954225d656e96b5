//! What words are made of: letters, the marks on them, and digits, as Unicode has them.

use regex_syntax::hir::{Class, HirKind};

use crate::error::{Error, Result};

/// The characters of words, as a pattern of RE2 and of `regex` alike.
const WORD: &str = r"[\p{L}\p{M}\p{N}]";
const CHARACTERS: usize = 0x11_0000;

/// A bit for each character: whether words are made of it.
#[derive(Debug)]
pub struct Letters(Vec<u64>);

impl Letters {
    /// # Errors
    /// None: the pattern is a constant.
    pub fn new() -> Result<Self> {
        let mut bits = vec![0; CHARACTERS / 64];
        let parsed = regex_syntax::parse(WORD).map_err(|error| Error::Invalid(error.to_string()))?;
        if let HirKind::Class(Class::Unicode(class)) = parsed.kind() {
            for character in class.ranges().iter().flat_map(|range| range.start()..=range.end()) {
                bits[character as usize / 64] |= 1 << (character as usize % 64);
            }
        }
        Ok(Self(bits))
    }

    /// Whether words are made of a character, by its number.
    #[inline]
    #[must_use]
    pub fn holds(&self, code: u32) -> bool {
        self.0.get(code as usize / 64).is_some_and(|bits| bits >> (code % 64) & 1 == 1)
    }

    /// Whether words are made of the character at a place of valid UTF-8 that is not ASCII, and its length; a byte
    /// within a character is none.
    #[inline]
    #[must_use]
    pub fn at(&self, text: &[u8], place: usize) -> (bool, usize) {
        let byte = |distance: usize| u32::from(text.get(place + distance).copied().unwrap_or_default());
        let more = |distance: usize| byte(distance) & 0x3f;
        match byte(0) {
            first @ 0xc0..=0xdf => (self.holds((first & 0x1f) << 6 | more(1)), 2),
            first @ 0xe0..=0xef => (self.holds((first & 0xf) << 12 | more(1) << 6 | more(2)), 3),
            first @ 0xf0.. => (self.holds((first & 7) << 18 | more(1) << 12 | more(2) << 6 | more(3)), 4),
            _ => (false, 1),
        }
    }
}

/// The lower case of a character, one for one, as DuckDB's `lower` has it.
#[must_use]
pub fn lowered(character: char) -> char {
    if is_newer(character) { character } else { character.to_lowercase().next().unwrap_or(character) }
}

/// The upper case of a character, one for one, as DuckDB's `upper` has it.
#[must_use]
pub fn raised(character: char) -> char {
    let other = match character {
        _ if is_newer(character) => Some(character),
        'ß' => Some('ẞ'),
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
            char::from_u32(u32::from(character) + 8)
        }
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(character) + 9),
        _ => None,
    };
    let mut raised = character.to_uppercase();
    match (other, raised.next(), raised.next()) {
        (Some(other), _, _) | (None, Some(other), None) => other,
        _ => character,
    }
}

/// Whether a character has another case in our tables, which are newer, but not in DuckDB's.
fn is_newer(character: char) -> bool {
    matches!(
        character,
        '\u{19b}'
            | '\u{264}'
            | '\u{1c89}'
            | '\u{1c8a}'
            | '\u{a7cb}'..='\u{a7cf}'
            | '\u{a7d2}'..='\u{a7d5}'
            | '\u{a7da}'..='\u{a7dc}'
            | '\u{10d50}'..='\u{10d85}'
            | '\u{16ea0}'..='\u{16ed3}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_of_letters_marks_and_digits() {
        let letters = Letters::new().unwrap();
        for character in ['a', 'Z', '7', 'é', 'ß', '漢', '\u{301}', 'ि', '½', 'Ⅷ'] {
            assert!(letters.holds(character as u32), "{character:?}");
        }
        for character in ['_', '\'', '’', '-', ' ', '\u{a0}', '\u{200d}', '€', '\u{10ffff}'] {
            assert!(!letters.holds(character as u32), "{character:?}");
        }
        for byte in 0..0x80u8 {
            assert_eq!(byte.is_ascii_alphanumeric(), letters.holds(u32::from(byte)));
        }
    }

    #[test]
    fn characters_are_read_from_their_bytes() {
        let letters = Letters::new().unwrap();
        for character in ['\u{80}', 'é', '\u{7ff}', '\u{800}', '漢', '\u{ffff}', '\u{10000}', '𝒳', '\u{10ffff}'] {
            let text = format!("x{character}");
            assert_eq!(letters.at(text.as_bytes(), 1), (letters.holds(character as u32), character.len_utf8()));
            assert_eq!(letters.at(text.as_bytes(), 2), (false, 1));
        }
    }

    #[test]
    fn lower_case_is_one_character() {
        assert_eq!(['É', 'İ', 'Σ', 'ß', 'x'].map(lowered), ['é', 'i', 'σ', 'ß', 'x']);
    }
}
