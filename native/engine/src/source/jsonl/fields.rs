//! Which values of a record are wanted, and how their names are known again quickly.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{kind::Kind, parser::unescape};

/// Names by place that are remembered for the next object.
const MOST_EXPECTED: usize = 256;
/// Bytes of a name that are compared at once.
const HEAD: usize = 16;

/// Tells whether an object had a name that nobody asked for. Where none is asked about, nothing is told.
#[derive(Clone, Debug, Default)]
pub struct Watch(Option<Arc<AtomicBool>>);

impl Watch {
    /// One that tells.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    fn note(&self) {
        if let Some(flag) = &self.0 {
            flag.store(true, Ordering::Relaxed);
        }
    }

    fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether there was such a name since it was asked last.
    #[must_use]
    pub fn take(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.swap(false, Ordering::Relaxed))
    }
}

/// A wanted value: the slot for its span and, for a STRUCT, the fields in it.
#[derive(Debug)]
pub struct Shape {
    pub slot: usize,
    pub fields: Option<Fields>,
    pub watch: Watch,
}

/// The wanted fields of an object.
#[derive(Debug, Default)]
pub struct Fields {
    shapes: Vec<Shape>,
    known: HashMap<Vec<u8>, usize>,
    /// What stood at each place of the objects before: most objects of a file are alike.
    expected: Vec<Expected>,
    watch: Watch,
}

/// A name as it was written, with its quotes and the colon, and which field it means.
#[derive(Debug, Default)]
struct Expected {
    text: Vec<u8>,
    head: u128,
    mask: u128,
    field: Option<usize>,
}

impl Shape {
    /// The shape of a kind; slots are counted on from `slots`. `whole` is the kind before fields were left
    /// out: the watch is told of names where none were.
    #[must_use]
    pub fn new(kind: &Kind, whole: &Kind, slots: &mut usize, watch: &Watch) -> Self {
        let slot = *slots;
        *slots += 1;
        let fields = match kind {
            Kind::Struct(fields) => Some(Fields::of_struct(fields, whole, slots, watch)),
            _ => None,
        };
        Self { slot, fields, watch: watch.clone() }
    }
}

impl Fields {
    /// Fields that the watch is told the other names of.
    #[must_use]
    pub fn watched(watch: &Watch) -> Self {
        Self { watch: watch.clone(), ..Self::default() }
    }

    /// Add a field.
    pub fn add(&mut self, name: &str, shape: Shape) {
        self.known.insert(name.as_bytes().to_vec(), self.shapes.len());
        self.shapes.push(shape);
    }

    fn of_struct(fields: &[(String, Kind)], whole: &Kind, slots: &mut usize, watch: &Watch) -> Self {
        let all = if let Kind::Struct(all) = whole { &all[..] } else { fields };
        let mut made = if all.len() == fields.len() { Self::watched(watch) } else { Self::default() };
        for (name, kind) in fields {
            let whole = all.iter().find(|(known, _)| known == name).map_or(kind, |(_, whole)| whole);
            made.add(name, Shape::new(kind, whole, slots, watch));
        }
        made
    }

    /// Whether no field is wanted.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// The shape of a field.
    #[inline(always)]
    pub fn shape(&mut self, field: usize) -> &mut Shape {
        &mut self.shapes[field]
    }

    /// The fields, in their order.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// If the name of the object before stands here again: its length with quotes and colon, and its field.
    #[inline(always)]
    #[must_use]
    pub fn expected(&self, place: usize, text: &[u8]) -> Option<(usize, Option<usize>)> {
        let expected = self.expected.get(place)?;
        let head = u128::from_le_bytes(*text.first_chunk::<HEAD>()?);
        let length = expected.text.len();
        let same = head & expected.mask == expected.head
            && (length <= HEAD || text.get(HEAD..length) == expected.text.get(HEAD..));
        same.then_some((length, expected.field))
    }

    /// The field of a name as it is written, from its quote on to before the colon.
    #[inline(never)]
    pub fn find(&mut self, place: usize, written: &[u8]) -> Option<usize> {
        let quoted = written.trim_ascii_end();
        let name = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let field = if memchr::memchr(b'\\', name).is_some() {
            let mut plain = Vec::new();
            unescape(name, &mut plain);
            self.known.get(&plain)
        } else {
            self.known.get(name)
        };
        let field = field.copied();
        if field.is_none() {
            self.watch.note();
            if self.watch.is_on() {
                // Told again wherever it comes.
                return None;
            }
        }
        self.expect(place, written, field);
        field
    }

    fn expect(&mut self, place: usize, written: &[u8], field: Option<usize>) {
        if place >= MOST_EXPECTED {
            return;
        }
        if self.expected.len() <= place {
            self.expected.resize_with(place + 1, Expected::default);
        }
        let expected = &mut self.expected[place];
        expected.text.clear();
        expected.text.extend_from_slice(written);
        expected.text.push(b':');
        let mut head = [0; HEAD];
        let kept = expected.text.len().min(HEAD);
        head[..kept].copy_from_slice(&expected.text[..kept]);
        expected.head = u128::from_le_bytes(head);
        expected.mask = if kept == HEAD { u128::MAX } else { (1 << (8 * kept)) - 1 };
        expected.field = field;
    }
}
