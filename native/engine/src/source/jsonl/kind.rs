//! Types of JSON values, by DuckDB's names, and how sniffed ones widen.

use std::{fmt, str::FromStr};

use crate::{
    error::{Error, Result},
    types::ColumnType,
};

/// Structs, lists and maps lie at most so deep in each other; what lies deeper is JSON.
pub const MAX_DEPTH: usize = 32;

/// What a column, a field or an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value was seen: any kind holds it. Shown and read as JSON.
    Unseen,
    /// A number, a truth value, or a text; VARCHAR holds other values as they are written.
    Scalar(ColumnType),
    /// Travels as its text.
    Uuid,
    /// Any value, as it is written.
    Json,
    Struct(Vec<(String, Kind)>),
    List(Box<Kind>),
    /// Values under texts.
    Map(Box<Kind>),
}

/// The text type.
pub const VARCHAR: Kind = Kind::Scalar(ColumnType::Varchar);

impl Kind {
    /// Least kind that holds every value of both.
    ///
    /// ```
    /// use fusionflow_engine::source::jsonl::Kind;
    /// let kind = |text: &str| text.parse::<Kind>().unwrap();
    /// assert_eq!(kind("BIGINT").widest(kind("DOUBLE")), kind("DOUBLE"));
    /// assert_eq!(kind("BIGINT").widest(kind("VARCHAR")), kind("JSON"));
    /// assert_eq!(kind("STRUCT(a BIGINT)").widest(kind("STRUCT(b DATE)")), kind("STRUCT(a BIGINT, b DATE)"));
    /// ```
    #[must_use]
    pub fn widest(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unseen, kind) | (kind, Self::Unseen) => kind,
            (Self::Scalar(one), Self::Scalar(two)) => widest_scalar(one, two),
            (Self::Uuid, Self::Scalar(text)) | (Self::Scalar(text), Self::Uuid) if is_text(text) => VARCHAR,
            (Self::Struct(one), Self::Struct(two)) => Self::Struct(united(one, two)),
            (Self::List(one), Self::List(two)) => Self::List(Box::new(one.widest(*two))),
            (Self::Map(one), Self::Map(two)) => Self::Map(Box::new(one.widest(*two))),
            (Self::Struct(fields), Self::Map(value)) | (Self::Map(value), Self::Struct(fields)) => {
                let value = fields.into_iter().fold(*value, |value, (_, kind)| value.widest(kind));
                Self::Map(Box::new(value))
            }
            (one, two) if one == two => one,
            _ => Self::Json,
        }
    }
}

impl Kind {
    /// The kind with the fields of structs that another one has beside its own; one that holds them where no
    /// struct does.
    #[must_use]
    pub fn with_fields_of(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Struct(mut fields), Self::Struct(found)) => {
                for (name, kind) in found {
                    let alike = |known: &str| known.to_lowercase() == name.to_lowercase();
                    match fields.iter().position(|(known, _)| known == name) {
                        Some(place) => {
                            let known = &mut fields[place].1;
                            *known = std::mem::replace(known, Self::Unseen).with_fields_of(kind);
                        }
                        // DuckDB does not tell names of fields apart by case.
                        None if fields.iter().any(|(known, _)| alike(known)) => return Self::Json,
                        None => fields.push((name.clone(), kind.clone())),
                    }
                }
                Self::Struct(fields)
            }
            // Fields that no struct has: one without a name, one more in another case.
            (Self::Struct(_), Self::Json) => Self::Json,
            (kind @ Self::Struct(_), Self::Map(value)) if **value != Self::Unseen => kind.widest(other.clone()),
            (Self::List(one), Self::List(two)) => Self::List(Box::new(one.with_fields_of(two))),
            (Self::Map(one), Self::Map(two)) => Self::Map(Box::new(one.with_fields_of(two))),
            (Self::Map(one), Self::Struct(fields)) => {
                Self::Map(Box::new(fields.iter().fold(*one, |one, (_, kind)| one.with_fields_of(kind))))
            }
            (kind, _) => kind,
        }
    }

    /// The kind with only those fields of structs that the paths name (in any case); an empty path names all.
    ///
    /// ```
    /// use fusionflow_engine::source::jsonl::Kind;
    /// let kind: Kind = "STRUCT(a STRUCT(x BIGINT, y DATE), b BIGINT)".parse().unwrap();
    /// let path = vec!["A".to_owned(), "y".to_owned()];
    /// assert_eq!(kind.narrowed(&[path]).to_string(), "STRUCT(\"a\" STRUCT(\"y\" DATE))");
    /// ```
    #[must_use]
    pub fn narrowed(self, paths: &[Vec<String>]) -> Self {
        let Self::Struct(fields) = self else { return self };
        if paths.iter().any(Vec::is_empty) {
            return Self::Struct(fields);
        }
        let below = |name: &str| -> Vec<Vec<String>> {
            let named = paths.iter().filter(|path| path[0].to_lowercase() == name.to_lowercase());
            named.map(|path| path[1..].to_vec()).collect()
        };
        let kept = fields.into_iter().filter_map(|(name, kind)| {
            let below = below(&name);
            (!below.is_empty()).then(|| (name, kind.narrowed(&below)))
        });
        Self::Struct(kept.collect())
    }
}

/// Whether values of a type are texts in JSON.
fn is_text(column_type: ColumnType) -> bool {
    use ColumnType::{Date, DateIn, Time, Timestamp, TimestampIn, TimestampTz, Varchar};
    matches!(column_type, Date | Time | Timestamp | TimestampTz | Varchar | DateIn(_) | TimestampIn(_))
}

fn widest_scalar(one: ColumnType, two: ColumnType) -> Kind {
    use ColumnType::{BigInt, Double, HugeInt};
    let kind = match (one, two) {
        (one, two) if one == two => one,
        (BigInt, HugeInt) | (HugeInt, BigInt) => HugeInt,
        (BigInt, Double) | (Double, BigInt) => Double,
        (one, two) if is_text(one) && is_text(two) => ColumnType::Varchar,
        // What a DOUBLE cannot hold exactly, and what is of another kind at all.
        _ => return Kind::Json,
    };
    Kind::Scalar(kind)
}

fn united(mut one: Vec<(String, Kind)>, two: Vec<(String, Kind)>) -> Vec<(String, Kind)> {
    for (name, kind) in two {
        match one.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = std::mem::replace(known, Kind::Unseen).widest(kind),
            None => one.push((name, kind)),
        }
    }
    one
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen | Self::Json => f.write_str("JSON"),
            Self::Scalar(column_type) => column_type.fmt(f),
            Self::Uuid => f.write_str("UUID"),
            Self::List(element) => write!(f, "{element}[]"),
            Self::Map(value) => write!(f, "MAP(VARCHAR, {value})"),
            Self::Struct(fields) => {
                f.write_str("STRUCT(")?;
                for (place, (name, kind)) in fields.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}\"{}\" {kind}", name.replace('"', "\"\""))?;
                }
                f.write_str(")")
            }
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parser = Parser { text, whole: text };
        let kind = parser.kind(0)?;
        if parser.text.trim().is_empty() { Ok(kind) } else { Err(parser.unread()) }
    }
}

/// Reads the name of a type from the left.
struct Parser<'a> {
    text: &'a str,
    whole: &'a str,
}

impl Parser<'_> {
    fn unread(&self) -> Error {
        Error::Invalid(format!("JSON is not read as {}; read it as VARCHAR, and cast it", self.whole))
    }

    fn skip(&mut self, word: &str) -> bool {
        let text = self.text.trim_start();
        let found = text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        if found {
            self.text = &text[word.len()..];
        }
        found
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        if self.skip(word) { Ok(()) } else { Err(self.unread()) }
    }

    fn kind(&mut self, depth: usize) -> Result<Kind> {
        if depth > MAX_DEPTH {
            return Err(self.unread());
        }
        let mut kind = if self.skip("STRUCT(") {
            self.fields(depth)?
        } else if self.skip("MAP(") {
            self.expect("VARCHAR")?;
            self.expect(",")?;
            let value = self.kind(depth + 1)?;
            self.expect(")")?;
            Kind::Map(Box::new(value))
        } else {
            self.scalar()?
        };
        while self.skip("[]") {
            kind = Kind::List(Box::new(kind));
        }
        Ok(kind)
    }

    fn fields(&mut self, depth: usize) -> Result<Kind> {
        let mut fields = Vec::new();
        loop {
            let name = self.name()?;
            fields.push((name, self.kind(depth + 1)?));
            if self.skip(")") {
                return Ok(Kind::Struct(fields));
            }
            self.expect(",")?;
        }
    }

    fn name(&mut self) -> Result<String> {
        let text = self.text.trim_start();
        let Some(mut rest) = text.strip_prefix('"') else {
            let end = text.find(char::is_whitespace).ok_or_else(|| self.unread())?;
            self.text = &text[end..];
            return Ok(text[..end].to_owned());
        };
        let mut name = String::new();
        loop {
            let end = rest.find('"').ok_or_else(|| self.unread())?;
            name.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(more) => {
                    name.push('"');
                    rest = more;
                }
                None => break,
            }
        }
        self.text = rest;
        Ok(name)
    }

    fn scalar(&mut self) -> Result<Kind> {
        let text = self.text.trim_start();
        let mut end = text.find([',', ')', '[', '(']).unwrap_or(text.len());
        if text[end..].starts_with('(') {
            end += text[end..].find(')').ok_or_else(|| self.unread())? + 1;
        }
        let name = text[..end].trim();
        self.text = &text[end..];
        if name.eq_ignore_ascii_case("JSON") {
            Ok(Kind::Json)
        } else if name.eq_ignore_ascii_case("UUID") {
            Ok(Kind::Uuid)
        } else {
            name.parse().map(Kind::Scalar).map_err(|_| self.unread())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind {
        text.parse().unwrap()
    }

    #[test]
    fn a_kind_is_its_name() {
        for text in [
            "BIGINT",
            "JSON",
            "UUID",
            "TIMESTAMP WITH TIME ZONE",
            "DECIMAL(9,2)[]",
            "MAP(VARCHAR, STRUCT(\"a b\" BIGINT[], \"it\"\"s, (x)\" MAP(VARCHAR, DATE)))[][]",
            "DATE '%d.%m.%Y'",
        ] {
            assert_eq!(kind(text).to_string(), text);
        }
        assert_eq!(
            kind("struct(a decimal(3, 1), b varchar[])").to_string(),
            "STRUCT(\"a\" DECIMAL(3,1), \"b\" VARCHAR[])"
        );
        for text in ["", "STRUCT(", "STRUCT(a)", "MAP(BIGINT, BIGINT)", "BIGINT[3]", "STRUCT(a BLOB)", "BIGINT)"] {
            assert!(text.parse::<Kind>().is_err(), "{text}");
        }
    }

    #[test]
    fn any_two_kinds_meet_in_one_that_neither_leaves() {
        let kinds = [
            "BIGINT",
            "HUGEINT",
            "DOUBLE",
            "BOOLEAN",
            "DATE",
            "TIMESTAMP",
            "UUID",
            "VARCHAR",
            "JSON",
            "BIGINT[]",
            "DATE[]",
            "MAP(VARCHAR, BIGINT)",
            "STRUCT(\"a\" BIGINT)",
            "STRUCT(\"a\" VARCHAR, \"b\" DOUBLE)",
        ];
        for one in kinds.map(kind) {
            for other in kinds.map(kind) {
                let widest = one.clone().widest(other.clone());
                assert_eq!(widest.clone().widest(one.clone()), widest, "{one} and {other}");
                assert_eq!(widest.clone().widest(other.clone()), widest, "{one} and {other}");
            }
            assert_eq!(one.clone().widest(Kind::Unseen), one);
        }
    }
}
