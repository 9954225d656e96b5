//! Different texts, each once, and their numbers.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use xxhash_rust::xxh3::xxh3_64;

use super::super::value::cell::Cell;

/// Longest text that is its own key.
const SHORT: usize = 15;
/// The last byte of keys of longer texts.
const LONG: u64 = 0xff << 56;

/// What is compared before, or instead of, a text. Of a short one its bytes, zeros and, in the last byte, its
/// length; of a longer one its hash and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    low: u64,
    high: u64,
}

/// Bits of the first bytes of two words, by their number.
const FIRST: [(u64, u64); SHORT + 1] = {
    let mut bits = [(0, 0); SHORT + 1];
    let mut len = 1;
    while len <= SHORT {
        let (low, high) = bits[len - 1];
        bits[len] = if len <= 8 { (low << 8 | 0xff, 0) } else { (low, high << 8 | 0xff) };
        len += 1;
    }
    bits
};

impl Key {
    /// Key of a cell's text.
    #[inline(always)]
    #[must_use]
    pub fn of_cell(cell: Cell<'_>) -> Self {
        let len = cell.size();
        match FIRST.get(len) {
            Some((low, high)) => {
                Self { low: cell.word::<0>() & low, high: cell.word::<8>() & high | (len as u64) << 56 }
            }
            None => Self::of_long(cell.text()),
        }
    }

    /// Key of a text.
    #[must_use]
    pub fn of_text(text: &[u8]) -> Self {
        if text.len() > SHORT {
            return Self::of_long(text);
        }
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text);
        let words = u128::from_le_bytes(bytes);
        Self { low: words as u64, high: (words >> 64) as u64 | (text.len() as u64) << 56 }
    }

    #[inline(never)]
    fn of_long(text: &[u8]) -> Self {
        Self { low: xxh3_64(text), high: text.len() as u64 | LONG }
    }

    #[inline(always)]
    fn is_whole(self) -> bool {
        self.high < LONG
    }

    /// A hash whose first bits are the best.
    #[inline(always)]
    fn hash(self) -> u64 {
        (self.low ^ self.high.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// The key of a slot without a text: no text is so long.
const FREE: Key = Key { low: 0, high: u64::MAX };

/// Texts and their numbers: open addressing, at most a quarter full, for probes are hard to foresee.
#[derive(Default)]
pub struct Interner {
    /// Key and number. A power of two of them.
    slots: Vec<(Key, i32)>,
    /// Bits of a hash that are not the slot's place.
    shift: u32,
    bytes: Vec<u8>,
    /// Where each text ends in `bytes`.
    ends: Vec<i32>,
    made: Option<ArrayRef>,
}

impl Interner {
    /// The number of a text; a new one if it is new.
    #[inline(always)]
    pub fn number<'a>(&mut self, key: Key, text: impl Fn() -> &'a [u8]) -> i32 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (key.hash() >> self.shift) as usize;
        while let Some(&(known, number)) = self.slots.get(at) {
            if known == FREE {
                break;
            }
            if known == key && (key.is_whole() || self.text(number) == text()) {
                return number;
            }
            at = (at + 1) & mask;
        }
        self.add(key, text())
    }

    /// The numbers of several texts. Nothing is called while known ones are looked up, which leaves the processor's
    /// registers to that.
    #[inline(always)]
    pub fn numbers<'a>(&mut self, keys: &[Key], numbers: &mut [i32], text: impl Fn(usize) -> &'a [u8]) {
        let mut all = 0;
        for (number, &key) in numbers.iter_mut().zip(keys) {
            *number = self.find(key);
            all |= *number;
        }
        if all < 0 {
            for (place, (number, &key)) in
                numbers.iter_mut().zip(keys).enumerate().filter(|(_, (number, _))| **number < 0)
            {
                *number = self.number(key, || text(place));
            }
        }
    }

    /// The number of a text that is known by its key alone, else one below 0.
    #[inline(always)]
    fn find(&self, key: Key) -> i32 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (key.hash() >> self.shift) as usize;
        while let Some(&(known, number)) = self.slots.get(at) {
            if known == key {
                return if key.is_whole() { number } else { -1 };
            }
            if known == FREE {
                break;
            }
            at = (at + 1) & mask;
        }
        -1
    }

    /// The number of the empty text, if that is one of them.
    #[must_use]
    pub fn empty(&self) -> Option<i32> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).position(|(start, &end)| start == end).map(|number| number as i32)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all texts.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    fn text(&self, number: i32) -> &[u8] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start as usize..self.ends[number] as usize]
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, key: Key, text: &[u8]) -> i32 {
        let number = self.ends.len() as i32;
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as i32);
        self.made = None;
        if 4 * self.ends.len() > self.slots.len() {
            let size = (2 * self.slots.len()).max(1024);
            self.shift = u64::BITS - size.trailing_zeros();
            let old = std::mem::replace(&mut self.slots, vec![(FREE, -1); size]);
            for entry in old.into_iter().filter(|&(key, _)| key != FREE) {
                self.put(entry);
            }
        }
        self.put((key, number));
        number
    }

    fn put(&mut self, entry: (Key, i32)) {
        let mask = self.slots.len() - 1;
        let mut at = (entry.0.hash() >> self.shift) as usize;
        while self.slots[at].0 != FREE {
            at = (at + 1) & mask;
        }
        self.slots[at] = entry;
    }

    /// All texts, by number; the same array as before where no text is new.
    pub fn texts(&mut self) -> ArrayRef {
        let made = self.made.take().unwrap_or_else(|| {
            let offsets: Vec<i32> = [0].into_iter().chain(self.ends.iter().copied()).collect();
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            let bytes = Buffer::from_slice_ref(&self.bytes);
            // SAFETY: the offsets ascend and lie in the bytes; only fields of records that are valid UTF-8, cut
            // at ASCII bytes, were added.
            Arc::new(unsafe { StringArray::new_unchecked(offsets, bytes, None) })
        });
        self.made = Some(made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_equal_numbers_and_no_others() {
        let mut interner = Interner::default();
        let texts: Vec<String> = (0..5000).map(|number| format!("{:>width$}", number, width = number % 40)).collect();
        let numbers: Vec<i32> =
            texts.iter().map(|text| interner.number(Key::of_text(text.as_bytes()), || text.as_bytes())).collect();
        assert_eq!(numbers, (0..5000).collect::<Vec<i32>>());
        for (text, number) in texts.iter().zip(numbers) {
            assert_eq!(interner.number(Key::of_text(text.as_bytes()), || text.as_bytes()), number);
            assert_eq!(interner.text(number), text.as_bytes());
        }
        assert_eq!(interner.texts().len(), 5000);
        assert_eq!(interner.empty(), None);
        assert_eq!(interner.number(Key::default(), || b""), 5000);
        assert_eq!(interner.empty(), Some(5000));
    }

    #[test]
    fn several_texts_have_the_numbers_of_each() {
        let (mut together, mut alone) = (Interner::default(), Interner::default());
        let texts: Vec<String> =
            (0..5000).map(|number| "x".repeat(number * number % 19) + &(number % 77).to_string()).collect();
        for texts in texts.chunks(64) {
            let keys: Vec<Key> = texts.iter().map(|text| Key::of_text(text.as_bytes())).collect();
            let mut numbers = vec![0; keys.len()];
            together.numbers(&keys, &mut numbers, |place| texts[place].as_bytes());
            let expected: Vec<i32> =
                keys.iter().zip(texts).map(|(&key, text)| alone.number(key, || text.as_bytes())).collect();
            assert_eq!(numbers, expected);
        }
    }

    #[test]
    fn a_text_and_its_cell_have_one_key() {
        for len in 0..40 {
            let data = "x".repeat(len) + &"y".repeat(40);
            let cell = Cell::new(data.as_bytes(), 0, len).unwrap();
            assert_eq!(Key::of_cell(cell), Key::of_text(cell.text()));
        }
    }

    #[test]
    fn zeros_at_the_end_count() {
        assert_ne!(Key::of_text(b""), Key::of_text(b"\0"));
        assert_ne!(Key::of_text(&[b'a'; 15]), Key::of_text(&[b'a'; 16]));
        assert_ne!(Key::of_text(b"a"), Key::of_text(b"a\0"));
    }
}
