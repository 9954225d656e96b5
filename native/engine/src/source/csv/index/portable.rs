//! The index without vector instructions: eight bytes in a word.

use super::kernel::{BLOCK, Masks, Simd};

/// Words of eight bytes.
#[derive(Clone, Copy)]
pub struct Portable;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const GATHER: u64 = 0x0102_0408_1020_4080;

/// One bit for each of the eight bytes that equals `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    let word = word ^ LOW.wrapping_mul(u64::from(byte));
    let zero = !(((word & SEVEN) + SEVEN) | word | SEVEN);
    (zero >> 7).wrapping_mul(GATHER) >> 56
}

impl Simd for Portable {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK], delimiter: u8, quote: u8) -> Masks {
        let mut masks = Masks { delimiter: 0, line_feed: 0, quote: 0, other: 0 };
        for (place, bytes) in block.as_chunks::<8>().0.iter().enumerate() {
            let word = u64::from_le_bytes(*bytes);
            masks.other |= word & HIGH;
            masks.delimiter |= equal(word, delimiter) << (8 * place);
            masks.line_feed |= equal(word, b'\n') << (8 * place);
            masks.quote |= equal(word, quote) << (8 * place);
        }
        masks
    }

    #[inline(always)]
    fn prefix_xor(self, mut mask: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            mask ^= mask << shift;
        }
        mask
    }

    #[inline(always)]
    fn select(self, mut mask: u64, rank: u32) -> u32 {
        for _ in 0..rank {
            mask &= mask.wrapping_sub(1);
        }
        mask.trailing_zeros()
    }
}
