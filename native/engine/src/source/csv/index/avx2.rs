//! The index with AVX2, BMI2 and carry-less multiplication.
//!
//! The functions are inlined into a kernel that is compiled for, and only called on, machines that have these
//! instructions (`Level::available`).

use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _pdep_u64,
};

use super::kernel::{BLOCK, Masks, Simd};

/// Two registers of 32 bytes. Made only where the machine has AVX2, BMI2 and PCLMULQDQ.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// A token of the instruction set.
    ///
    /// # Safety
    /// The machine must have AVX2, BMI1, BMI2, LZCNT, POPCNT and PCLMULQDQ.
    #[inline(always)]
    pub const unsafe fn new() -> Self {
        Self(())
    }
}

impl Simd for Avx2 {
    #[inline(always)]
    fn masks(self, block: &[u8; BLOCK], delimiter: u8, quote: u8) -> Masks {
        // SAFETY: the token proves the instructions; both loads lie inside the block.
        unsafe {
            let low = _mm256_loadu_si256(block.as_ptr().cast::<__m256i>());
            let high = _mm256_loadu_si256(block.as_ptr().add(32).cast::<__m256i>());
            let equal = |byte: u8| {
                let wanted = _mm256_set1_epi8(byte.cast_signed());
                let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)).cast_unsigned();
                let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)).cast_unsigned();
                u64::from(low) | u64::from(high) << 32
            };
            let other = _mm256_movemask_epi8(_mm256_or_si256(low, high)).cast_unsigned();
            Masks { delimiter: equal(delimiter), line_feed: equal(b'\n'), quote: equal(quote), other: u64::from(other) }
        }
    }

    #[inline(always)]
    fn prefix_xor(self, mask: u64) -> u64 {
        // SAFETY: the token proves the instructions.
        unsafe {
            let mask = _mm_set_epi64x(0, mask.cast_signed());
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(mask, _mm_set1_epi8(-1))).cast_unsigned()
        }
    }

    #[inline(always)]
    fn select(self, mask: u64, rank: u32) -> u32 {
        // SAFETY: the token proves the instructions.
        unsafe { _pdep_u64(1 << rank, mask).trailing_zeros() }
    }
}
