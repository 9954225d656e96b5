//! Text of one field → value, exactly or not at all.
//!
//! A *strict* reading serves sniffed types: it takes only texts that the value gives back (`007` and `+1`
//! stay text). The other serves types the user gave. For sniffed types and every text,
//! `reads(t, text)` holds exactly where `widened(t, text) == t`.

pub mod cell;
mod decimal;
mod float;
mod integer;
pub mod lanes;
mod least;
pub mod swar;
mod time;
mod trim;

pub use decimal::parse_decimal;
pub use float::{parse_f32, parse_f64};
pub use integer::{parse_hugeint, parse_i64, parse_integer};
pub use least::{least_type, parse_bool, reads, widened};
pub use time::{
    date_value, parse_date, parse_date_in, parse_time, parse_timestamp, parse_timestamp_in, parse_timestamptz,
    timestamp_value,
};
pub use trim::trim;
