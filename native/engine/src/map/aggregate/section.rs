//! Aggregates that are given the same rows: all of a map that have the same FILTER.

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};

use super::{
    Accumulate, Kept,
    extremes::TextExtremes,
    numbers::Numbers,
    states::{Ending, ending_of},
};
use crate::{
    error::{Error, Result},
    map::{
        cells::Cells,
        expr::{Predicate, Truth, Value, condition, value},
        plan::{Aggregate, Expression},
        rows::Rows,
    },
};

/// Aggregates with the same FILTER.
pub struct Section {
    filter: Option<Predicate>,
    /// Place of the number of rows.
    rows: usize,
    arguments: Vec<Argument>,
    /// Place of the column in the state, its argument and how it ends.
    endings: Vec<(usize, Option<usize>, Ending)>,
    picked: (Vec<u32>, Vec<u32>),
}

/// An argument of aggregates.
struct Argument {
    value: Value,
    kind: DataType,
    /// Place of the number of rows where it is NULL.
    nulls: usize,
    keeps: Option<Box<dyn Accumulate>>,
}

/// The arguments of a section for one batch, and where its filter holds.
pub struct Inputs {
    arrays: Vec<ArrayRef>,
    truth: Option<Truth>,
}

impl Section {
    /// The aggregates of a map with a filter, at their places.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that is not known, [`Error::Unfit`] for types that it does not take.
    pub fn new(
        filter: Option<&Expression>,
        aggregates: &[(usize, &Aggregate)],
        schema: &Schema,
        cells: &mut Cells,
    ) -> Result<Self> {
        let mut asked: Vec<(&Expression, Vec<Kept>)> = Vec::new();
        let mut endings = Vec::new();
        for &(place, aggregate) in aggregates {
            let (ending, kept) = ending_of(&aggregate.function)?;
            let argument = match (&aggregate.arguments[..], ending) {
                ([], Ending::Rows) => None,
                ([argument], _) => {
                    let known = asked.iter().position(|(known, _)| *known == argument).unwrap_or_else(|| {
                        asked.push((argument, Vec::new()));
                        asked.len() - 1
                    });
                    asked[known].1.extend_from_slice(kept);
                    Some(known)
                }
                _ => return Err(Error::Invalid(format!("{} takes another number of values", aggregate.function))),
            };
            endings.push((place, argument, ending));
        }
        let rows = cells.reserve(&[0]);
        let arguments = asked.into_iter().map(|(argument, kept)| Argument::new(argument, &kept, schema, cells));
        let arguments = arguments.collect::<Result<_>>()?;
        let filter = filter.map(|filter| condition(filter, schema)).transpose()?;
        Ok(Self { filter, rows, arguments, endings, picked: Default::default() })
    }

    /// What it needs of a batch.
    ///
    /// # Errors
    /// As its expressions.
    pub fn inputs(&self, batch: &RecordBatch) -> Result<Inputs> {
        let arrays = self.arguments.iter().map(|argument| argument.value.of(batch)).collect::<Result<_>>()?;
        Ok(Inputs { arrays, truth: self.filter.as_ref().map(|filter| filter.truth(batch)).transpose()? })
    }

    /// Take rows, which belong to these groups.
    ///
    /// # Errors
    /// As its aggregates.
    pub fn update(&mut self, inputs: &Inputs, rows: Rows<'_>, groups: &[u32], cells: &mut Cells) -> Result<()> {
        let Some(truth) = &inputs.truth else {
            return update(self.rows, &mut self.arguments, inputs, (rows, groups), cells);
        };
        let (picked, of) = &mut self.picked;
        picked.clear();
        of.clear();
        rows.each_with(groups, |row, group| {
            if truth.yes.value(row) {
                picked.push(row as u32);
                of.push(group);
            }
        });
        update(self.rows, &mut self.arguments, inputs, (Rows::Picked(picked), of), cells)
    }

    /// Write its columns of the state to their places.
    ///
    /// # Errors
    /// [`Error::Unfit`] where a result is more than its type holds.
    pub fn finish(&self, cells: &Cells, columns: &mut [Option<ArrayRef>]) -> Result<()> {
        for &(place, argument, ending) in &self.endings {
            let argument = argument.map(|argument| &self.arguments[argument]);
            let nulls = |group| argument.map_or(0, |argument| cells.word(group, argument.nulls));
            let counts: Vec<u64> =
                (0..cells.count()).map(|group| cells.word(group, self.rows) - nulls(group)).collect();
            let keeps = argument.and_then(|argument| argument.keeps.as_deref());
            columns[place] = Some(ending.column(&counts, keeps, argument.map(|argument| &argument.kind), cells)?);
        }
        Ok(())
    }

    /// Bytes that it takes beside the cells.
    #[must_use]
    pub fn size(&self) -> usize {
        self.arguments.iter().filter_map(|argument| argument.keeps.as_ref()).map(|keeps| keeps.size()).sum()
    }
}

fn update(
    counted: usize,
    arguments: &mut [Argument],
    inputs: &Inputs,
    (rows, groups): (Rows<'_>, &[u32]),
    cells: &mut Cells,
) -> Result<()> {
    let mut at = cells.at::<1>(counted);
    groups.iter().for_each(|&group| at.group(group)[0] += 1);
    for (argument, array) in arguments.iter_mut().zip(&inputs.arrays) {
        if let Some(nulls) = array.nulls() {
            let mut at = cells.at::<1>(argument.nulls);
            rows.each_with(groups, |row, group| at.group(group)[0] += u64::from(nulls.is_null(row)));
        }
        if let Some(keeps) = &mut argument.keeps {
            keeps.update(array, rows, groups, cells)?;
        }
    }
    Ok(())
}

impl Argument {
    fn new(argument: &Expression, kept: &[Kept], schema: &Schema, cells: &mut Cells) -> Result<Self> {
        let value = value(argument, schema)?;
        let kind = value.kind(schema);
        let nulls = cells.reserve(&[0]);
        if kept.is_empty() {
            return Ok(Self { value, kind, nulls, keeps: None });
        }
        let numbers = Numbers::new(&kind, kept, cells);
        let keeps: Box<dyn Accumulate> = match (numbers, &kind) {
            (Some(numbers), _) => Box::new(numbers),
            (None, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _))
                if !kept.contains(&Kept::Sum) =>
            {
                Box::new(TextExtremes::new(kept))
            }
            _ => return Err(Error::Unfit(format!("aggregates of {kind}"))),
        };
        Ok(Self { value, kind, nulls, keeps: Some(keeps) })
    }
}
