//! What a map is asked to do, in the words of planning.

/// A map: the columns of its state are its keys, then its aggregates.
#[derive(Clone, Debug, Default)]
pub struct MapPlan {
    pub keys: Vec<(String, Expression)>,
    pub aggregates: Vec<Aggregate>,
    /// Rows where it is not true are not used.
    pub filter: Option<Expression>,
    /// Bytes that groups may take; 0 for any number.
    pub memory: usize,
}

/// One aggregate under the name of its column; rows where `filter` is not true are not given to it.
#[derive(Clone, Debug)]
pub struct Aggregate {
    pub name: String,
    pub function: String,
    pub arguments: Vec<Expression>,
    pub filter: Option<Expression>,
}

/// An expression: `column` and `constant` name or hold their `text`, everything else works on its arguments.
///
/// A constant's text is its value as it lies in memory: days for a DATE, microseconds for a TIMESTAMP, the
/// number without its point for a DECIMAL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    pub operator: String,
    pub text: String,
    /// DuckDB's name of the type of a constant or of what is calculated; empty elsewhere.
    pub kind: String,
    pub arguments: Vec<Expression>,
}
