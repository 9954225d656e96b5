//! The index with NEON, which every 64-bit ARM machine has: four registers of 16 bytes.
//!
//! Carry-less multiplication is not on all of them; six shifts do the same where there are quotes.

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vmaxvq_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_u64_u8,
};

use super::{
    kernel::{BLOCK, Masks, Simd},
    portable::Portable,
};

/// Registers of 16 bytes.
#[derive(Clone, Copy)]
pub struct Neon;

/// The bit of each byte in the mask of its eight.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

impl Simd for Neon {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK], delimiter: u8, quote: u8) -> Masks {
        // SAFETY: NEON is part of the architecture; the four loads lie inside the block, that of `BITS` inside it.
        unsafe {
            let at = block.as_ptr();
            let bytes = [vld1q_u8(at), vld1q_u8(at.add(16)), vld1q_u8(at.add(32)), vld1q_u8(at.add(48))];
            let bits = vld1q_u8(BITS.as_ptr());
            let equal = |byte: u8| {
                let wanted = vdupq_n_u8(byte);
                gathered(bytes.map(|sixteen| vandq_u8(vceqq_u8(sixteen, wanted), bits)))
            };
            let [a, b, c, d] = bytes;
            let highest = vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d)));
            Masks {
                delimiter: equal(delimiter),
                line_feed: equal(b'\n'),
                quote: equal(quote),
                other: u64::from(highest & 0x80),
            }
        }
    }

    #[inline(always)]
    fn prefix_xor(self, mask: u64) -> u64 {
        Portable.prefix_xor(mask)
    }

    #[inline(always)]
    fn select(self, mask: u64, rank: u32) -> u32 {
        Portable.select(mask, rank)
    }
}

/// One bit for each of 64 bytes: neighbours are added until eight bits stand in each byte.
#[inline(always)]
fn gathered([a, b, c, d]: [uint8x16_t; 4]) -> u64 {
    // SAFETY: NEON is part of the architecture; nothing is loaded.
    unsafe {
        let sums = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
    }
}
