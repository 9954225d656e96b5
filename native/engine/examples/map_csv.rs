//! Scan a CSV file and map it, in one thread and nothing else: what a profiler or `callgrind` should look at.
//!
//! ```text
//! cargo run --release --example map_csv -- 1brc .bench/1brc-50000000.csv
//! ```

use std::{env, error::Error, fs, path::PathBuf, time::UNIX_EPOCH};

use fusionflow_engine::{
    map::{Aggregate, Expression, MapPlan, Mapper},
    source::{
        BlockRange, CancelFlag, Chunk, ColumnSpec, Pass, SourceFile,
        csv::{Dialect, ScanPlan, Scanner},
    },
    types::ColumnType,
};

const BLOCK: u64 = 1 << 20;

/// A question: delimiter, bytes of the header, columns of the file, those that are read, key and aggregates.
struct Question {
    delimiter: u8,
    header: u64,
    count: usize,
    columns: Vec<(&'static str, usize, ColumnType)>,
    key: &'static str,
    aggregates: Vec<(&'static str, &'static str)>,
    filter: Option<Expression>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: map_csv 1brc|q1|q3|q5|wide FILE".into());
    };
    let question = question(&name).ok_or("the questions are 1brc, q1, q3, q5 and wide")?;
    let pass = scanner(&question, path.into())?;
    let state = map(&question, pass)?;
    println!("{state} groups");
    Ok(())
}

fn question(name: &str) -> Option<Question> {
    use ColumnType::{BigInt, Double, Varchar};
    let h2o = |columns, key, aggregates| Question {
        delimiter: b',',
        header: "id1,id2,id3,id4,id5,id6,v1,v2,v3\n".len() as u64,
        count: 9,
        columns,
        key,
        aggregates,
        filter: None,
    };
    Some(match name {
        "1brc" => Question {
            delimiter: b';',
            header: 0,
            count: 2,
            columns: vec![("station", 0, Varchar), ("temperature", 1, Double)],
            key: "station",
            aggregates: vec![("min", "temperature"), ("avg", "temperature"), ("max", "temperature")],
            filter: None,
        },
        "q1" => h2o(vec![("id1", 0, Varchar), ("v1", 6, BigInt)], "id1", vec![("sum", "v1")]),
        "q3" => h2o(
            vec![("id3", 2, Varchar), ("v1", 6, BigInt), ("v3", 8, Double)],
            "id3",
            vec![("sum", "v1"), ("avg", "v3")],
        ),
        "q5" => h2o(
            vec![("id6", 5, BigInt), ("v1", 6, BigInt), ("v2", 7, BigInt), ("v3", 8, Double)],
            "id6",
            vec![("sum", "v1"), ("sum", "v2"), ("sum", "v3")],
        ),
        "wide" => Question {
            delimiter: b',',
            header: (0..60).map(|column| format!("c{column},").len() as u64).sum(),
            count: 60,
            columns: vec![("c2", 2, Double), ("c4", 4, Varchar), ("c5", 5, BigInt)],
            key: "c4",
            aggregates: vec![("sum", "c2")],
            filter: Some(expression("<", "", vec![column("c5"), expression("constant", "50", Vec::new())])),
        },
        _ => return None,
    })
}

fn expression(operator: &str, text: &str, arguments: Vec<Expression>) -> Expression {
    Expression { operator: operator.to_owned(), text: text.to_owned(), kind: String::new(), arguments }
}

fn column(name: &str) -> Expression {
    expression("column", name, Vec::new())
}

/// The scan of a file in blocks, chunks of sixteen.
fn scanner(question: &Question, path: PathBuf) -> Result<Scanner, Box<dyn Error>> {
    let metadata = fs::metadata(&path)?;
    let size = metadata.len();
    let mtime_ns = i64::try_from(metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos())?;
    let file = SourceFile { path, size, mtime_ns, data_start: question.header, ..SourceFile::default() };
    let blocks: Vec<BlockRange> = (0..size.div_ceil(BLOCK))
        .map(|place| BlockRange { offset: place * BLOCK, end: size.min((place + 1) * BLOCK), start: None })
        .collect();
    let chunks = blocks.chunks(16).zip(0..).map(|(blocks, ordinal)| Chunk {
        ordinal,
        file: file.clone(),
        blocks: blocks.to_vec(),
    });
    let specs = question.columns.iter().map(|&(name, ordinal, column_type)| ColumnSpec {
        name: name.to_owned(),
        column_type,
        ordinal,
        fixed: false,
    });
    let dialect = Dialect::new(question.delimiter, Some(b'"'), "")?;
    let plan = ScanPlan::new(chunks.collect(), specs.collect(), question.count, dialect)?;
    Ok(Scanner::new(plan, CancelFlag::default()))
}

/// How many groups the state has.
fn map(question: &Question, mut pass: Scanner) -> Result<usize, Box<dyn Error>> {
    let aggregate = |function: &str, arguments: Vec<Expression>| Aggregate {
        name: function.to_owned(),
        function: function.to_owned(),
        arguments,
        filter: None,
    };
    let asked = question.aggregates.iter().map(|&(function, name)| aggregate(function, vec![column(name)]));
    let plan = MapPlan {
        keys: vec![("k0".to_owned(), column(question.key))],
        aggregates: asked.chain([aggregate("count_star", Vec::new())]).collect(),
        filter: question.filter.clone(),
        memory: 0,
    };
    let mut mapper = Mapper::new(&plan, &pass.schema())?;
    while let Some(batch) = pass.next_batch()? {
        mapper.push(&batch)?;
    }
    Ok(mapper.finish()?.num_rows())
}
