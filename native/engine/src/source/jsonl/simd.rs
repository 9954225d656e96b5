//! Sixteen bytes of a string at once: does one of them end or interrupt it?

/// Bytes looked at in one go.
pub const BLOCK: usize = 16;

/// A bit for each byte that is a quote, a backslash or a control character.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn stops(block: &[u8; BLOCK]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };
    // SAFETY: SSE2 is part of x86_64; `block` is sixteen readable bytes, of any alignment.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"'.cast_signed()));
        let backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\'.cast_signed()));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)).cast_unsigned()
    }
}

/// A bit for each byte that is a quote, a backslash or a control character.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub fn stops(block: &[u8; BLOCK]) -> u32 {
    plain_stops(block)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain_stops(block: &[u8; BLOCK]) -> u32 {
    let stop = |byte: u8| u32::from(matches!(byte, b'"' | b'\\' | 0..=0x1f));
    block.iter().enumerate().map(|(place, &byte)| stop(byte) << place).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK {
                let mut block = *b"abcdefgh\xc3\xa9  xyz~";
                block[place] = byte;
                assert_eq!(stops(&block), plain_stops(&block), "{byte:#x} at {place}");
            }
        }
    }
}
