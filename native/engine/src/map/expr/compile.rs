//! Expressions of a plan over the columns of a schema.

use arrow_schema::{DataType, Schema, TimeUnit};

use super::{
    calculate::{Calculation, Operator},
    changed::TextChange,
    compare::{Test, is_text},
    dates::{Part, Unit},
    double_key,
    numbers::{Arithmetic, Change},
    predicate::{Predicate, TextTest},
    value::{Constant, Value},
};
use crate::{
    error::{Error, Result},
    map::plan::Expression,
    source::text::lowered,
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
    if expression.operator == "constant" {
        return Ok(Value::Constant(constant(expression)?, kind_of(&expression.kind)?));
    }
    if expression.kind.is_empty() {
        return Ok(Value::Condition(Box::new(condition(expression, schema)?)));
    }
    let kind = kind_of(&expression.kind)?;
    let (operator, arguments) = match expression.operator.as_str() {
        "case" => {
            let (pairs, rest) = expression.arguments.as_chunks::<2>();
            let conditions = pairs.iter().map(|[when, _]| condition(when, schema)).collect::<Result<_>>()?;
            (Operator::Case(conditions), pairs.iter().map(|[_, then]| then).chain(rest).collect())
        }
        "substring" | "right" => {
            let (text, places) = expression.arguments.split_first().ok_or_else(|| unknown(expression))?;
            (Operator::Change(part_of(expression, places)?), vec![text])
        }
        other => (operator_of(other, &expression.text)?, expression.arguments.iter().collect::<Vec<_>>()),
    };
    let arguments = arguments.into_iter().map(|argument| value(argument, schema)).collect::<Result<_>>()?;
    Ok(Value::Calculation(Box::new(Calculation { operator, arguments, kind })))
}

fn operator_of(name: &str, text: &str) -> Result<Operator> {
    let found = match name {
        "+" => Some(Operator::Arithmetic(Arithmetic::Add)),
        "-" => Some(Operator::Arithmetic(Arithmetic::Subtract)),
        "*" => Some(Operator::Arithmetic(Arithmetic::Multiply)),
        "/" => Some(Operator::Arithmetic(Arithmetic::Divide)),
        "//" => Some(Operator::Arithmetic(Arithmetic::Quotient)),
        "%" => Some(Operator::Arithmetic(Arithmetic::Remainder)),
        "abs" => Some(Operator::Number(Change::Absolute)),
        "negative" => Some(Operator::Number(Change::Negative)),
        "floor" => Some(Operator::Number(Change::Floor)),
        "ceiling" => Some(Operator::Number(Change::Ceiling)),
        "round" => Some(Operator::Number(Change::Round)),
        "length" => Some(Operator::Length),
        "strlen" => Some(Operator::Bytes),
        "lower" => Some(Operator::Change(TextChange::Lower)),
        "upper" => Some(Operator::Change(TextChange::Upper)),
        "||" => Some(Operator::Joined),
        "convert" => Some(Operator::Convert),
        "date_part" if text == "epoch" => Some(Operator::Epoch),
        "date_part" => Part::of_name(text).map(Operator::Part),
        "date_trunc" => Unit::of_name(text).map(Operator::Truncate),
        _ => None,
    };
    found.ok_or_else(|| Error::Invalid(format!("the function {name} {text} is not known")))
}

/// The part of a text that begins or ends at constant places.
fn part_of(expression: &Expression, places: &[Expression]) -> Result<TextChange> {
    let places = places.iter().map(|place| place.text.parse::<usize>().ok()).collect::<Option<Vec<_>>>();
    match (expression.operator.as_str(), places.as_deref()) {
        ("right", Some([count])) => Ok(TextChange::End(*count)),
        ("substring", Some([first, count])) if *first > 0 => Ok(TextChange::Part(first - 1, *count)),
        _ => Err(unknown(expression)),
    }
}

fn constant(expression: &Expression) -> Result<Constant> {
    let text = &expression.text;
    let found = match expression.kind.as_str() {
        "VARCHAR" => Some(Constant::Text(text.clone())),
        "DOUBLE" => text.parse().ok().map(Constant::Double),
        _ => text.parse().ok().map(Constant::Int),
    };
    found.ok_or_else(|| Error::Invalid(format!("{text:?} is no constant of {}", expression.kind)))
}

/// The Arrow type of values that are calculated.
fn kind_of(name: &str) -> Result<DataType> {
    Ok(match name {
        "TINYINT" => DataType::Int8,
        "SMALLINT" => DataType::Int16,
        "INTEGER" => DataType::Int32,
        "BIGINT" => DataType::Int64,
        "UTINYINT" => DataType::UInt8,
        "USMALLINT" => DataType::UInt16,
        "UINTEGER" => DataType::UInt32,
        "DOUBLE" => DataType::Float64,
        "DATE" => DataType::Date32,
        "TIMESTAMP" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "VARCHAR" => DataType::Utf8,
        other => return Err(Error::Invalid(format!("values of type {other} are not calculated"))),
    })
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
        ("is_true", [part]) => Ok(Predicate::IsTrue(Box::new(condition(part, schema)?))),
        ("ilike", [text, pattern]) => {
            let lowered: String = pattern.text.chars().map(lowered).collect();
            let operator = Operator::Change(TextChange::Lower);
            let lower = Calculation { operator, arguments: vec![value(text, schema)?], kind: DataType::Utf8 };
            Ok(Predicate::Text(Value::Calculation(Box::new(lower)), TextTest::like(&lowered)))
        }
        ("starts_with", [text, part]) => Ok(Predicate::Text(value(text, schema)?, TextTest::with(&part.text, ""))),
        ("ends_with", [text, part]) => Ok(Predicate::Text(value(text, schema)?, TextTest::with("", &part.text))),
        ("contains", [text, part]) => Ok(Predicate::Text(value(text, schema)?, TextTest::containing(&part.text))),
        ("like", [text, pattern]) => Ok(Predicate::Text(value(text, schema)?, TextTest::like(&pattern.text))),
        ("in", [left, list @ ..]) => among(left, list, schema),
        ("=" | "<>" | "<" | "<=" | ">" | ">=", [left, right]) => compared(expression, left, right, schema),
        _ => Err(unknown(expression)),
    }
}

fn compared(expression: &Expression, left: &Expression, right: &Expression, schema: &Schema) -> Result<Predicate> {
    let operator = expression.operator.as_str();
    if right.operator != "constant" {
        return both_compared(operator, value(left, schema)?, value(right, schema)?).ok_or_else(|| unknown(expression));
    }
    let value = value(left, schema)?;
    let kind = value.kind(schema);
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

fn both_compared(operator: &str, left: Value, right: Value) -> Option<Predicate> {
    Some(match operator {
        "=" => Predicate::Compared(Test::Equal, left, right),
        "<>" => Predicate::Not(Box::new(Predicate::Compared(Test::Equal, left, right))),
        "<" => Predicate::Compared(Test::Less, left, right),
        "<=" => Predicate::Compared(Test::LessOrEqual, left, right),
        ">" => Predicate::Compared(Test::Less, right, left),
        ">=" => Predicate::Compared(Test::LessOrEqual, right, left),
        _ => return None,
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
