//! Encodings of text: bytes of a file → UTF-8, and places in the UTF-8 → places in the file.
//!
//! Every character stands for a fixed number of bytes of the file, so places need no table: they are counted.

use std::{fmt, str::FromStr};

use crate::{
    error::{Error, Result},
    nearest::nearest,
};

/// How characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
    Latin1,
    Windows1252,
}

/// Names, the first of each encoding being the one that is shown.
const NAMES: [(&str, Encoding); 12] = [
    ("utf-8", Encoding::Utf8),
    ("utf-16-le", Encoding::Utf16Le),
    ("utf-16-be", Encoding::Utf16Be),
    ("latin-1", Encoding::Latin1),
    ("windows-1252", Encoding::Windows1252),
    ("utf8", Encoding::Utf8),
    ("ascii", Encoding::Utf8),
    ("utf-16", Encoding::Utf16Le),
    ("utf-16le", Encoding::Utf16Le),
    ("utf-16be", Encoding::Utf16Be),
    ("iso-8859-1", Encoding::Latin1),
    ("cp1252", Encoding::Windows1252),
];

/// Characters of the bytes 0x80 to 0x9f in Windows-1252; those that it leaves out are control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    /// Bytes of the smallest piece of text.
    #[must_use]
    pub fn unit(self) -> u64 {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            _ => 1,
        }
    }

    /// Append whole characters of `bytes` to `text`, as UTF-8; tells how many bytes that took.
    ///
    /// Half of a surrogate pair becomes three bytes that are no UTF-8. Without `at_end` the last character may
    /// be left for later.
    pub fn decode(self, bytes: &[u8], at_end: bool, text: &mut Vec<u8>) -> usize {
        let mut push = |character: char| text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        match self {
            Self::Utf8 => text.extend_from_slice(bytes),
            Self::Latin1 => bytes.iter().for_each(|&byte| push(char::from(byte))),
            Self::Windows1252 => bytes.iter().for_each(|&byte| match byte {
                0x80..=0x9f => push(WINDOWS[usize::from(byte - 0x80)]),
                _ => push(char::from(byte)),
            }),
            Self::Utf16Le => return decode_units(bytes, u16::from_le_bytes, at_end, text),
            Self::Utf16Be => return decode_units(bytes, u16::from_be_bytes, at_end, text),
        }
        bytes.len()
    }

    /// Bytes of the file that `text`, whole characters, stands for.
    #[must_use]
    pub fn length_of(self, text: &[u8]) -> usize {
        match self {
            Self::Utf8 => text.len(),
            _ => text.iter().map(|&byte| self.length_by_first(byte)).sum(),
        }
    }

    /// Bytes of `text` that the first `length` bytes of the file stand for.
    #[must_use]
    pub fn place_of(self, text: &[u8], length: usize) -> usize {
        if self == Self::Utf8 {
            return length.min(text.len());
        }
        let mut counted = 0;
        for (place, &byte) in text.iter().enumerate() {
            if counted >= length && byte & 0xc0 != 0x80 {
                return place;
            }
            counted += self.length_by_first(byte);
        }
        text.len()
    }

    /// Bytes of the file that a character stands for, by the first of its bytes; 0 for its other bytes.
    #[inline(always)]
    fn length_by_first(self, byte: u8) -> usize {
        let units = match byte {
            0x80..=0xbf => 0,
            0xf0..=0xff if self.unit() == 2 => 2,
            _ => 1,
        };
        units * self.unit() as usize
    }
}

fn decode_units(bytes: &[u8], unit_of: fn([u8; 2]) -> u16, at_end: bool, text: &mut Vec<u8>) -> usize {
    let units = bytes.as_chunks::<2>().0;
    let mut at = 0;
    while let Some(&unit) = units.get(at) {
        let unit = unit_of(unit);
        let next = units.get(at + 1).map(|&next| unit_of(next));
        let character = match (unit, next) {
            (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                at += 1;
                char::from_u32(0x1_0000 + ((u32::from(unit) - 0xd800) << 10) + (u32::from(low) - 0xdc00))
            }
            (0xd800..=0xdbff, None) if !at_end => break,
            _ => char::from_u32(u32::from(unit)),
        };
        at += 1;
        match character {
            Some(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => text.extend_from_slice(&[0xed, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8]),
        }
    }
    2 * at
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, encoding)| encoding == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl FromStr for Encoding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.to_ascii_lowercase().replace('_', "-");
        let names = NAMES.iter().map(|(name, _)| *name);
        match NAMES.iter().find(|(name, _)| *name == wanted) {
            Some((_, encoding)) => Ok(*encoding),
            None => Err(Error::Invalid(format!(
                "encoding {text} is not read; did you mean {}? others: convert the file to UTF-8 with iconv",
                nearest(&wanted, names).unwrap_or_default()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "aé€\u{1f600}\n\"Größe\"";

    fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
        match encoding {
            Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn any_cut_decodes_alike_and_places_come_back() {
        for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
            let bytes = encoded(encoding, TEXT);
            for cut in 0..=bytes.len() {
                let mut text = Vec::new();
                let taken = encoding.decode(&bytes[..cut], false, &mut text);
                assert_eq!(encoding.length_of(&text), taken);
                assert_eq!(encoding.decode(&bytes[taken..], true, &mut text), bytes.len() - taken);
                assert_eq!(text, TEXT.as_bytes(), "cut at {cut}");
            }
            for (place, _) in TEXT.char_indices() {
                assert_eq!(encoding.place_of(TEXT.as_bytes(), encoding.length_of(&TEXT.as_bytes()[..place])), place);
            }
        }
    }

    #[test]
    fn single_bytes_are_characters() {
        let mut text = Vec::new();
        assert_eq!(Encoding::Windows1252.decode(b"5 \x80\xe9", true, &mut text), 4);
        assert_eq!(text, "5 €é".as_bytes());
        assert_eq!(Encoding::Windows1252.length_of(&text), 4);
        text.clear();
        Encoding::Latin1.decode(b"\xe9\x80", true, &mut text);
        assert_eq!(text, "é\u{80}".as_bytes());
    }

    #[test]
    fn half_a_pair_is_no_text() {
        let mut text = Vec::new();
        assert_eq!(Encoding::Utf16Le.decode(&[b'a', 0, 0, 0xd8, b'b', 0], true, &mut text), 6);
        assert!(std::str::from_utf8(&text).is_err());
        assert_eq!(Encoding::Utf16Le.length_of(&text), 6);
    }

    #[test]
    fn names_are_known() {
        assert_eq!("CP1252".parse::<Encoding>().unwrap(), Encoding::Windows1252);
        assert_eq!(Encoding::Utf16Be.to_string(), "utf-16-be");
        let error = "utf-17".parse::<Encoding>().unwrap_err().to_string();
        assert!(error.contains("did you mean utf-16?"), "{error}");
    }
}
