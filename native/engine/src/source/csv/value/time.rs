//! DATE, TIME and TIMESTAMP, with and without zone: ISO 8601 and other styles, years 0001 to 9999.

use crate::types::{DateOrder, DateStyle};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of `YYYY-M-D`, one or two digits for month and day.
#[must_use]
pub fn parse_date(text: &[u8]) -> Option<i32> {
    let (days, rest) = date_prefix(text)?;
    rest.is_empty().then_some(days)
}

/// Microseconds since 1970-01-01 of `date[ T]H:MM[:SS[.f]]`, up to six digits of fraction.
///
/// A date alone is midnight where the reading is not strict.
#[must_use]
pub fn parse_timestamp(text: &[u8], strict: bool) -> Option<i64> {
    let (days, rest) = date_prefix(text)?;
    match rest {
        [] if !strict => timestamp_value(days, 0, 0, 0),
        [b' ' | b'T', time @ ..] => at_time(days, time),
        _ => None,
    }
}

/// Microseconds since midnight of `H:MM[:SS[.f]]`.
#[must_use]
pub fn parse_time(text: &[u8]) -> Option<i64> {
    at_time(0, text)
}

/// Microseconds since 1970-01-01 in UTC of a timestamp that ends with `Z`, `±HH` or `±HH:MM`.
#[must_use]
pub fn parse_timestamptz(text: &[u8]) -> Option<i64> {
    let (local, zone) = match text {
        [local @ .., b'Z'] => (local, 0),
        _ => {
            let at = text.iter().rposition(|byte| matches!(byte, b'+' | b'-'))?;
            let (local, zone) = text.split_at(at);
            let seconds = zone_seconds(&zone[1..])?;
            (local, if zone[0] == b'-' { -seconds } else { seconds })
        }
    };
    Some(parse_timestamp(local, true)? - i64::from(zone) * 1_000_000)
}

fn zone_seconds(text: &[u8]) -> Option<i32> {
    let (hours, rest) = two(text)?;
    let minutes = match rest {
        [] => 0,
        [b':', rest @ ..] => two(rest).filter(|(_, rest)| rest.is_empty())?.0,
        _ => return None,
    };
    (hours < 16 && minutes < 60).then_some((hours * 60 + minutes) * 60)
}

/// Days since 1970-01-01 of a date in another style, its year of four digits.
#[must_use]
pub fn parse_date_in(text: &[u8], style: DateStyle) -> Option<i32> {
    let (days, rest) = styled_prefix(text, style)?;
    rest.is_empty().then_some(days)
}

/// Microseconds since 1970-01-01 of `date H:MM[:SS[.f]][ AM| PM]`, the date in another style.
#[must_use]
pub fn parse_timestamp_in(text: &[u8], style: DateStyle) -> Option<i64> {
    let (days, rest) = styled_prefix(text, style)?;
    let time = rest.strip_prefix(b" ")?;
    let (time, half) = match time.split_last_chunk::<3>() {
        Some((time, half)) if half.eq_ignore_ascii_case(b" AM") => (time, Some(0)),
        Some((time, half)) if half.eq_ignore_ascii_case(b" PM") => (time, Some(12)),
        _ => (time, None),
    };
    let Some(half) = half else {
        return at_time(days, time);
    };
    let (hour, rest) = one_or_two(time)?;
    let hours = hour % 12 + half;
    let minutes = at_time(days, &[b"0", rest].concat())?;
    (1..=12).contains(&hour).then_some(minutes + i64::from(hours) * 3_600_000_000)
}

fn styled_prefix(text: &[u8], DateStyle { order, separator }: DateStyle) -> Option<(i32, &[u8])> {
    let between = |text: &'_ [u8]| text.first().is_some_and(|byte| *byte == separator);
    if order == DateOrder::YearMonthDay {
        let (year, rest) = four(text)?;
        let (month, rest) = one_or_two(rest.get(1..).filter(|_| between(rest))?)?;
        let (day, rest) = one_or_two(rest.get(1..).filter(|_| between(rest))?)?;
        return Some((date_value(year, month, day)?, rest));
    }
    let (first, rest) = one_or_two(text)?;
    let (second, rest) = one_or_two(rest.get(1..).filter(|_| between(rest))?)?;
    let (year, rest) = four(rest.get(1..).filter(|_| between(rest))?)?;
    let (month, day) = if order == DateOrder::DayMonthYear { (second, first) } else { (first, second) };
    Some((date_value(year, month, day)?, rest))
}

fn four(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = year.iter().try_fold(0, |sum, &byte| Some(sum * 10 + digit(byte)?))?;
    Some((year, rest))
}

fn date_prefix(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = four(text)?;
    let (month, rest) = one_or_two(rest.strip_prefix(b"-")?)?;
    let (day, rest) = one_or_two(rest.strip_prefix(b"-")?)?;
    Some((date_value(year, month, day)?, rest))
}

/// Days since 1970-01-01 of a day that there is.
#[inline]
#[must_use]
pub fn date_value(year: i32, month: i32, day: i32) -> Option<i32> {
    (year >= 1 && (1..=12).contains(&month) && day >= 1 && (day <= 28 || day <= days_in_month(year, month)))
        .then(|| days_from_civil(year, month, day))
}

/// Microseconds since 1970-01-01 of a second that there is.
#[inline]
#[must_use]
pub fn timestamp_value(days: i32, hour: i32, minute: i32, second: i32) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 60)
        .then(|| i64::from(days) * MICROS_PER_DAY + i64::from((hour * 60 + minute) * 60 + second) * 1_000_000)
}

fn at_time(days: i32, text: &[u8]) -> Option<i64> {
    let (hour, rest) = one_or_two(text)?;
    let (minute, rest) = two(rest.strip_prefix(b":")?)?;
    let (second, rest) = match rest {
        [] => (0, rest),
        [b':', rest @ ..] => two(rest)?,
        _ => return None,
    };
    let micros = match rest {
        [] => 0,
        [b'.', fraction @ ..] => micros(fraction)?,
        _ => return None,
    };
    Some(timestamp_value(days, hour, minute, second)? + i64::from(micros))
}

fn micros(fraction: &[u8]) -> Option<i32> {
    if fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let value = fraction.iter().try_fold(0, |sum, &byte| Some(sum * 10 + digit(byte)?))?;
    Some(value * 10i32.pow(6 - fraction.len() as u32))
}

fn digit(byte: u8) -> Option<i32> {
    byte.is_ascii_digit().then(|| i32::from(byte - b'0'))
}

fn one_or_two(text: &[u8]) -> Option<(i32, &[u8])> {
    let first = digit(*text.first()?)?;
    match text.get(1).and_then(|&byte| digit(byte)) {
        Some(second) => Some((first * 10 + second, &text[2..])),
        None => Some((first, &text[1..])),
    }
}

fn two(text: &[u8]) -> Option<(i32, &[u8])> {
    let (pair, rest) = text.split_at_checked(2)?;
    Some((digit(pair[0])? * 10 + digit(pair[1])?, rest))
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (years from March, 400-year eras).
fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1970() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2024-02-29", Some(19_782)),
            ("2024-2-9", Some(19_762)),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2000-02-29", Some(11_016)),
            ("0000-01-01", None),
            ("2024-13-01", None),
            ("2024-00-01", None),
            ("2024-01-00", None),
            ("2024-04-31", None),
            ("24-01-01", None),
            ("2024-01-01 ", None),
            ("2024-001-01", None),
            ("2024/01/01", None),
            ("20240101", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_date(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn timestamps_count_microseconds() {
        let day = 19_782 * MICROS_PER_DAY;
        let cases = [
            ("2024-02-29 00:00", Some(day)),
            ("2024-02-29T01:02:03", Some(day + 3_723_000_000)),
            ("2024-02-29 1:02:03.5", Some(day + 3_723_500_000)),
            ("2024-02-29 23:59:59.999999", Some(day + MICROS_PER_DAY - 1)),
            ("1969-12-31 23:59:59.999999", Some(-1)),
            ("2024-02-29 01:02:03.1234567", None),
            ("2024-02-29 01:02:03.", None),
            ("2024-02-29 24:00", None),
            ("2024-02-29 01:60", None),
            ("2024-02-29 01:02:60", None),
            ("2024-02-29 01:02:03Z", None),
            ("2024-02-29 01", None),
            ("2024-02-29", None),
            ("2024-02-29  01:02", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_timestamp(text.as_bytes(), true), expected, "{text}");
        }
        assert_eq!(parse_timestamp(b"2024-02-29", false), Some(day));
    }

    #[test]
    fn zones_are_taken_off() {
        let utc = parse_timestamp(b"2024-02-29 01:02:03.5", true);
        for text in ["01:02:03.5Z", "01:02:03.5+00", "03:02:03.5+02", "06:47:03.5+05:45", "00:32:03.5-00:30"] {
            assert_eq!(parse_timestamptz(format!("2024-02-29 {text}").as_bytes()), utc, "{text}");
        }
        for text in ["01:02", "01:02 +02", "01:02+2", "01:02+0200", "01:02+02:60", "01:02+16", "01:02z", "+02", "Z"] {
            assert_eq!(parse_timestamptz(format!("2024-02-29 {text}").as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn other_styles_are_read_by_their_order() {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        let day = parse_date(b"2024-12-31");
        let style = |order, separator| DateStyle { order, separator };
        assert_eq!(parse_date_in(b"31/12/2024", style(DayMonthYear, b'/')), day);
        assert_eq!(parse_date_in(b"12-31-2024", style(MonthDayYear, b'-')), day);
        assert_eq!(parse_date_in(b"2024.12.31", style(YearMonthDay, b'.')), day);
        for text in ["12/31/2024", "31.12.2024", "31/12/24", "31/12/20240", "031/12/2024", "31/12/2024 ", "31/12", ""] {
            assert_eq!(parse_date_in(text.as_bytes(), style(DayMonthYear, b'/')), None, "{text}");
        }
        let times = [
            ("10:00", "10:00"),
            ("1:02:03.25", "01:02:03.25"),
            ("12:00 AM", "00:00"),
            ("12:30:00 pm", "12:30"),
            ("1:02:03 PM", "13:02:03"),
        ];
        for (text, iso) in times {
            let styled = parse_timestamp_in(format!("31/12/2024 {text}").as_bytes(), style(DayMonthYear, b'/'));
            assert_eq!(styled, parse_timestamp(format!("2024-12-31 {iso}").as_bytes(), true), "{text}");
            assert!(styled.is_some(), "{text}");
        }
        for text in ["13:00 PM", "0:10 AM", "1:02PM", "AM", " AM", "25:00", ""] {
            let styled = parse_timestamp_in(format!("31/12/2024 {text}").as_bytes(), style(DayMonthYear, b'/'));
            assert_eq!(styled, None, "{text}");
        }
    }
}
