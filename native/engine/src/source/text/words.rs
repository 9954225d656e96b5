//! Each word is a row: a longest run of letters, marks and digits. A word never goes on across a line's end.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    letters::{KINDS, Kind, Letters, lowered},
    lines::{BYTE, Places, ordinals, push, write},
    tally::Tally,
};
use crate::source::{
    csv::{Cut, FindRows, Lines, RowFinder, Span},
    plan::ColumnSpec,
};

/// Finds words.
#[derive(Debug)]
pub struct EachWord {
    pub letters: Arc<Letters>,
    /// Whether words are given in lower case.
    pub lower: bool,
    /// Counts words here, where rows are not asked for.
    pub tally: Option<Arc<Mutex<Tally>>>,
}

impl FindRows for EachWord {
    fn begin(&self, columns: &[ColumnSpec]) -> Box<dyn RowFinder> {
        let (letters, lower) = (self.letters.clone(), self.lower);
        match &self.tally {
            Some(tally) => Box::new(WordCounter { letters, lower, tally: tally.clone() }),
            None => Box::new(WordFinder { letters, lower, ordinals: ordinals(columns) }),
        }
    }
}

struct WordFinder {
    letters: Arc<Letters>,
    lower: bool,
    ordinals: Vec<usize>,
}

impl RowFinder for WordFinder {
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut) {
        let mut places = Places::new(lines);
        let tells = self.ordinals.contains(&BYTE);
        let mut scratch = Vec::new();
        each_word(lines, &self.letters, |word, plain| {
            let byte = if tells { places.write(word.start, cut) } else { word };
            let text = &lines.data[word.start..word.end];
            let given = if self.lower && lower_into(text, plain, &mut scratch) {
                write(cut, lines.len, &scratch)
            } else {
                word
            };
            push(cut, word, self.ordinals.iter().map(|&ordinal| if ordinal == BYTE { byte } else { given }));
        });
    }
}

struct WordCounter {
    letters: Arc<Letters>,
    lower: bool,
    tally: Arc<Mutex<Tally>>,
}

impl RowFinder for WordCounter {
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = Vec::new();
        let mut count = 0;
        each_word(lines, &self.letters, |word, plain| {
            count += 1;
            let text = &lines.data[word.start..word.end];
            if self.lower && lower_into(text, plain, &mut scratch) {
                tally.add_text(&scratch);
            } else {
                tally.add(lines.data, word);
            }
        });
        cut.kept += count;
    }
}

/// Call `found` for each word, and say whether it is ASCII.
#[inline(always)]
fn each_word(lines: &Lines<'_>, letters: &Letters, mut found: impl FnMut(Span, bool)) {
    let text = lines.text();
    // The lines are valid UTF-8; an empty text stands for what cannot be.
    let characters = std::str::from_utf8(text).unwrap_or_default();
    let base = lines.span.start;
    let mut at = 0;
    while at < text.len() {
        match KINDS[usize::from(text[at])] {
            Kind::Between => {
                at += 1;
                continue;
            }
            Kind::Word => {}
            Kind::More => {
                let (holds, len) = letters.at(characters, at);
                if !holds {
                    at += len;
                    continue;
                }
            }
        }
        let start = at;
        let mut plain = true;
        while let Some(&byte) = text.get(at) {
            match KINDS[usize::from(byte)] {
                Kind::Word => at += 1,
                Kind::Between => break,
                Kind::More => {
                    let (holds, len) = letters.at(characters, at);
                    if !holds {
                        break;
                    }
                    plain = false;
                    at += len;
                }
            }
        }
        found(Span { start: base + start, end: base + at }, plain);
    }
}

/// Write a word in lower case; false where it is so already.
fn lower_into(word: &[u8], plain: bool, to: &mut Vec<u8>) -> bool {
    if plain && !word.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    to.clear();
    if plain {
        to.extend(word.iter().map(u8::to_ascii_lowercase));
        return true;
    }
    let text = std::str::from_utf8(word).unwrap_or_default();
    for character in text.chars().map(lowered) {
        to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    to != word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::encoding::Encoding;

    fn words(text: &str) -> Vec<&str> {
        let lines = Lines {
            data: text.as_bytes(),
            len: text.len(),
            span: Span { start: 0, end: text.len() },
            base: 0,
            encoding: Encoding::Utf8,
        };
        let mut found = Vec::new();
        each_word(&lines, &Letters::new().unwrap(), |word, plain| {
            assert_eq!(plain, text[word.start..word.end].is_ascii());
            found.push(&text[word.start..word.end]);
        });
        found
    }

    #[test]
    fn words_are_longest_runs() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("  don’t, can't – 2nd_try\n", &["don", "t", "can", "t", "2nd", "try"]),
            ("naïve café—Ünï", &["naïve", "café", "Ünï"]),
            ("e\u{301}a \u{301}", &["e\u{301}a", "\u{301}"]),
            ("हिन्दी भाषा", &["हिन्दी", "भाषा"]),
            ("漢字と、かな。x", &["漢字と", "かな", "x"]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lower_case_is_written_only_where_it_differs() {
        let mut to = Vec::new();
        assert!(!lower_into(b"abc", true, &mut to));
        assert!(!lower_into("été".as_bytes(), false, &mut to));
        assert!(lower_into("ÉTÉ".as_bytes(), false, &mut to) && to == "été".as_bytes());
        assert!(lower_into(b"Ab", true, &mut to) && to == b"ab");
    }
}
