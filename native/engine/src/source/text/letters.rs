//! What words are made of: letters, the marks on them, and digits, as Unicode has them.

use regex_syntax::hir::{Class, HirKind};

use crate::error::{Error, Result};

/// The characters of words, as a pattern of RE2 and of `regex` alike.
const WORD: &str = r"[\p{L}\p{M}\p{N}]";
const CHARACTERS: usize = 0x11_0000;

/// What a byte means where a word is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Between,
    Word,
    /// First byte of a character that is not ASCII.
    More,
}

/// Kinds of bytes.
pub const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Between; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Kind::Word,
            0x80.. => Kind::More,
            _ => Kind::Between,
        };
        byte += 1;
    }
    kinds
};

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

    /// Whether words are made of it.
    #[inline]
    #[must_use]
    pub fn holds(&self, character: char) -> bool {
        self.0[character as usize / 64] >> (character as usize % 64) & 1 == 1
    }

    /// The word character that starts at a place of valid UTF-8, by its length; `None` for another one, with its
    /// length.
    #[inline]
    #[must_use]
    pub fn at(&self, text: &str, place: usize) -> (bool, usize) {
        match text.get(place..).and_then(|rest| rest.chars().next()) {
            Some(character) => (self.holds(character), character.len_utf8()),
            None => (false, 1),
        }
    }
}

/// The lower case of a character, one for one, as DuckDB's `lower` has it.
#[must_use]
pub fn lowered(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_of_letters_marks_and_digits() {
        let letters = Letters::new().unwrap();
        for character in ['a', 'Z', '7', 'é', 'ß', '漢', '\u{301}', 'ि', '½', 'Ⅷ'] {
            assert!(letters.holds(character), "{character:?}");
        }
        for character in ['_', '\'', '’', '-', ' ', '\u{a0}', '\u{200d}', '€', '\u{10ffff}'] {
            assert!(!letters.holds(character), "{character:?}");
        }
        for byte in 0..0x80u8 {
            assert_eq!(KINDS[usize::from(byte)] == Kind::Word, letters.holds(char::from(byte)));
        }
    }

    #[test]
    fn lower_case_is_one_character() {
        assert_eq!(['É', 'İ', 'Σ', 'ß', 'x'].map(lowered), ['é', 'i', 'σ', 'ß', 'x']);
    }
}
