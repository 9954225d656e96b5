//! Aggregates that are given the same rows: all of a map that have the same FILTER.

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Schema};

use super::{
    Accumulate, Kept,
    bits::Bits,
    chosen::Chosen,
    extremes::TextExtremes,
    moments::Moments,
    numbers::Numbers,
    pairs::Pairs,
    registers::Registers,
    states::{Ending, Keeps, ending_of},
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

/// Arguments of aggregates.
struct Argument {
    values: Vec<Value>,
    /// Type of the first.
    kind: DataType,
    /// Place of the number of rows where one is NULL.
    nulls: usize,
    keeps: Vec<Keeps>,
}

/// The arguments of a section for one batch, and where its filter holds.
pub struct Inputs {
    arrays: Vec<(Vec<ArrayRef>, Option<NullBuffer>)>,
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
        let mut asked: Vec<(&[Expression], Vec<Kept>)> = Vec::new();
        let mut endings = Vec::new();
        for &(place, aggregate) in aggregates {
            let (ending, kept) = ending_of(&aggregate.function)?;
            let argument = match (&aggregate.arguments[..], ending) {
                ([], Ending::Rows) => None,
                (arguments @ [_, ..], _) => {
                    let known = asked.iter().position(|(known, _)| *known == arguments).unwrap_or_else(|| {
                        asked.push((arguments, Vec::new()));
                        asked.len() - 1
                    });
                    let all = &mut asked[known].1;
                    all.extend(kept.filter(|kept| !all.contains(kept)));
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
        let arrays = self.arguments.iter().map(|argument| argument.arrays(batch)).collect::<Result<_>>()?;
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
            let keeps = argument.map_or(&[][..], |argument| &argument.keeps);
            columns[place] = Some(ending.column(&counts, keeps, argument.map(|argument| &argument.kind), cells)?);
        }
        Ok(())
    }

    /// Bytes that it takes beside the cells.
    #[must_use]
    pub fn size(&self) -> usize {
        self.arguments.iter().flat_map(|argument| &argument.keeps).map(|keeps| keeps.by.size()).sum()
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
    for (argument, (arrays, nulls)) in arguments.iter_mut().zip(&inputs.arrays) {
        if let Some(nulls) = nulls {
            let mut at = cells.at::<1>(argument.nulls);
            rows.each_with(groups, |row, group| at.group(group)[0] += u64::from(nulls.is_null(row)));
        }
        for keeps in &mut argument.keeps {
            keeps.by.update(arrays, nulls.as_ref(), (rows, groups), cells)?;
        }
    }
    Ok(())
}

impl Argument {
    fn new(arguments: &[Expression], kept: &[Kept], schema: &Schema, cells: &mut Cells) -> Result<Self> {
        let values = arguments.iter().map(|argument| value(argument, schema)).collect::<Result<Vec<_>>>()?;
        let kinds: Vec<DataType> = values.iter().map(|value| value.kind(schema)).collect();
        let nulls = cells.reserve(&[0]);
        let keeps = keepers(&kinds, kept, cells).ok_or_else(|| unfit(&kinds))?;
        let kind = kinds.into_iter().next().unwrap_or(DataType::Null);
        Ok(Self { values, kind, nulls, keeps })
    }

    fn arrays(&self, batch: &RecordBatch) -> Result<(Vec<ArrayRef>, Option<NullBuffer>)> {
        let arrays = self.values.iter().map(|value| value.of(batch)).collect::<Result<Vec<_>>>()?;
        let nulls = arrays.iter().fold(None, |nulls, array| NullBuffer::union(nulls.as_ref(), array.nulls()));
        Ok((arrays, nulls.filter(|nulls: &NullBuffer| nulls.null_count() > 0)))
    }
}

fn unfit(kinds: &[DataType]) -> Error {
    Error::Unfit(format!("aggregates of {kinds:?}"))
}

/// What keeps something of arguments of these types; `None` where nothing does.
fn keepers(kinds: &[DataType], kept: &[Kept], cells: &mut Cells) -> Option<Vec<Keeps>> {
    let mut keeps: Vec<Keeps> = Vec::new();
    for &one in kept {
        if !keeps.iter().any(|keeps| keeps.kept.contains(&one)) {
            let kept: Vec<Kept> = kept.iter().copied().filter(|&other| is_kept_with(one, other)).collect();
            keeps.push(Keeps { by: keeper(kinds, &kept, cells)?, kept });
        }
    }
    Some(keeps)
}

fn is_kept_with(one: Kept, other: Kept) -> bool {
    use Kept::{BitAnd, BitOr, BitXor, Max, Min, Paired, Sum};
    match (one, other) {
        (Sum | Min | Max, Sum | Min | Max)
        | (BitAnd | BitOr | BitXor, BitAnd | BitOr | BitXor)
        | (Paired(_), Paired(_)) => true,
        _ => one == other,
    }
}

/// What keeps all of these, which are kept together.
fn keeper(kinds: &[DataType], kept: &[Kept], cells: &mut Cells) -> Option<Box<dyn Accumulate>> {
    let pair = |kept: &Kept| if let Kept::Paired(pair) = kept { Some(*pair) } else { None };
    Some(match (*kept.first()?, kinds) {
        (Kept::Paired(_), _) => Box::new(Pairs::new(kinds, &kept.iter().filter_map(pair).collect::<Vec<_>>(), cells)?),
        (how @ (Kept::AnyValue | Kept::First | Kept::ArgMin | Kept::ArgMax), _) => {
            Box::new(Chosen::new(kinds, how, cells)?)
        }
        (Kept::BitAnd | Kept::BitOr | Kept::BitXor, [kind]) => Box::new(Bits::new(kind, kept, cells)?),
        (Kept::Registers, [kind]) => Box::new(Registers::new(kind)?),
        (Kept::Variance, [kind]) => Box::new(Moments::new(kind, cells)?),
        (_, [kind]) => single(kind, kept, cells)?,
        _ => return None,
    })
}

/// What keeps sums and extremes of one argument.
fn single(kind: &DataType, kept: &[Kept], cells: &mut Cells) -> Option<Box<dyn Accumulate>> {
    if let Some(numbers) = Numbers::new(kind, kept, cells) {
        return Some(Box::new(numbers));
    }
    let text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _));
    (text && !kept.contains(&Kept::Sum)).then(|| Box::new(TextExtremes::new(kept)) as Box<dyn Accumulate>)
}
