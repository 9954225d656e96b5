//! Expressions over the rows of a batch: values as Arrow arrays, conditions as [`Truth`].

mod calculate;
mod changed;
mod compare;
mod compile;
mod convert;
mod dates;
mod numbers;
mod ordered;
mod predicate;
mod text;
mod truth;
mod value;

pub use compile::{condition, value};
pub use ordered::{double_key, from_double_key};
pub use predicate::Predicate;
pub use text::Texts;
pub use truth::Truth;
pub use value::Value;
