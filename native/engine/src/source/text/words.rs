//! Each word is a row: a longest run of letters, marks and digits. A word never goes on across a line's end.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    classes::{BLOCK, Classified, Classify, by_level},
    letters::{Letters, lowered},
    lines::{BYTE, Places, ordinals, push, write},
    tally::{TURN, Tally},
};
use crate::source::{
    csv::{Cut, FindRows, Lines, RowFinder, Span},
    level::Level,
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
        let (level, letters, lower) = (Level::detect(), self.letters.clone(), self.lower);
        match &self.tally {
            Some(tally) => Box::new(WordCounter { level, letters, lower, tally: tally.clone() }),
            None => Box::new(WordFinder { level, letters, lower, ordinals: ordinals(columns) }),
        }
    }
}

struct WordFinder {
    level: Level,
    letters: Arc<Letters>,
    lower: bool,
    ordinals: Vec<usize>,
}

impl RowFinder for WordFinder {
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut) {
        let mut places = Places::new(lines);
        let tells = self.ordinals.contains(&BYTE);
        let mut scratch = Vec::new();
        each_word(self.level, lines, &self.letters, |word| {
            let byte = if tells { places.write(word.start, cut) } else { word };
            let text = &lines.data[word.start..word.end];
            let given =
                if self.lower && lower_into(text, &mut scratch) { write(cut, lines.len, &scratch) } else { word };
            push(cut, word, self.ordinals.iter().map(|&ordinal| if ordinal == BYTE { byte } else { given }));
        });
    }
}

struct WordCounter {
    level: Level,
    letters: Arc<Letters>,
    lower: bool,
    tally: Arc<Mutex<Tally>>,
}

impl RowFinder for WordCounter {
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = Vec::new();
        let (mut words, mut waiting) = ([Span { start: 0, end: 0 }; TURN], 0);
        each_word(self.level, lines, &self.letters, |word| {
            cut.kept += 1;
            if self.lower && lower_into(&lines.data[word.start..word.end], &mut scratch) {
                tally.add_text(&scratch);
                return;
            }
            words[waiting % TURN] = word;
            waiting += 1;
            if waiting == TURN {
                tally.add_all(lines.data, &words);
                waiting = 0;
            }
        });
        tally.add_all(lines.data, &words[..waiting]);
    }
}

/// Call `found` for each word.
#[inline(always)]
fn each_word(level: Level, lines: &Lines<'_>, letters: &Letters, found: impl FnMut(Span)) {
    by_level(level, Words { lines, letters, found });
}

/// Words to be found.
struct Words<'a, F> {
    lines: &'a Lines<'a>,
    letters: &'a Letters,
    found: F,
}

impl<F: FnMut(Span)> Classified for Words<'_, F> {
    #[inline(always)]
    fn run(mut self, classify: impl Classify) {
        let text = self.lines.text();
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let mut state = State::default();
        for (place, block) in blocks.iter().chain([&last]).enumerate() {
            let mut classes = classify.classes(block);
            if classes.other != 0 {
                classes.word |= self.others(text, place * BLOCK, classes.other, &mut state.spill);
            }
            self.words(&mut state, place * BLOCK, classes.word);
        }
    }
}

/// What one block hands on to the next.
#[derive(Default)]
struct State {
    /// 1 where the last byte was of a word.
    open: u64,
    /// Start of the word at hand.
    start: usize,
    /// The first bytes that are of a word, for their character starts in the block before.
    spill: u64,
}

impl<F: FnMut(Span)> Words<'_, F> {
    /// The words that end in a block.
    #[inline(always)]
    fn words(&mut self, state: &mut State, base: usize, word: u64) {
        let base = self.lines.span.start + base;
        let before = word << 1 | state.open;
        let (mut starts, mut ends) = (word & !before, before & !word);
        let next = |starts: &mut u64| {
            let start = base + starts.trailing_zeros() as usize;
            *starts &= starts.wrapping_sub(1);
            start
        };
        if state.open == 0 {
            state.start = next(&mut starts);
        }
        while ends != 0 {
            (self.found)(Span { start: state.start, end: next(&mut ends) });
            state.start = next(&mut starts);
        }
        state.open = word >> 63;
    }

    /// Bytes of characters of words that are not ASCII; the text is valid UTF-8.
    #[inline(never)]
    fn others(&self, text: &[u8], base: usize, mut others: u64, spill: &mut u64) -> u64 {
        let mut word = std::mem::take(spill);
        others &= !word;
        while others != 0 {
            let place = others.trailing_zeros();
            let (holds, length) = self.letters.at(text, base + place as usize);
            let bytes = ((1u128 << length) - 1) << place;
            others &= !(bytes as u64);
            if holds {
                word |= bytes as u64;
                *spill = (bytes >> BLOCK) as u64;
            }
        }
        word
    }
}

/// Write a word in lower case; false where it is so already.
fn lower_into(word: &[u8], to: &mut Vec<u8>) -> bool {
    let plain = word.is_ascii();
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
    use crate::source::{csv::agreement::Random, encoding::Encoding};

    /// The words of a text, the same at every level.
    fn words(text: &str) -> Vec<&str> {
        let lines = Lines {
            data: text.as_bytes(),
            len: text.len(),
            span: Span { start: 0, end: text.len() },
            base: 0,
            encoding: Encoding::Utf8,
        };
        let letters = Letters::new().unwrap();
        let mut all = Level::available().into_iter().map(|level| {
            let mut found = Vec::new();
            each_word(level, &lines, &letters, |word| found.push(&text[word.start..word.end]));
            found
        });
        let first = all.next().unwrap();
        assert!(all.all(|found| found == first), "{text:?}");
        first
    }

    #[test]
    fn words_lie_anywhere_in_blocks() {
        let letters = Letters::new().unwrap();
        let pieces =
            ["a", "Zebra", " ", "\n", "é", "漢字", "—", "\u{1f600}", "𝒳", "x-1", "averylongwordindeed", "\u{301}"];
        let mut random = Random(3);
        for _ in 0..2000 {
            let text: String = (0..random.below(60)).map(|_| pieces[random.below(pieces.len())]).collect();
            let expected: Vec<&str> = text.split(|character| !letters.holds(character as u32)).collect();
            let expected: Vec<&str> = expected.into_iter().filter(|word| !word.is_empty()).collect();
            assert_eq!(words(&text), expected, "{text:?}");
        }
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
        assert!(!lower_into(b"abc", &mut to));
        assert!(!lower_into("été".as_bytes(), &mut to));
        assert!(lower_into("ÉTÉ".as_bytes(), &mut to) && to == "été".as_bytes());
        assert!(lower_into(b"Ab", &mut to) && to == b"ab");
    }
}
