//! Numbers of many texts at once: the same steps without branches for each, so that the compiler puts several texts
//! into the lanes of one register.
//!
//! What is read is what [`super::swar`] reads; other texts, few as a rule, are left to it and to the exact reading.

use super::cell::Cell;
use crate::source::level::Level;

/// Texts that are read together.
pub const ROWS: usize = 64;

const ZEROS: u64 = 0x3030_3030_3030_3030;
const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const DOTS: u64 = LOW * b'.' as u64;
/// The double whose last bits count ones.
const TWO_TO_52: f64 = 4_503_599_627_370_496.0;
/// Digits that a double keeps whatever they are.
const MOST_DIGITS: i64 = 15;

/// What is read: whether texts may have more than eight bytes, and whether they may have a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integers,
    LongIntegers,
    Doubles,
    LongDoubles,
}

/// Some texts, then their values.
pub struct Lanes {
    level: Level,
    /// Whether some text had more than eight bytes when it was looked last.
    long: bool,
    count: usize,
    size: [i64; ROWS],
    /// The first eight bytes of each text, with anything after its end.
    head: [u64; ROWS],
    /// The last sixteen bytes of each long one, with anything before its start.
    tail: [[u64; ROWS]; 2],
    values: [u64; ROWS],
    /// Not 0 where a text is no number that is read here.
    odd: [u64; ROWS],
}

impl Lanes {
    /// No texts; `None` where the machine is not asked for more than one at a time.
    #[must_use]
    pub fn new(level: Level) -> Option<Self> {
        let empty = [0; ROWS];
        let lanes = Self {
            level,
            long: false,
            count: 0,
            size: [0; ROWS],
            head: empty,
            tail: [empty; 2],
            values: empty,
            odd: empty,
        };
        (level != Level::Portable).then_some(lanes)
    }

    /// Take texts, as many as there is room for.
    #[inline(always)]
    pub fn fill<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>> + Clone) {
        if !self.long {
            self.take::<false>(cells.clone());
        }
        if self.long {
            self.take::<true>(cells);
        }
    }

    #[inline(always)]
    fn take<'a, const LONG: bool>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        let (mut longest, mut count) = (0, 0);
        for (place, cell) in (0..ROWS).zip(cells) {
            self.head[place] = cell.word::<0>();
            self.size[place] = cell.size() as i64;
            if LONG {
                let [first, last] = cell.last_words();
                (self.tail[0][place], self.tail[1][place]) = (first, last);
            }
            longest = longest.max(cell.size());
            count = place + 1;
        }
        (self.count, self.long) = (count, longest > 8);
    }

    /// Read the texts as doubles; those that are none of the usual kind are told by [`Self::odd`].
    #[inline(always)]
    pub fn doubles(&mut self, values: &mut [f64]) {
        self.read(if self.long { Kind::LongDoubles } else { Kind::Doubles });
        values.iter_mut().zip(&self.values).for_each(|(value, &bits)| *value = f64::from_bits(bits));
    }

    /// Read the texts as integers; those that are none, or do not fit, are told by [`Self::odd`].
    #[inline(always)]
    pub fn integers<T: TryFrom<i64>>(&mut self, values: &mut [T]) {
        self.read(if self.long { Kind::LongIntegers } else { Kind::Integers });
        for ((value, &bits), odd) in values.iter_mut().zip(&self.values).zip(&mut self.odd) {
            match T::try_from(bits.cast_signed()) {
                Ok(fits) => *value = fits,
                Err(_) => *odd = 1,
            }
        }
    }

    /// Places of the texts that were not read.
    #[inline(always)]
    pub fn odd(&self) -> impl Iterator<Item = usize> + use<'_> {
        let odd = &self.odd[..self.count];
        let any = odd.iter().fold(0, |any, &odd| any | odd) != 0;
        let looked_at = if any { odd } else { &[] };
        looked_at.iter().enumerate().filter(|&(_, &odd)| odd != 0).map(|(place, _)| place)
    }

    fn read(&mut self, kind: Kind) {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                // SAFETY: `Level::Avx512` is made only where the machine has these instructions.
                unsafe { read_avx512(kind, self) }
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                // SAFETY: `Level::Avx2` is made only where the machine has these instructions.
                unsafe { read_avx2(kind, self) }
            }
            _ => read_each(kind, self),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
fn read_avx512(kind: Kind, lanes: &mut Lanes) {
    read_each(kind, lanes);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn read_avx2(kind: Kind, lanes: &mut Lanes) {
    read_each(kind, lanes);
}

#[inline(always)]
fn read_each(kind: Kind, lanes: &mut Lanes) {
    match kind {
        Kind::Integers => integers::<false>(lanes),
        Kind::LongIntegers => integers::<true>(lanes),
        Kind::Doubles => doubles::<false>(lanes),
        Kind::LongDoubles => doubles::<true>(lanes),
    }
}

#[inline(always)]
fn integers<const LONG: bool>(lanes: &mut Lanes) {
    for place in 0..ROWS {
        let number = number::<LONG, false>(lanes.text(place));
        let sign = number.negative.cast_signed();
        lanes.values[place] = ((number.mantissa.cast_signed() ^ -sign) + sign).cast_unsigned();
        lanes.odd[place] = number.odd;
    }
}

#[inline(always)]
fn doubles<const LONG: bool>(lanes: &mut Lanes) {
    for place in 0..ROWS {
        let number = number::<LONG, true>(lanes.text(place));
        let whole = f64::from_bits(number.mantissa | TWO_TO_52.to_bits()) - TWO_TO_52;
        // One exact division is the nearest double.
        let value = whole / number.scale;
        lanes.values[place] = value.to_bits() | number.negative << 63;
        lanes.odd[place] = number.odd;
    }
}

/// A text: its size, its first word, and the last two.
type Text = (i64, u64, [u64; 2]);

impl Lanes {
    #[inline(always)]
    fn text(&self, place: usize) -> Text {
        (self.size[place], self.head[place], [self.tail[0][place], self.tail[1][place]])
    }
}

/// `mantissa / scale`, with a sign (1 for a minus); what is `odd` means nothing.
struct Number {
    negative: u64,
    mantissa: u64,
    scale: f64,
    odd: u64,
}

#[inline(always)]
fn number<const LONG: bool, const DOTTED: bool>((size, head, tail): Text) -> Number {
    let minus = head & 0xff == u64::from(b'-');
    let negative = u64::from(minus);
    let body = if minus { head >> 8 } else { head };
    let count = size - negative.cast_signed();
    let after_zero = DOTTED & (body >> 8 & 0xff == u64::from(b'.'));
    let leads_with_zero = (body & 0xff == u64::from(b'0')) & (count > 1) & !after_zero;
    let fits = (size <= if LONG { 16 } else { 8 }) & (count > 0) & !leads_with_zero;
    let [high, low] = if LONG { long_words(tail, count) } else { [ZEROS, short_word(body, count)] };
    let ([high, low], scale, dots) = if DOTTED { without_dot::<LONG>(high, low) } else { ([high, low], 1.0, 0) };
    let digits = count - dots;
    let digits_fit = !DOTTED | (digits > 0) & (!LONG | (digits <= MOST_DIGITS));
    let all_digits = all_digits(low) & (!LONG | all_digits(high));
    let upper = if LONG { (eight_digits(high) & 0xffff_ffff) * 100_000_000 } else { 0 };
    Number {
        negative,
        mantissa: upper.wrapping_add(eight_digits(low)),
        scale,
        odd: u64::from(!(fits & digits_fit & all_digits)),
    }
}

/// The first `count` bytes (1 to 8) of a word moved to its end, zeros before them.
#[inline(always)]
fn short_word(word: u64, count: i64) -> u64 {
    let pad = (64 - 8 * count).cast_unsigned() & 63;
    word << pad | ZEROS & !(u64::MAX << pad)
}

/// The last `count` bytes (1 to 16) of two words, zeros before them.
#[inline(always)]
fn long_words([high, low]: [u64; 2], count: i64) -> [u64; 2] {
    let half_pad = (64 - 4 * count).cast_unsigned() & 31;
    let keep_high = if count > 8 { u64::MAX << half_pad << half_pad } else { 0 };
    let pad = (64 - 8 * count).cast_unsigned() & 63;
    let keep_low = if count < 8 { u64::MAX << pad } else { u64::MAX };
    [high & keep_high | ZEROS & !keep_high, low & keep_low | ZEROS & !keep_low]
}

/// The digits without the first dot, the power of ten that it stands for, and how many dots that were: 1 or 0.
#[inline(always)]
fn without_dot<const LONG: bool>(high: u64, low: u64) -> ([u64; 2], f64, i64) {
    let low_dot = dot(low);
    if !LONG {
        let found = low_dot != 0;
        let closed = if found { closed(low, low_dot, u64::from(b'0')) } else { low };
        return ([high, closed], power(if found { low_dot } else { 1 << 63 }), i64::from(found));
    }
    let high_dot = dot(high);
    let (in_low, in_high) = (low_dot != 0, high_dot != 0);
    let closed_low = if in_low { closed(low, low_dot, high >> 56) } else { low };
    let closed_high = if in_high { closed(high, high_dot, u64::from(b'0')) } else { high };
    let closed_high = if in_low { high << 8 | u64::from(b'0') } else { closed_high };
    let place = if in_low { low_dot } else { high_dot };
    let found = in_low | in_high;
    let beyond = if in_high & !in_low { 1e8 } else { 1.0 };
    ([closed_high, closed_low], power(if found { place } else { 1 << 63 }) * beyond, i64::from(found))
}

/// The highest bit of the first dot of a word, 0 where there is none.
#[inline(always)]
fn dot(word: u64) -> u64 {
    let word = word ^ DOTS;
    let found = word.wrapping_sub(LOW) & !word & HIGH;
    found & found.wrapping_neg()
}

/// A word without its byte at `dot`: what stands before it moves up, `first` goes there.
#[inline(always)]
fn closed(word: u64, dot: u64, first: u64) -> u64 {
    let before = (dot >> 7).wrapping_sub(1);
    let up_to = (dot << 1).wrapping_sub(1);
    (word & before) << 8 | first | word & !up_to
}

/// Ten to the number of bytes after the one whose highest bit this is.
#[inline(always)]
fn power(dot: u64) -> f64 {
    let ones = if dot & 0x8000_8000_8000_8000 == 0 { 1e1 } else { 1.0 };
    let twos = if dot & 0x8080_0000_8080_0000 == 0 { 1e2 } else { 1.0 };
    let fours = if dot & 0x8080_8080_0000_0000 == 0 { 1e4 } else { 1.0 };
    ones * twos * fours
}

#[inline(always)]
fn all_digits(word: u64) -> bool {
    let carried = word.wrapping_add(0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0;
    (word & 0xf0f0_f0f0_f0f0_f0f0) | carried >> 4 == 0x3333_3333_3333_3333
}

/// Value of eight digits, the first one in the lowest byte.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    let ones = word.wrapping_sub(ZEROS);
    let pairs = ones.wrapping_mul(10).wrapping_add(ones >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    (fours & 0xffff_ffff) * 10_000 + (fours >> 32)
}

#[cfg(test)]
mod tests {
    use super::{
        super::swar::{self, tests::texts},
        *,
    };

    /// Read texts as they stand in a file, one after another, at every level.
    fn each<T: Copy + Default>(
        texts: &[String],
        read: impl Fn(&mut Lanes, &mut [T]),
        check: impl Fn(&str, Cell<'_>, Option<T>),
    ) {
        let mut data = vec![b'-'; 16];
        let places: Vec<(usize, usize)> = texts
            .iter()
            .map(|text| {
                data.push(b'-');
                data.extend_from_slice(text.as_bytes());
                data.extend_from_slice(b"5.");
                (data.len() - 2 - text.len(), data.len() - 2)
            })
            .collect();
        data.extend([b'7'; 64]);
        for mut lanes in Level::available().into_iter().filter_map(Lanes::new) {
            for (texts, places) in texts.chunks(ROWS).zip(places.chunks(ROWS)) {
                let cells: Vec<Cell<'_>> =
                    places.iter().map(|&(start, end)| Cell::new(&data, start, end).unwrap()).collect();
                let mut values = vec![T::default(); cells.len()];
                lanes.fill(cells.iter().copied());
                read(&mut lanes, &mut values);
                let odd: Vec<usize> = lanes.odd().collect();
                for (place, text) in texts.iter().enumerate() {
                    let value = (!odd.contains(&place)).then_some(values[place]);
                    check(text, cells[place], value);
                }
            }
        }
    }

    /// Texts of many kinds, long ones apart from short ones and among them.
    fn many_texts() -> Vec<String> {
        let mut all = texts();
        for whole in 0..=9 {
            for part in 0..=9 {
                let digits = "9081726354";
                all.extend(["", "-"].map(|sign| format!("{sign}{}.{}", &digits[..whole], &digits[..part])));
            }
        }
        let short: Vec<String> = all.iter().filter(|text| text.len() <= 8).cloned().collect();
        all.extend(short);
        all
    }

    #[test]
    fn a_number_of_many_is_the_number_alone() {
        each(&many_texts(), Lanes::doubles, |text, cell, value: Option<f64>| {
            if let Some(value) = value {
                assert_eq!(Some(value.to_bits()), swar::double(cell).map(f64::to_bits), "{text}");
            }
            assert!(value.is_some() || text.len() > 16 || swar::double(cell).is_none(), "{text}");
        });
        each(&many_texts(), Lanes::integers, |text, cell, value: Option<i64>| {
            if let Some(value) = value {
                assert_eq!(Some(value), swar::integer(cell), "{text}");
            }
            assert!(value.is_some() || text.len() > 16 || swar::integer(cell).is_none(), "{text}");
        });
    }

    #[test]
    fn an_integer_that_does_not_fit_is_odd() {
        let texts: Vec<String> = ["127", "128", "-128", "-129", "7"].map(str::to_owned).to_vec();
        each(&texts, Lanes::integers, |text, _, value: Option<i8>| assert_eq!(value, text.parse().ok(), "{text}"));
        each(&texts, Lanes::integers, |text, _, value: Option<u64>| assert_eq!(value, text.parse().ok(), "{text}"));
    }

    #[test]
    fn numbers_at_the_start_of_the_data_are_left_to_others() {
        let data = [b"123456789;".as_slice(), &[b' '; 64]].concat();
        for mut lanes in Level::available().into_iter().filter_map(Lanes::new) {
            lanes.fill([Cell::new(&data, 0, 9).unwrap()].into_iter());
            lanes.integers(&mut [0i64; 1]);
            assert_eq!(lanes.odd().count(), 1);
        }
    }
}
