//! Parts of dates and timestamps, in the Gregorian calendar, before its time, too.

/// What can be asked of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Year,
    Quarter,
    Month,
    Day,
    /// Days since Sunday.
    WeekDay,
    /// Days since Monday, and one.
    IsoDay,
    /// The day of the year, from 1.
    YearDay,
    Week,
    /// The year that the week belongs to.
    IsoYear,
    /// That year and its week in six digits.
    YearWeek,
    Decade,
    Century,
    Millennium,
    Hour,
    Minute,
    Second,
    /// Thousandths since the minute began.
    Millisecond,
    /// Millionths since the minute began.
    Microsecond,
}

/// What a moment can be cut down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    Quarter,
    Month,
    /// Monday.
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    /// The day itself, not its midnight.
    Date,
}

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub const DAY: i64 = 86_400 * SECOND;

impl Part {
    /// The part of a name, as DuckDB calls it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "day" => Self::Day,
            "dow" => Self::WeekDay,
            "isodow" => Self::IsoDay,
            "doy" => Self::YearDay,
            "week" => Self::Week,
            "isoyear" => Self::IsoYear,
            "yearweek" => Self::YearWeek,
            "decade" => Self::Decade,
            "century" => Self::Century,
            "millennium" => Self::Millennium,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "millisecond" => Self::Millisecond,
            "microsecond" => Self::Microsecond,
            _ => return None,
        })
    }

    /// The part of a moment, in units of which a day has so many.
    #[must_use]
    pub fn of(self, moment: i64, per_day: i64) -> i64 {
        let days = moment.div_euclid(per_day);
        let of_day = if per_day == 1 { 0 } else { moment.rem_euclid(per_day) };
        let seconds = of_day / SECOND;
        match self {
            Self::Millisecond => of_day % (60 * SECOND) / 1000,
            Self::Microsecond => of_day % (60 * SECOND),
            Self::IsoDay => (days + 3).rem_euclid(7) + 1,
            Self::YearDay => days - day_number(civil(days).0, 1) + 1,
            Self::Week => week(days).1,
            Self::IsoYear => week(days).0,
            Self::YearWeek => {
                let (year, week) = week(days);
                year * 100 + if year > 0 { week } else { -week }
            }
            Self::Decade => civil(days).0 / 10,
            Self::Century => since_one(civil(days).0, 100),
            Self::Millennium => since_one(civil(days).0, 1000),
            Self::Hour => seconds / 3600,
            Self::Minute => seconds / 60 % 60,
            Self::Second => seconds % 60,
            Self::WeekDay => (days + 4).rem_euclid(7),
            Self::Year => civil(days).0,
            Self::Quarter => (civil(days).1 + 2) / 3,
            Self::Month => civil(days).1,
            Self::Day => civil(days).2,
        }
    }
}

impl Unit {
    /// The unit of a name, as DuckDB calls it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "millennium" => Self::Millennium,
            "century" => Self::Century,
            "decade" => Self::Decade,
            "year" => Self::Year,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "millisecond" => Self::Millisecond,
            "microsecond" => Self::Microsecond,
            "date" => Self::Date,
            _ => return None,
        })
    }

    /// The microsecond at which the moment's unit begins, or its day.
    #[must_use]
    pub fn truncated(self, moment: i64, per_day: i64) -> i64 {
        let days = moment.div_euclid(per_day);
        let to = |unit: i64| if per_day == 1 { days * DAY } else { moment - moment.rem_euclid(unit) };
        match self {
            Self::Date => days,
            Self::Day => days * DAY,
            Self::Hour => to(3600 * SECOND),
            Self::Minute => to(60 * SECOND),
            Self::Second => to(SECOND),
            Self::Millisecond => to(SECOND / 1000),
            Self::Microsecond => to(1),
            Self::Week => (days - (days + 3).rem_euclid(7)) * DAY,
            _ => {
                let (year, month, _) = civil(days);
                let (year, first) = match self {
                    Self::Millennium => (year / 1000 * 1000, 1),
                    Self::Century => (year / 100 * 100, 1),
                    Self::Decade => (year / 10 * 10, 1),
                    Self::Year => (year, 1),
                    Self::Quarter => (year, (month - 1) / 3 * 3 + 1),
                    _ => (year, month),
                };
                day_number(year, first) * DAY
            }
        }
    }
}

/// How many spans of so many years have begun since the year 1, or before it.
fn since_one(year: i64, years: i64) -> i64 {
    if year > 0 { (year - 1) / years + 1 } else { year / years - 1 }
}

/// The year of the week of the days since 1970, and its number in it: the first week has the first Thursday.
fn week(days: i64) -> (i64, i64) {
    let thursday = days - (days + 3).rem_euclid(7) + 3;
    let year = civil(thursday).0;
    (year, (thursday - day_number(year, 1)) / 7 + 1)
}

/// Year, month and day of the days since 1970.
#[must_use]
pub fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970 of the first of a month.
fn day_number(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_its_place_in_the_calendar() {
        let mut before = civil(-800_000);
        for days in -799_999..800_000 {
            let (year, month, day) = civil(days);
            let next = if day == 1 { (day_number(year, month) == days, true) } else { (day == before.2 + 1, false) };
            assert!(next.0, "{days}");
            if next.1 {
                let following = if before.1 == 12 { (before.0 + 1, 1) } else { (before.0, before.1 + 1) };
                assert_eq!((year, month), following);
            }
            before = (year, month, day);
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
    }
}
