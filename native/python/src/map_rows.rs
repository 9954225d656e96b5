//! `map_rows`: the state of a map over an Arrow stream.

use arrow_array::{RecordBatch, RecordBatchReader};
use fusionflow_engine::{
    error::{Error, Result},
    map::{self, MapPlan, Mapper},
};
use pyo3::prelude::*;

use crate::{
    error::detached,
    stream::{ArrowBatch, imported_stream},
};

/// `fusionflow_lab.query.Expression`.
#[derive(FromPyObject)]
pub struct Expression {
    operator: String,
    text: String,
    #[pyo3(attribute("type"))]
    kind: String,
    arguments: Vec<Expression>,
}

/// `fusionflow_lab.query.NativeAggregate`.
#[derive(FromPyObject)]
pub struct NativeAggregate {
    name: String,
    function: String,
    arguments: Vec<Expression>,
    filter: Option<Expression>,
}

/// `fusionflow_lab.query.NativeMap`.
#[derive(FromPyObject)]
pub struct NativeMap {
    keys: Vec<(String, Expression)>,
    aggregates: Vec<NativeAggregate>,
    filter: Option<Expression>,
}

impl From<Expression> for map::Expression {
    fn from(Expression { operator, text, kind, arguments }: Expression) -> Self {
        Self { operator, text, kind, arguments: arguments.into_iter().map(Into::into).collect() }
    }
}

impl From<NativeAggregate> for map::Aggregate {
    fn from(NativeAggregate { name, function, arguments, filter }: NativeAggregate) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { name, function, arguments, filter: filter.map(Into::into) }
    }
}

#[pyfunction]
#[pyo3(signature = (stream, native_map, memory=0))]
pub fn map_rows(
    py: Python<'_>,
    stream: &Bound<'_, PyAny>,
    native_map: NativeMap,
    memory: usize,
) -> PyResult<Option<ArrowBatch>> {
    let NativeMap { keys, aggregates, filter } = native_map;
    let plan = MapPlan {
        keys: keys.into_iter().map(|(name, key)| (name, key.into())).collect(),
        aggregates: aggregates.into_iter().map(Into::into).collect(),
        filter: filter.map(Into::into),
        memory,
    };
    let reader = imported_stream(stream)?;
    let mapped = detached(py, || match mapped(&plan, reader) {
        Err(Error::Unfit(_)) => Ok(None),
        other => other.map(Some),
    })?;
    Ok(mapped.map(ArrowBatch))
}

fn mapped(plan: &MapPlan, reader: impl RecordBatchReader) -> Result<RecordBatch> {
    let mut mapper = Mapper::new(plan, &reader.schema())?;
    for batch in reader {
        mapper.push(&batch.map_err(|error| Error::Stream(error.to_string()))?)?;
    }
    mapper.finish()
}
