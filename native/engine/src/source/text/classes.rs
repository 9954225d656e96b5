//! Sixty-four bytes at once: which of them are of words, and which are not ASCII?

use crate::source::level::Level;

/// Bytes looked at together.
pub const BLOCK: usize = 64;

/// One bit for each byte of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classes {
    /// ASCII letters and digits.
    pub word: u64,
    /// Bytes that are not ASCII.
    pub other: u64,
}

/// Bytes of a pattern that are looked at together.
pub const HALF: usize = 32;

/// Any bytes; of those that are not ASCII all or none.
#[derive(Clone, Debug)]
pub struct Members {
    has: [bool; 256],
    /// For each lower half of a byte a bit for each upper half.
    low: [u8; 16],
    pub others: bool,
}

impl Members {
    /// The ASCII characters for which a function holds, and perhaps all other bytes.
    #[must_use]
    pub fn new(ascii: impl Fn(u8) -> bool, others: bool) -> Self {
        let (mut has, mut low) = ([others; 256], [0; 16]);
        for byte in 0..128u8 {
            has[usize::from(byte)] = ascii(byte);
            low[usize::from(byte & 15)] |= u8::from(ascii(byte)) << (byte >> 4);
        }
        Self { has, low, others }
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn has(&self, byte: u8) -> bool {
        self.has[usize::from(byte)]
    }

    /// The first place from `at` on whose byte is another one, `limit` at most. It is fast where bytes follow in
    /// `data`.
    #[inline(always)]
    pub fn run(&self, classify: impl Classify, data: &[u8], mut at: usize, limit: usize) -> usize {
        while at < limit {
            let Some(half) = data.get(at..).and_then(|rest| rest.first_chunk()) else {
                let rest = data.get(at..limit).unwrap_or_default();
                return at + rest.iter().take_while(|&&byte| self.has(byte)).count();
            };
            let first = classify.first_outside(half, self);
            if first < HALF {
                return limit.min(at + first);
            }
            at += HALF;
        }
        limit
    }
}

/// What an instruction set brings.
pub trait Classify: Copy {
    /// What the bytes of a block are.
    fn classes(self, block: &[u8; BLOCK]) -> Classes;
    /// Place of the first byte that is no member, or the number of bytes and more.
    fn first_outside(self, half: &[u8; HALF], members: &Members) -> usize;
}

/// What is done by the best instructions that a level allows.
pub trait Classified {
    /// Do it.
    fn run(self, classify: impl Classify);
}

/// Do something by the best instructions that a level allows.
#[inline(always)]
pub fn by_level(level: Level, work: impl Classified) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => {
            // SAFETY: the level is made only where the machine has these instructions.
            unsafe { avx2::run(work) }
        }
        _ => work.run(Portable),
    }
}

/// Eight bytes in a word.
#[derive(Clone, Copy)]
pub struct Portable;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const GATHER: u64 = 0x0102_0408_1020_4080;

/// The highest bit of each byte (below 128) that lies between two.
#[inline(always)]
fn between(bytes: u64, first: u8, last: u8) -> u64 {
    let from = bytes + LOW * u64::from(0x80 - first);
    let beyond = bytes + LOW * u64::from(0x7f - last);
    from & !beyond & HIGH
}

/// One bit for each highest bit of eight bytes.
#[inline(always)]
fn gathered(highest: u64) -> u64 {
    (highest >> 7).wrapping_mul(GATHER) >> 56
}

impl Classify for Portable {
    #[inline(always)]
    fn classes(self, block: &[u8; BLOCK]) -> Classes {
        let mut classes = Classes { word: 0, other: 0 };
        for (place, bytes) in block.as_chunks::<8>().0.iter().enumerate() {
            let bytes = u64::from_le_bytes(*bytes);
            let (other, ascii) = (bytes & HIGH, bytes & !HIGH);
            let word = between(ascii | (LOW * 0x20), b'a', b'z') | between(ascii, b'0', b'9');
            classes.word |= gathered(word & !other) << (8 * place);
            classes.other |= gathered(other) << (8 * place);
        }
        classes
    }

    #[inline(always)]
    fn first_outside(self, half: &[u8; HALF], members: &Members) -> usize {
        half.iter().take_while(|&&byte| members.has(byte)).count()
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_sub_epi8,
    };

    use super::{BLOCK, Classes, Classified, Classify, HALF, Members};

    /// The bit of each upper half of a byte; those of bytes that are not ASCII have none.
    const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

    /// Two registers of 32 bytes. Made only where the machine has AVX2.
    #[derive(Clone, Copy)]
    struct Avx2(());

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub fn run(work: impl Classified) {
        work.run(Avx2(()));
    }

    impl Classify for Avx2 {
        #[inline(always)]
        fn classes(self, block: &[u8; BLOCK]) -> Classes {
            let (halves, _) = block.as_chunks::<32>();
            let (mut word, mut other) = (0, 0);
            for (place, half) in halves.iter().enumerate() {
                // SAFETY: the token proves the instructions; the load is the half.
                let (words, others) = unsafe {
                    let bytes = _mm256_loadu_si256(half.as_ptr().cast::<__m256i>());
                    let every = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
                    let within = |bytes: __m256i, first: u8, last: u8| {
                        let from = _mm256_sub_epi8(bytes, every(first));
                        _mm256_cmpeq_epi8(_mm256_min_epu8(from, every(last - first)), from)
                    };
                    let letters = within(_mm256_or_si256(bytes, every(0x20)), b'a', b'z');
                    let words = _mm256_or_si256(letters, within(bytes, b'0', b'9'));
                    (_mm256_movemask_epi8(words), _mm256_movemask_epi8(bytes))
                };
                word |= u64::from(words.cast_unsigned()) << (32 * place);
                other |= u64::from(others.cast_unsigned()) << (32 * place);
            }
            Classes { word, other }
        }

        #[inline(always)]
        fn first_outside(self, half: &[u8; HALF], members: &Members) -> usize {
            // SAFETY: the token proves the instructions; the loads are the half, `low` and `BITS`.
            let outside = unsafe {
                let bytes = _mm256_loadu_si256(half.as_ptr().cast::<__m256i>());
                let twice = |table: &[u8; 16]| _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
                // Bytes that are not ASCII find a zero.
                let uppers = _mm256_shuffle_epi8(twice(&members.low), bytes);
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
                let found = _mm256_and_si256(uppers, _mm256_shuffle_epi8(twice(&BITS), upper));
                let outside = _mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
                outside & if members.others { !_mm256_movemask_epi8(bytes) } else { -1 }
            };
            outside.trailing_zeros() as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Check;

    impl Classified for Check {
        fn run(self, classify: impl Classify) {
            for others in [false, true] {
                let members = Members::new(|byte| byte % 3 == 1 || byte.is_ascii_digit(), others);
                for byte in 0..=u8::MAX {
                    let mut data = [b'1'; BLOCK];
                    data[35] = byte;
                    let expected = if members.has(byte) { 60 } else { 35 };
                    assert_eq!(members.run(classify, &data, 1, 60), expected, "{byte:#x}");
                    assert_eq!(members.run(classify, &data, 1, 20), 20);
                    assert_eq!(members.run(classify, &data[..40], 1, 36), expected.min(36));
                }
            }
            for byte in 0..=u8::MAX {
                for place in 0..BLOCK {
                    let mut block = [if place % 2 == 0 { b'a' } else { b' ' }; BLOCK];
                    block[place] = byte;
                    let mask = |is: fn(u8) -> bool| {
                        block.iter().enumerate().map(|(place, &byte)| u64::from(is(byte)) << place).sum()
                    };
                    let expected = Classes {
                        word: mask(|byte| byte.is_ascii_alphanumeric()),
                        other: mask(|byte| !byte.is_ascii()),
                    };
                    assert_eq!(classify.classes(&block), expected, "{byte:#x} at {place}");
                }
            }
        }
    }

    #[test]
    fn every_byte_in_every_place() {
        Level::available().into_iter().for_each(|level| by_level(level, Check));
    }
}
