//! The index with AVX-512: a block in one register, its positions written by one compression.
//!
//! As in `avx2`, the functions are inlined into a kernel that is only called where `Level::available` has found
//! these instructions.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32,
    _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_movepi8_mask, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_storeu_si512,
};

use super::{
    avx2::Avx2,
    kernel::{BLOCK, Masks, Simd},
};

/// One register of 64 bytes. Made only where the machine has AVX-512 F, BW, DQ, VL and VBMI2, and all of AVX2.
#[derive(Clone, Copy)]
pub struct Avx512(Avx2);

impl Avx512 {
    /// A token of the instruction set.
    ///
    /// # Safety
    /// The machine must have AVX-512 F, BW, DQ, VL and VBMI2, and what [`Avx2`] needs.
    #[inline(always)]
    pub const unsafe fn new() -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { Avx2::new() })
    }
}

/// The numbers 0 to 63.
const PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut place = 0;
    while place < BLOCK {
        places[place] = place as u8;
        place += 1;
    }
    places
};

impl Simd for Avx512 {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK], delimiter: u8, quote: u8) -> Masks {
        // SAFETY: the token proves the instructions; the load is the block.
        unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
            Masks {
                delimiter: equal(delimiter),
                line_feed: equal(b'\n'),
                quote: equal(quote),
                other: _mm512_movepi8_mask(bytes),
            }
        }
    }

    #[inline(always)]
    fn prefix_xor(self, mask: u64) -> u64 {
        self.0.prefix_xor(mask)
    }

    #[inline(always)]
    fn select(self, mask: u64, rank: u32) -> u32 {
        self.0.select(mask, rank)
    }

    #[inline(always)]
    fn write_all(self, separators: u64, base: u32, out: &mut [u32; BLOCK]) {
        let count = separators.count_ones();
        let to = out.as_mut_ptr().cast::<__m512i>();
        // SAFETY: the token proves the instructions; `out` has room for four registers.
        unsafe {
            let places = _mm512_loadu_si512(PLACES.as_ptr().cast::<__m512i>());
            let found = _mm512_maskz_compress_epi8(separators, places);
            let base = _mm512_set1_epi32(base.cast_signed());
            let widened = |quarter| _mm512_add_epi32(_mm512_cvtepu8_epi32(quarter), base);
            _mm512_storeu_si512(to, widened(_mm512_castsi512_si128(found)));
            if count > 16 {
                _mm512_storeu_si512(to.add(1), widened(_mm512_extracti32x4_epi32::<1>(found)));
                if count > 32 {
                    _mm512_storeu_si512(to.add(2), widened(_mm512_extracti32x4_epi32::<2>(found)));
                    _mm512_storeu_si512(to.add(3), widened(_mm512_extracti32x4_epi32::<3>(found)));
                }
            }
        }
    }
}
