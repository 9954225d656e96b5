//! The type of JSON values, guessed as they are seen one by one, by the rules of DuckDB's `read_json`.

use std::collections::HashMap;

use crate::{
    source::{
        csv::value,
        jsonl::{
            column::reads_uuid,
            kind::{Kind, MAX_DEPTH},
            parser::{Parser, unescape},
            spans::Span,
        },
    },
    types::ColumnType,
};

/// Types that texts may be of, the first that fits being taken.
const TEXTS: [ColumnType; 4] = [ColumnType::Date, ColumnType::Time, ColumnType::Timestamp, ColumnType::TimestampTz];
/// The bit of UUIDs, after those of [`TEXTS`].
const UUID: u8 = 1 << TEXTS.len();

/// When objects of many names are a MAP.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Least share of the objects that a field must be in, on average, for a STRUCT.
    pub appearance: f64,
    /// Number of fields from which on a STRUCT of like fields is a MAP.
    pub many: usize,
    /// Levels that are told apart; what lies deeper is JSON.
    pub depth: usize,
}

/// A STRUCT is a STRUCT.
const PLAIN: Rules = Rules { appearance: 0.0, many: usize::MAX, depth: MAX_DEPTH };

/// What was seen in one place.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    count: u64,
    nulls: u64,
    booleans: bool,
    numbers: Numbers,
    texts: Option<u8>,
    list: Option<Box<Structure>>,
    object: Option<Object>,
}

/// Which numbers were seen.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    whole: bool,
    huge: bool,
    broken: bool,
    /// Whole numbers that are others as a DOUBLE, and numbers that no type here holds.
    unkept: bool,
    unread: bool,
}

#[derive(Clone, Debug, Default)]
struct Object {
    fields: Vec<(String, Structure)>,
    places: HashMap<String, usize>,
}

/// The kind of one value.
#[must_use]
pub fn kind_of(data: &[u8], span: Span) -> Kind {
    kind_of_all(data, std::iter::once(span))
}

/// The kind of values together.
#[must_use]
pub fn kind_of_all(data: &[u8], spans: impl Iterator<Item = Span>) -> Kind {
    let mut seen = Structure::default();
    spans.for_each(|span| {
        seen.observe(data, span.start(), 0);
    });
    seen.kind(&PLAIN, 0)
}

impl Structure {
    /// See the value at `at`, which is in order; tells where it ends.
    pub fn observe(&mut self, data: &[u8], at: usize, depth: usize) -> Option<usize> {
        let mut parser = Parser::<false>::new(data);
        self.count += 1;
        if depth <= MAX_DEPTH {
            match parser.byte(at) {
                b'{' => return self.observe_object(&mut parser, data, at, depth),
                b'[' => return self.observe_list(&mut parser, data, at, depth),
                _ => {}
            }
        }
        let end = parser.value(at)?;
        match &data[at..end] {
            [b'n', ..] => self.nulls += 1,
            [b't' | b'f', ..] => self.booleans = true,
            [b'"', text @ .., b'"'] => {
                let mut plain = Vec::new();
                unescape(text, &mut plain);
                let seen = of_text(&plain);
                self.texts = Some(self.texts.map_or(seen, |known| known & seen));
            }
            number => self.numbers.observe(number),
        }
        Some(end)
    }

    fn observe_list(&mut self, parser: &mut Parser<'_, false>, data: &[u8], at: usize, depth: usize) -> Option<usize> {
        let elements = self.list.get_or_insert_default();
        let mut at = parser.blank(at + 1);
        while parser.byte(at) != b']' {
            at = parser.blank(elements.observe(data, at, depth + 1)?);
            if parser.byte(at) == b',' {
                at = parser.blank(at + 1);
            }
        }
        Some(at + 1)
    }

    fn observe_object(
        &mut self,
        parser: &mut Parser<'_, false>,
        data: &[u8],
        at: usize,
        depth: usize,
    ) -> Option<usize> {
        let object = self.object.get_or_insert_default();
        let mut name = Vec::new();
        let mut at = parser.blank(at + 1);
        while parser.byte(at) != b'}' {
            let (span, value) = parser.name(at)?;
            name.clear();
            unescape(data.get(span.start() + 1..span.end() - 1)?, &mut name);
            let field = object.field(std::str::from_utf8(&name).ok()?);
            at = parser.blank(field.observe(data, value, depth + 1)?);
            if parser.byte(at) == b',' {
                at = parser.blank(at + 1);
            }
        }
        Some(at + 1)
    }

    /// See what was seen elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.nulls += other.nulls;
        self.booleans |= other.booleans;
        self.numbers = self.numbers.merged(other.numbers);
        self.texts = match (self.texts, other.texts) {
            (Some(one), Some(two)) => Some(one & two),
            (one, two) => one.or(two),
        };
        if let Some(list) = other.list {
            self.list.get_or_insert_default().merge(*list);
        }
        if let Some(object) = other.object {
            let own = self.object.get_or_insert_default();
            object.fields.into_iter().for_each(|(name, seen)| own.field(&name).merge(seen));
        }
    }

    /// Values seen, null among them.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The least kind of all that was seen.
    #[must_use]
    pub fn kind(&self, rules: &Rules, depth: usize) -> Kind {
        let scalar = self.numbers.kind();
        let seen = [self.booleans, scalar.is_some(), self.texts.is_some(), self.list.is_some(), self.object.is_some()];
        match seen.iter().filter(|seen| **seen).count() {
            0 => return Kind::Unseen,
            1 if depth < rules.depth.min(MAX_DEPTH) => {}
            _ => return Kind::Json,
        }
        if let Some(kind) = scalar {
            return kind;
        }
        if let Some(texts) = self.texts {
            return kind_of_texts(texts);
        }
        match (&self.list, &self.object) {
            (Some(elements), _) => Kind::List(Box::new(elements.kind(rules, depth + 1))),
            (_, Some(object)) => object.kind(self.count - self.nulls, rules, depth),
            _ => Kind::Scalar(ColumnType::Boolean),
        }
    }
}

impl Object {
    fn field(&mut self, name: &str) -> &mut Structure {
        let place = match self.places.get(name) {
            Some(&place) => place,
            None => {
                self.places.insert(name.to_owned(), self.fields.len());
                self.fields.push((name.to_owned(), Structure::default()));
                self.fields.len() - 1
            }
        };
        &mut self.fields[place].1
    }

    fn kind(&self, objects: u64, rules: &Rules, depth: usize) -> Kind {
        let map = || Kind::Map(Box::new(self.values().kind(rules, depth + 1)));
        let present: u64 = self.fields.iter().map(|(_, seen)| seen.count).sum();
        let places = self.fields.len() as u64 * objects;
        if self.fields.is_empty() || self.places.contains_key("") || (present as f64) < rules.appearance * places as f64
        {
            return map();
        }
        let kinds: Vec<(String, Kind)> =
            self.fields.iter().map(|(name, seen)| (name.clone(), seen.kind(rules, depth + 1))).collect();
        if kinds.len() >= rules.many {
            let map = map();
            if let Kind::Map(value) = &map
                && is_like(value, kinds.iter().map(|(_, kind)| kind))
            {
                return map;
            }
        }
        // DuckDB tells names of fields apart by more than case.
        let mut folded: Vec<String> = kinds.iter().map(|(name, _)| name.to_lowercase()).collect();
        folded.sort_unstable();
        let same = folded.windows(2).any(|pair| pair[0] == pair[1]);
        // Arrow has no names with a zero in them.
        let zero = kinds.iter().any(|(name, _)| name.contains('\0'));
        if zero || same && depth > 0 { Kind::Json } else { Kind::Struct(kinds) }
    }

    /// What all fields hold together.
    fn values(&self) -> Structure {
        let mut all = Structure::default();
        self.fields.iter().for_each(|(_, seen)| all.merge(seen.clone()));
        all
    }
}

/// Whether fields are so much like each other that they are values of one MAP.
fn is_like<'a>(merged: &Kind, kinds: impl ExactSizeIterator<Item = &'a Kind>) -> bool {
    let count = kinds.len() as f64;
    let all: Option<f64> = kinds.map(|kind| similarity(merged, kind)).sum();
    all.is_some_and(|sum| sum / count >= 0.8)
}

/// How much of a merged kind one of its parts has; nothing where they do not go together.
fn similarity(merged: &Kind, kind: &Kind) -> Option<f64> {
    match (merged, kind) {
        (Kind::Unseen, _) | (_, Kind::Unseen) => Some(1.0),
        (Kind::Json, _) => None,
        (Kind::Struct(all), Kind::Struct(some)) => {
            let of = |name: &str| some.iter().find(|(known, _)| known == name).map(|(_, kind)| kind);
            let parts = all.iter().filter_map(|(name, merged)| Some(similarity(merged, of(name)?)));
            let sum: Option<f64> = parts.sum();
            sum.map(|sum| sum / all.len() as f64)
        }
        (Kind::List(one), Kind::List(two)) | (Kind::Map(one), Kind::Map(two)) => similarity(one, two),
        _ => Some(1.0),
    }
}

impl Numbers {
    fn observe(&mut self, number: &[u8]) {
        let broken = number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
        self.broken |= broken;
        self.whole |= !broken;
        let reads = |column_type| value::reads(column_type, number);
        if broken {
            self.unread |= !reads(ColumnType::Double);
        } else if !reads(ColumnType::BigInt) {
            self.huge = true;
            self.unread |= !reads(ColumnType::HugeInt);
        }
        self.unkept |= !broken && !reads(ColumnType::Double);
    }

    fn merged(self, other: Self) -> Self {
        Self {
            whole: self.whole | other.whole,
            huge: self.huge | other.huge,
            broken: self.broken | other.broken,
            unkept: self.unkept | other.unkept,
            unread: self.unread | other.unread,
        }
    }

    fn kind(self) -> Option<Kind> {
        let number = match self {
            Self { whole: false, broken: false, .. } => return None,
            Self { unread: true, .. } | Self { broken: true, unkept: true, .. } => return Some(Kind::Json),
            Self { broken: true, .. } => ColumnType::Double,
            Self { huge: true, .. } => ColumnType::HugeInt,
            _ => ColumnType::BigInt,
        };
        Some(Kind::Scalar(number))
    }
}

/// The types that a text may be of, a bit each.
fn of_text(text: &[u8]) -> u8 {
    let spaced = text.first() == Some(&b' ') || text.last() == Some(&b' ');
    let digits = text.first().is_some_and(|byte| byte.is_ascii_hexdigit());
    if text.is_empty() || spaced || !digits {
        return 0;
    }
    let fits = TEXTS.iter().enumerate().filter(|(_, kind)| value::reads(**kind, text));
    let dated: u8 = fits.map(|(place, _)| 1 << place).sum();
    if reads_uuid(text) { dated | UUID } else { dated }
}

fn kind_of_texts(fitting: u8) -> Kind {
    match TEXTS.get(fitting.trailing_zeros() as usize) {
        Some(&found) => Kind::Scalar(found),
        None if fitting & UUID != 0 => Kind::Uuid,
        None => Kind::Scalar(ColumnType::Varchar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { appearance: 0.1, many: 200, depth: 20 };

    fn seen(values: &[&str]) -> Structure {
        let mut all = Structure::default();
        for value in values {
            assert_eq!(all.observe(value.as_bytes(), 0, 0), Some(value.len()), "{value}");
        }
        all
    }

    #[test]
    fn a_kind_is_what_all_values_fit() {
        let cases: &[(&[&str], &str)] = &[
            (&["1", "null", "-5"], "BIGINT"),
            (&["1", "9223372036854775808"], "HUGEINT"),
            (&["1", "2.5", "1e3"], "DOUBLE"),
            (&["12345678901234567", "1.5"], "JSON"),
            (&["1e400"], "JSON"),
            (&["123456789012345678901234567890123456789"], "JSON"),
            (&["true", "false"], "BOOLEAN"),
            (&["true", "1"], "JSON"),
            (&["\"2024-01-02\"", "null"], "DATE"),
            (&["\"2024-01-02 10:00:00\""], "TIMESTAMP"),
            (&["\"2024-01-02T10:00:00Z\""], "TIMESTAMP WITH TIME ZONE"),
            (&["\"2024-01-02\"", "\"x\""], "VARCHAR"),
            (&["\"2024-01-02\"", "\"\""], "VARCHAR"),
            (&["\" 2024-01-02\""], "VARCHAR"),
            (&["\"550e8400-e29b-41d4-a716-446655440000\""], "UUID"),
            (&["\"12\""], "VARCHAR"),
            (&["null"], "JSON"),
            (&["[]"], "JSON[]"),
            (&["[1, null]", "[2.5]"], "DOUBLE[]"),
            (&["[1, \"x\"]"], "JSON[]"),
            (&["{}"], "MAP(VARCHAR, JSON)"),
            (&["{\"\": 1}"], "MAP(VARCHAR, BIGINT)"),
            (&["{\"a\": {\"x\": 1}}", "{\"a\": {\"y\": \"s\"}}"], "STRUCT(\"a\" STRUCT(\"x\" BIGINT, \"y\" VARCHAR))"),
            (&["{\"a\": {\"x\": 1, \"X\": 2}}"], "STRUCT(\"a\" JSON)"),
            (&["{\"a\": 1}", "5"], "JSON"),
        ];
        for (values, kind) in cases {
            assert_eq!(seen(values).kind(&RULES, 0).to_string(), *kind, "{values:?}");
            let mut parts = Structure::default();
            values.iter().for_each(|value| parts.merge(seen(&[value])));
            assert_eq!(parts.kind(&RULES, 0).to_string(), *kind, "{values:?}");
        }
    }

    #[test]
    fn objects_of_many_names_are_maps() {
        let objects: Vec<String> = (0..150).map(|number| format!("{{\"k{number}\": {number}}}")).collect();
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        assert_eq!(seen(&objects).kind(&RULES, 0).to_string(), "MAP(VARCHAR, BIGINT)");
        assert!(matches!(seen(&objects).kind(&PLAIN, 0), Kind::Struct(_)));
        let fields = (0..200).map(|number| format!("\"k{number}\": {number}")).collect::<Vec<_>>().join(",");
        assert_eq!(seen(&[&format!("{{{fields}}}")]).kind(&RULES, 0).to_string(), "MAP(VARCHAR, BIGINT)");
        let mixed = format!("{{{fields}, \"x\": true}}");
        assert!(matches!(seen(&[&mixed]).kind(&RULES, 0), Kind::Struct(_)));
    }

    #[test]
    fn what_lies_too_deep_is_json() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        assert!(seen(&[&deep]).kind(&RULES, 0).to_string().starts_with("JSON[]"));
    }
}
