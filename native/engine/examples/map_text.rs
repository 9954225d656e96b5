//! Scan a file of text or JSON and map it, in one thread and nothing else: what a profiler or `callgrind` should
//! look at.
//!
//! ```text
//! cargo run --release --example map_text -- words .bench/prose-6000000.txt
//! ```

use std::{env, error::Error, fs, path::PathBuf, time::UNIX_EPOCH};

use fusionflow_engine::{
    map::{Aggregate, Expression, MapPlan, Mapper},
    source::{
        BlockRange, CancelFlag, Chunk, ColumnSpec, Encoding, Opener, Pass, SourceFile,
        jsonl::{self, Form, JsonColumn, Kind},
        text::{self, Find},
    },
    types::ColumnType,
};

const BLOCK: u64 = 1 << 20;
const PATTERN: &str = r"^(?P<at>\S+) (?P<level>\w+) \[[^\]]*\] GET (?P<path>/\S*) (?P<ms>\d+)ms$";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: map_text words|log|types|repositories FILE".into());
    };
    let chunks = chunks(path.into())?;
    let rows = match name.as_str() {
        "words" => map(words(chunks)?, words_plan())?,
        "log" => map(log(chunks)?, log_plan())?,
        "types" => map(events(chunks, "type", Kind::Scalar(ColumnType::Varchar))?, types_plan())?,
        "repositories" => drain(events(chunks, "repo", repository())?)?,
        _ => return Err("the questions are words, log, types and repositories".into()),
    };
    println!("{rows} rows");
    Ok(())
}

/// A file in blocks, chunks of sixteen.
fn chunks(path: PathBuf) -> Result<Vec<Chunk>, Box<dyn Error>> {
    let metadata = fs::metadata(&path)?;
    let size = metadata.len();
    let mtime_ns = i64::try_from(metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos())?;
    let file = SourceFile { path, size, mtime_ns, ..SourceFile::default() };
    let blocks: Vec<BlockRange> = (0..size.div_ceil(BLOCK))
        .map(|place| BlockRange { offset: place * BLOCK, end: size.min((place + 1) * BLOCK), start: None })
        .collect();
    let chunk =
        |(blocks, ordinal): (&[BlockRange], i64)| Chunk { ordinal, file: file.clone(), blocks: blocks.to_vec() };
    Ok(blocks.chunks(16).zip(0..).map(chunk).collect())
}

fn text_pass(
    chunks: Vec<Chunk>,
    columns: &[(&str, usize, ColumnType)],
    find: Find,
) -> Result<Box<dyn Pass>, Box<dyn Error>> {
    let columns = columns.iter().map(|&(name, ordinal, column_type)| ColumnSpec {
        name: name.to_owned(),
        column_type,
        ordinal,
        fixed: true,
    });
    let (opener, cancel) = (Opener::default(), CancelFlag::default());
    Ok(text::open(chunks, columns.collect(), find, Encoding::Utf8, Vec::new(), opener, cancel)?)
}

fn words(chunks: Vec<Chunk>) -> Result<Box<dyn Pass>, Box<dyn Error>> {
    let columns = [("word", 0, ColumnType::Varchar), ("n", 2, ColumnType::BigInt)];
    text_pass(chunks, &columns, Find::Words { lower: false })
}

fn log(chunks: Vec<Chunk>) -> Result<Box<dyn Pass>, Box<dyn Error>> {
    let columns = [("level", 3, ColumnType::Varchar), ("path", 4, ColumnType::Varchar), ("ms", 5, ColumnType::BigInt)];
    text_pass(chunks, &columns, Find::Matches { pattern: PATTERN.to_owned(), unmatched: false })
}

fn events(chunks: Vec<Chunk>, key: &str, kind: Kind) -> Result<Box<dyn Pass>, Box<dyn Error>> {
    let column = JsonColumn { name: key.to_owned(), key: key.to_owned(), kind, whole: None, ordinal: 0, fixed: false };
    let plan = jsonl::ScanPlan::new(chunks, vec![column], Form::Lines, true)?;
    Ok(Box::new(jsonl::Scanner::new(plan, CancelFlag::default())))
}

fn repository() -> Kind {
    Kind::Struct(vec![("name".to_owned(), Kind::Scalar(ColumnType::Varchar))])
}

fn expression(operator: &str, text: &str, arguments: Vec<Expression>) -> Expression {
    Expression { operator: operator.to_owned(), text: text.to_owned(), kind: String::new(), arguments }
}

fn column(name: &str) -> Expression {
    expression("column", name, Vec::new())
}

fn aggregate(function: &str, arguments: Vec<Expression>) -> Aggregate {
    Aggregate { name: function.to_owned(), function: function.to_owned(), arguments, filter: None }
}

fn plan(key: &str, aggregates: Vec<Aggregate>, filter: Option<Expression>) -> MapPlan {
    MapPlan { keys: vec![("k0".to_owned(), column(key))], aggregates, filter, memory: 0 }
}

fn words_plan() -> MapPlan {
    plan("word", vec![aggregate("sum", vec![column("n")])], None)
}

fn log_plan() -> MapPlan {
    let info = expression("constant", "INFO", Vec::new());
    let filter = expression("<>", "", vec![column("level"), info]);
    let of_ms = |function| aggregate(function, vec![column("ms")]);
    plan("path", vec![aggregate("count_star", Vec::new()), of_ms("avg"), of_ms("max")], Some(filter))
}

fn types_plan() -> MapPlan {
    plan("type", vec![aggregate("count_star", Vec::new())], None)
}

/// How many groups the state has.
fn map(mut pass: Box<dyn Pass>, plan: MapPlan) -> Result<usize, Box<dyn Error>> {
    let mut mapper = Mapper::new(&plan, &pass.schema())?;
    while let Some(batch) = pass.next_batch()? {
        mapper.push(&batch)?;
    }
    Ok(mapper.finish()?.num_rows())
}

/// How many rows there are.
fn drain(mut pass: Box<dyn Pass>) -> Result<usize, Box<dyn Error>> {
    let mut rows = 0;
    while let Some(batch) = pass.next_batch()? {
        rows += batch.num_rows();
    }
    Ok(rows)
}
