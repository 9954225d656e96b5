//! Expressions of a plan over the columns of a schema.

use arrow_schema::{DataType, Schema};

use super::{
    double_key,
    predicate::{Predicate, TextTest},
    value::Value,
};
use crate::{
    error::{Error, Result},
    map::plan::Expression,
};

/// What gives the values of an expression.
///
/// # Errors
/// [`Error::Invalid`] where it is none that is known here.
pub fn value(expression: &Expression, schema: &Schema) -> Result<Value> {
    if expression.operator == "column" {
        return match schema.index_of(&expression.text) {
            Ok(place) => Ok(Value::Column(place)),
            Err(_) => Err(Error::Invalid(format!("there is no column {:?}", expression.text))),
        };
    }
    Ok(Value::Condition(Box::new(condition(expression, schema)?)))
}

/// What tells where a condition holds.
///
/// # Errors
/// [`Error::Invalid`] where it is none that is known here.
pub fn condition(expression: &Expression, schema: &Schema) -> Result<Predicate> {
    let parts = || expression.arguments.iter().map(|part| condition(part, schema)).collect::<Result<Vec<_>>>();
    match (expression.operator.as_str(), &expression.arguments[..]) {
        ("column", _) => Ok(Predicate::Holds(value(expression, schema)?)),
        ("and", [_, ..]) => Ok(Predicate::And(parts()?)),
        ("or", [_, ..]) => Ok(Predicate::Or(parts()?)),
        ("not", [part]) => Ok(Predicate::Not(Box::new(condition(part, schema)?))),
        ("is_null", [part]) => Ok(Predicate::IsNull(value(part, schema)?)),
        ("is_not_null", [part]) => Ok(Predicate::Not(Box::new(Predicate::IsNull(value(part, schema)?)))),
        ("in", [left, list @ ..]) => among(left, list, schema),
        ("=" | "<>" | "<" | "<=" | ">" | ">=", [left, right]) => compared(expression, left, right, schema),
        _ => Err(unknown(expression)),
    }
}

fn compared(expression: &Expression, left: &Expression, right: &Expression, schema: &Schema) -> Result<Predicate> {
    let value = value(left, schema)?;
    let kind = value.kind(schema);
    let operator = expression.operator.as_str();
    if is_text(&kind) {
        return text_compared(operator, value, right.text.as_bytes().to_vec()).ok_or_else(|| unknown(expression));
    }
    let key = key(&right.text, &kind)?;
    let between = |low, high| Predicate::Between(value, low, high);
    Ok(match operator {
        "=" => between(key, key),
        "<>" => Predicate::Not(Box::new(between(key, key))),
        "<" => between(i128::MIN, key - 1),
        "<=" => between(i128::MIN, key),
        ">" => between(key + 1, i128::MAX),
        ">=" => between(key, i128::MAX),
        _ => return Err(unknown(expression)),
    })
}

fn text_compared(operator: &str, value: Value, text: Vec<u8>) -> Option<Predicate> {
    let (test, not) = match operator {
        "=" => (TextTest::Equal(text), false),
        "<>" => (TextTest::Equal(text), true),
        "<" => (TextTest::After(text, true), true),
        "<=" => (TextTest::After(text, false), true),
        ">" => (TextTest::After(text, false), false),
        ">=" => (TextTest::After(text, true), false),
        _ => return None,
    };
    let met = Predicate::Text(value, test);
    Some(if not { Predicate::Not(Box::new(met)) } else { met })
}

fn among(left: &Expression, list: &[Expression], schema: &Schema) -> Result<Predicate> {
    let value = value(left, schema)?;
    let kind = value.kind(schema);
    if is_text(&kind) {
        let texts = list.iter().map(|constant| constant.text.as_bytes().to_vec()).collect();
        return Ok(Predicate::Text(value, TextTest::Among(texts)));
    }
    let equal = |constant: &Expression| {
        let key = key(&constant.text, &kind)?;
        Ok(Predicate::Between(value.clone(), key, key))
    };
    Ok(Predicate::Or(list.iter().map(equal).collect::<Result<_>>()?))
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _))
}

/// A constant as a number that orders as values of its type do.
fn key(text: &str, kind: &DataType) -> Result<i128> {
    let parsed = match kind {
        DataType::Float64 => text.parse::<f64>().ok().map(|value| i128::from(double_key(value))),
        _ => text.parse::<i128>().ok(),
    };
    // One less and one more are numbers, too.
    parsed
        .filter(|&key| i128::MIN < key && key < i128::MAX)
        .ok_or_else(|| Error::Invalid(format!("{text:?} is no constant of {kind}")))
}

fn unknown(expression: &Expression) -> Error {
    Error::Invalid(format!("{:?} of {} values is not known", expression.operator, expression.arguments.len()))
}
