//! Files of text: rows as lines, gathered in a buffer, compressed on their way out.

use std::io::Write;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, RecordBatch, StringArray,
    cast::AsArray,
    types::{
        ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::DataType;

use super::{
    compress::Compressor,
    encode::Encode,
    output::{Finished, Output},
    plan::SinkPlan,
};
use crate::error::{Error, Result};

/// Bytes gathered before they are written.
const BUFFER: usize = 256 << 10;

/// How a format writes rows as lines.
pub trait Rows {
    /// What stands above the rows.
    fn head(&self, to: &mut Vec<u8>);

    /// The lines of some rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] for values that the format does not hold.
    fn lines(&self, columns: &[Texts], row: usize, to: &mut Vec<u8>) -> Result<()>;
}

/// A file of lines.
pub struct TextFile {
    rows: Box<dyn Rows>,
    buffer: Vec<u8>,
    compressor: Compressor,
}

impl TextFile {
    /// Begin a file with what stands above the rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a compression that text does not have.
    pub fn new(plan: &SinkPlan, rows: Box<dyn Rows>, output: Output) -> Result<Self> {
        let mut buffer = Vec::with_capacity(BUFFER + (BUFFER >> 2));
        rows.head(&mut buffer);
        Ok(Self { rows, buffer, compressor: Compressor::new(plan, output)? })
    }
}

impl Encode for TextFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(Texts::new).collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            self.rows.lines(&columns, row, &mut self.buffer)?;
            if self.buffer.len() >= BUFFER {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.compressor.bytes() + self.buffer.len() as u64
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.compressor.write_all(&self.buffer);
        written.map_err(|error| Error::io(self.compressor.output().path(), error))?;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Finished> {
        self.flush()?;
        let path = self.compressor.output().path().to_owned();
        self.compressor.finish().map_err(|error| Error::io(&path, error))?.finish()
    }
}

/// A column whose values can be written as text.
pub enum Texts {
    Text(StringArray),
    /// Text that is written as it is.
    Raw(BinaryArray),
    Boolean(BooleanArray),
    Signed(ArrayRef, fn(&ArrayRef, usize) -> i64),
    Unsigned(ArrayRef, fn(&ArrayRef, usize) -> u64),
}

impl Texts {
    /// Take a column.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a type whose values the caller was to cast.
    fn new(column: &ArrayRef) -> Result<Self> {
        let column = column.clone();
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string::<i32>().clone()),
            DataType::Binary => Self::Raw(column.as_binary::<i32>().clone()),
            DataType::Boolean => Self::Boolean(column.as_boolean().clone()),
            DataType::Int8 => Self::Signed(column, signed::<Int8Type>),
            DataType::Int16 => Self::Signed(column, signed::<Int16Type>),
            DataType::Int32 => Self::Signed(column, signed::<Int32Type>),
            DataType::Int64 => Self::Signed(column, signed::<Int64Type>),
            DataType::UInt8 => Self::Unsigned(column, unsigned::<UInt8Type>),
            DataType::UInt16 => Self::Unsigned(column, unsigned::<UInt16Type>),
            DataType::UInt32 => Self::Unsigned(column, unsigned::<UInt32Type>),
            DataType::UInt64 => Self::Unsigned(column, unsigned::<UInt64Type>),
            other => return Err(Error::Invalid(format!("values of Arrow type {other} are not written as text"))),
        })
    }

    /// Whether a value is NULL.
    pub fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(values) => values.is_null(row),
            Self::Raw(values) => values.is_null(row),
            Self::Boolean(values) => values.is_null(row),
            Self::Signed(values, _) | Self::Unsigned(values, _) => values.is_null(row),
        }
    }
}

fn signed<T: ArrowPrimitiveType<Native: Into<i64>>>(column: &ArrayRef, row: usize) -> i64 {
    let values: &PrimitiveArray<T> = column.as_primitive();
    values.value(row).into()
}

fn unsigned<T: ArrowPrimitiveType<Native: Into<u64>>>(column: &ArrayRef, row: usize) -> u64 {
    let values: &PrimitiveArray<T> = column.as_primitive();
    values.value(row).into()
}

/// Write a whole number.
pub fn push_signed(value: i64, to: &mut Vec<u8>) {
    if value < 0 {
        to.push(b'-');
    }
    push_unsigned(value.unsigned_abs(), to);
}

/// Write a whole number.
pub fn push_unsigned(mut value: u64, to: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    to.extend_from_slice(&digits[at..]);
}
